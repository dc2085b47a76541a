"""What a redaction does to steps: placeholders for what was typed, flags for what lies under a mask, gone when cut."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from curation.placeholders import placeholder
from curation.redaction.key_rows import CoarseTime, SeqMap
from curation.redaction.plan import RedactionPlan
from curation.steps.model import Action, ActionType, Point, Step
from replay.session import Session

TARGET_MASKED: Final = "target_masked"
TEXT_REDACTED: Final = "text_redacted"
POST_CUT: Final = "post_cut"


def category_of(step: Step, plan: RedactionPlan) -> str | None:
    """The category of the first hidden key among the step's rows; None where none of them is hidden."""
    rows = (seq for span in step.raw if span.table == "keys" for seq in range(span.first, span.last + 1))
    return next((plan.hidden_keys[seq] for seq in rows if seq in plan.hidden_keys), None)


def hidden_action(action: Action, category: str) -> Action:
    """The whole action is hidden though only some of its keys may be: what is left would tell the rest."""
    if action.type not in (ActionType.TYPE, ActionType.KEY):
        return replace(action, modifiers=())
    word = placeholder(category)
    text = word if action.type is ActionType.TYPE else None
    keys = (word,) if action.type is ActionType.KEY else ()
    return replace(action, text=text, keys=keys, modifiers=(), repeat=1, duration_ns=0)


def shown(step: Step, plan: RedactionPlan) -> Step:
    """The step as a person may see it inside the library: its own times and rows, nothing that a redaction hides."""
    category = category_of(step, plan)
    if category is not None:
        return replace(step, action=hidden_action(step.action, category))
    text = step.action.text
    return step if text is None else replace(step, action=replace(step.action, text=plan.matcher.scrub(text)))


class StepRules:
    """Redacts the steps of one session; `maps` are the exported row numbers by table, `scrub` hides secrets in text."""

    def __init__(
        self, plan: RedactionPlan, session: Session, maps: Mapping[str, SeqMap], scrub: Callable[[str], str]
    ) -> None:
        self._plan = plan
        self._session = session
        self._maps = maps
        self._scrub = scrub
        self._kept = frozenset(plan.kept_frames.tolist())
        self._coarse = CoarseTime(plan, session)
        self._next = 0

    def redacted(self, step: Step) -> tuple[Step, tuple[str, ...]] | None:
        """The step as it may leave, renumbered, with all its flags; None where it is cut or lost its observation."""
        if self._plan.touches_cut(step.t_start_ns, step.t_end_ns - 1):
            return None
        if step.obs_index is not None and step.obs_index not in self._kept:
            return None
        raw = tuple(s for span in step.raw if (s := self._maps[span.table].span(span)) is not None)
        if step.raw and not raw:
            return None
        flags = set(step.flags)
        post = step.post_index
        if post is not None and post not in self._kept:
            post = None
            flags.add(POST_CUT)
        if self._target_masked(step):
            flags.add(TARGET_MASKED)
        out = replace(step, index=self._next, raw=raw, post_index=post, action=self._scrubbed(step.action))
        category = category_of(step, self._plan)
        if category is not None:
            flags.add(TEXT_REDACTED)
            out = self._hidden_step(out, category)
        elif out.action != step.action:
            flags.add(TEXT_REDACTED)
        self._next += 1
        ordered = tuple(sorted(flags))
        return replace(out, flags=ordered), ordered

    def _scrubbed(self, action: Action) -> Action:
        # `keys` are names of the dialects' own, never text; those of hidden rows are replaced as a whole.
        return action if action.text is None else replace(action, text=self._scrub(action.text))

    def _hidden_step(self, step: Step, category: str) -> Step:
        action = hidden_action(step.action, category)
        start = self._coarse.before(step.t_start_ns)
        if step.obs_index is not None and self._session.frames is not None:
            # What was seen before acting stays before the action.
            start = max(start, int(self._session.frames.t_ns[step.obs_index]))
        end = max(start + 1, self._coarse.after(step.t_end_ns))
        return replace(step, action=action, t_start_ns=start, t_end_ns=end, anchor_ns=min(step.anchor_ns, start))

    def _target_masked(self, step: Step) -> bool:
        frames = self._session.frames
        if frames is None:
            return False
        indexes = {frames.index_at(step.t_start_ns), frames.index_at(step.t_end_ns - 1)}
        indexes |= {i for i in (step.obs_index, step.post_index) if i is not None}
        boxes = {b for i in indexes for b in self._plan.masks.at(i)}
        return any(
            p.frame_x is not None and p.frame_y is not None and b.contains(p.frame_x, p.frame_y)
            for p in _points(step.action)
            for b in boxes
        )


def _points(action: Action) -> Iterator[Point]:
    yield from (p for p in (action.point, action.end_point) if p is not None)
    yield from (p for _, p in action.path)
