"""What a person may read of a session inside the library: nothing that a redaction hides; all of it where no plan is.

The one rule for everything that words captured content on screen. Without a plan, because it is still being made or
was refused, whatever could be hidden is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final

from curation.model import CurationState, RectRedaction, Redaction
from curation.placeholders import UNREAD
from curation.redaction.plan import RedactionPlan
from curation.redaction.step_rules import hidden_action, shown
from curation.steps.model import Step
from replay.events import KeyEvent
from replay.overlay import Caption, OverlayOptions, OverlayState

HIDDEN: Final = "▮▮▮"
_UNKNOWN: Final = "unknown"


class Veil:
    """Over one session, at one state of its edits; `plan` None hides everything that was captured as text."""

    def __init__(self, plan: RedactionPlan | None) -> None:
        self._plan = plan
        self._hidden_keys = frozenset(plan.hidden_keys) if plan is not None else frozenset()

    @property
    def hides_all(self) -> bool:
        """Whether every captured word is hidden, because it is not known what must be."""
        return self._plan is None

    def key_hidden(self, event: KeyEvent) -> bool:
        """Whether a key event must not be named."""
        return self._plan is None or event.secure or event.seq in self._hidden_keys

    def text(self, table: str, seq: int, column: str, text: str | None) -> str | None:
        """One cell as it may be read; None and the empty text stay."""
        if not text:
            return text
        plan = self._plan
        if plan is None or (seq, column) in plan.hidden_cells.get(table, {}):
            return HIDDEN
        return plan.matcher.scrub(text)

    def typed(self, text: str, seqs: Sequence[int]) -> str:
        """The text that a run of keys left, `seqs[i]` being the row that typed `text[i]`."""
        plan = self._plan
        if plan is None:
            return HIDDEN
        cells = zip(text, seqs, strict=True)
        parts = groupby(cells, lambda cell: cell[0] == UNREAD or cell[1] in self._hidden_keys)
        return plan.matcher.scrub("".join(HIDDEN if hidden else "".join(c for c, _ in part) for hidden, part in parts))

    def step(self, step: Step) -> Step:
        """The step with what its action may tell."""
        if self._plan is None:
            return replace(step, action=hidden_action(step.action, _UNKNOWN))
        return shown(step, self._plan)

    def options(self, caption: Caption) -> OverlayOptions:
        """What of the overlay to ask for, captions as wished where it is known what they must leave out."""
        return OverlayOptions(caption=Caption.OFF if self._plan is None else caption, hidden_keys=self._hidden_keys)

    def overlay(self, state: OverlayState) -> OverlayState:
        """The overlay with the words it may carry; made with `options`."""
        window = state.window
        if window is not None:
            app, title = (self.text("windows", window.seq, c, getattr(window, c)) for c in ("app", "title"))
            window = replace(window, app=app, title=title)
        elements = []
        for e in state.elements:
            role, name = (self.text("elements", e.seq, c, getattr(e, c)) for c in ("role", "name"))
            elements.append(replace(e, role=role, name=name))
        return replace(state, window=window, elements=tuple(elements))


class Lifted(Veil):
    """Hides nothing: only over a session as captured, which the gate released to a person for a purpose."""

    def __init__(self) -> None:
        super().__init__(None)

    @property
    def hides_all(self) -> bool:
        return False

    def key_hidden(self, event: KeyEvent) -> bool:
        del event
        return False

    def text(self, table: str, seq: int, column: str, text: str | None) -> str | None:
        del table, seq, column
        return text

    def typed(self, text: str, seqs: Sequence[int]) -> str:
        del seqs
        return text

    def step(self, step: Step) -> Step:
        return step

    def options(self, caption: Caption) -> OverlayOptions:
        return OverlayOptions(caption=caption)


def hiding_words(state: CurationState) -> tuple[Redaction, ...]:
    """The redactions that hide words. With the same ones, and the same events, the same may be read."""
    return tuple(r for r in state.redactions.values() if not isinstance(r, RectRedaction))
