"""Where the curator goes by name: from label to label, from problem to problem, and past stretches without anything."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.actions.registry import Registry, Run
from app.edit_controller import EditController
from app.playback_controller import PlaybackController
from app.stage_controller import StageController
from replay.errors import Refused
from widgets.wording import span


@dataclass(frozen=True)
class JumpActs:
    """The handlers, over the controllers they need."""

    playback: PlaybackController
    edits: EditController
    stage: StageController

    def bind(self, registry: Registry) -> None:
        """Take the actions, and say on the stage what playing left out."""
        registry.bind(self.handlers())
        self.playback.skipped.connect(lambda skipped_ns: self.stage.say(f"Skipped {span(skipped_ns)}"))

    def handlers(self) -> dict[str, Run]:
        return {
            "label.next": lambda: self._to_label(1),
            "label.previous": lambda: self._to_label(-1),
            "problem.next": lambda: self._to_problem(1),
            "problem.previous": lambda: self._to_problem(-1),
            "play.skip_idle": self._skip_idle,
        }

    def _to_label(self, direction: int) -> None:
        """To the start of a label, which is selected then."""
        labels = {i.range.start_ns: i for i in self.edits.items if i.lane == "labels"}
        at_ns = self._jump(list(labels), direction, "label", "Nothing is labelled yet.")
        self.edits.select(labels[at_ns].id)

    def _to_problem(self, direction: int) -> None:
        """To the moment of a problem, which is said in its words."""
        problems = {p.t_ns: p for p in self.edits.editing.session.problems if p.t_ns is not None}
        at_ns = self._jump(list(problems), direction, "problem", "No problem of this session has a moment.")
        self.stage.say(problems[at_ns].sentence)

    def _jump(self, times_ns: list[int], direction: int, what: str, none: str) -> int:
        """The moment gone to. Raises Refused where there is none in that direction."""
        if not times_ns:
            raise Refused(f"no_{what}s", none)
        before_ns = self.playback.state.t_ns
        self.playback.jump_among(np.array(sorted(times_ns), np.int64), direction)
        at_ns = self.playback.state.t_ns
        if at_ns not in times_ns or (at_ns - before_ns) * direction <= 0:
            raise Refused(f"no_more_{what}s", f"There is no {'further' if direction > 0 else 'earlier'} {what}.")
        return at_ns

    def _skip_idle(self, on: bool | None = None) -> None:
        self.playback.skip_idle(on)
        self.stage.say("Idle stretches are skipped" if self.playback.state.skips_idle else "Idle stretches are played")
