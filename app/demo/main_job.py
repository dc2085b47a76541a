"""The main job on the demo library: edit one session by what its ground truth knows, export it, prove the export."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from app.core import Core
from app.demo.library import Demo
from curation import commands
from curation.commands import Edits, Refusal
from curation.editor import Editor
from curation.export.check import prove_export
from curation.export.job import ExportJob
from curation.export.manifest import read_manifest
from curation.export.recipe import Recipe, VideoRecipe
from curation.model import MaskKeyframe, Outcome
from replay.errors import Refused
from replay.geometry import Rect
from replay.session import Session
from replay.timebase import NS_PER_S, TimeRange

EDITED: Final = "support"
REFUSED: Final = "personal"  # its consent is limited, so its refusal can be seen
FORMATS: Final = ("archive", "hf", "agentnet")
PADDING: Final = 8  # frame px around a secret's glyphs, so that the mask does not tell their size
ORIGIN: Final = "demo"

Report = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Done:
    """One part of the main job, for the summary."""

    what: str
    detail: str
    seconds: float


@dataclass(slots=True)
class MainJob:
    """Runs on a demo that was made before; what an earlier run did already is kept."""

    demo: Demo
    home: Path | None
    report: Report
    cancelled: Callable[[], bool]
    done: list[Done] = field(default_factory=list)

    @property
    def export_folder(self) -> Path:
        return self.demo.path / "export"

    def run(self) -> list[Done]:
        """Edit, export, prove. Raises Refused where the export leaks or the proof fails."""
        with Core.open(self.demo.library, self.home) as core:
            self._timed("edit", lambda: self._edit(core))
            self._timed("export", lambda: self._export(core))
            self._timed("prove", lambda: self._prove(core))
        return self.done

    def _timed(self, what: str, work: Callable[[], str]) -> None:
        start = time.monotonic()
        detail = work()
        self.done.append(Done(what, detail, time.monotonic() - start))

    def _edit(self, core: Core) -> str:
        editor = core.editor(self.demo.sessions[EDITED])
        if not editor.state.redactions:
            session, truth = core.session(editor.session_id), self._truth()
            for wish in _wishes(core, editor, session, truth):
                _commit(editor, wish)
        state = editor.state
        parts = (
            f"{len(state.episodes)} episode", f"{len(state.labels)} labels", f"{len(state.cuts)} cut",
            f"{len(state.redactions)} redactions",
        )  # fmt: skip
        return ", ".join(parts)

    def _truth(self) -> dict[str, Any]:
        document = json.loads(self.demo.ground_truth.read_text(encoding="utf-8"))
        return next(s for s in document["sessions"] if s["name"] == EDITED)

    def _export(self, core: Core) -> str:
        if self.export_folder.exists():
            return "was there already"
        sessions = tuple(self.demo.sessions[n] for n in (EDITED, REFUSED))
        recipe = Recipe(formats=FORMATS, sessions=sessions, video=VideoRecipe(preset="veryfast"))
        job = ExportJob(core.library, core.author, self.report, self.cancelled)
        result = job.run(job.plan(recipe), self.export_folder)
        steps = sum(s.steps for s in result.manifest.sessions)
        refused = "".join(f"; refused {REFUSED}: {s.refusal.reason}" for s in result.plan.refused if s.refusal)
        return f"{steps} steps, {len(result.manifest.files)} files as {', '.join(FORMATS)}{refused}"

    def _prove(self, core: Core) -> str:
        proof = prove_export(self.export_folder, core.library, self.report)
        if not proof.ok:
            raise Refused("leak_found", f"The export leaks in {len(proof.leaks)} places.", "Delete the export folder.")
        return f"{len(read_manifest(self.export_folder).files)} files opened again, no leak"


def _commit(editor: Editor, wish: Edits | Refusal) -> None:
    if isinstance(wish, Refusal):
        raise wish.error()
    editor.commit(wish.edits, title=wish.title, origin=ORIGIN)


def _wishes(core: Core, editor: Editor, session: Session, truth: dict[str, Any]) -> list[Edits | Refusal]:
    """An episode, labels, a cut, a moving mask, hidden keys and a hidden text."""
    secrets = {s["id"]: s for s in truth["secrets"]}
    if not {"private0", "password0", "card0"} <= secrets.keys():
        raise Refused("demo_too_short", "The demo is too short for the main job.", "Make one of --minutes 3.")
    extent, state, key = session.extent, editor.state, core.library.key
    whole = TimeRange(0, extent.end_ns)
    third = extent.end_ns // 3
    goal = session.info.task_goal or "Answer the customer"
    mask_range, keyframes = _following(session, secrets["private0"])
    password = _typing_time(session, secrets["password0"])
    card = _typing_time(session, secrets["card0"])
    return [
        commands.mark_episode(state, whole, goal, outcome=Outcome.SUCCESS),
        commands.add_label(state, TimeRange(0, third), "milestone"),
        commands.add_label(state, TimeRange(third, 2 * third), "exploration"),
        commands.redact_rect(state, mask_range, keyframes, category="private_message"),
        commands.redact_keys(state, session, password, category="password"),
        commands.redact_text(state, session, key, secrets["private0"]["value"], category="private_message"),
        commands.add_cut(state, card, reason="the customer's card"),
    ]


def _following(session: Session, secret: dict[str, Any]) -> tuple[TimeRange, list[MaskKeyframe]]:
    """A mask that stays on the glyphs of a secret, from the first frame they are seen on to the last."""
    assert session.frames is not None
    times = session.frames.t_ns
    by_frame: dict[tuple[int, int], Rect] = {}
    for first, after, x, y, w, h, *_ in secret["glyphs"]:
        box = Rect(x - PADDING, y - PADDING, w + 2 * PADDING, h + 2 * PADDING)
        seen = by_frame.get((first, after))
        by_frame[first, after] = box if seen is None else seen.union(box)
    keyframes = []
    for (first, after), box in sorted(by_frame.items()):
        keyframes.append(MaskKeyframe(int(times[first]), box))
        if after - first > 1:
            keyframes.append(MaskKeyframe(int(times[after - 1]), box))
    last = max(after for _, after in by_frame)
    end = int(times[last]) if last < len(times) else session.frames.end_ns
    return TimeRange(keyframes[0].t_ns, end), keyframes


def _typing_time(session: Session, secret: dict[str, Any]) -> TimeRange:
    """From the first key that types a secret to the last."""
    first, last = secret["keys"][0][0], secret["keys"][-1][1]
    times = [e.t_ns for e in session.events.keys.events if first <= e.seq <= last]
    return TimeRange(min(times), max(times) + NS_PER_S // 10)
