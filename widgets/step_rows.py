"""Which step a recorded row belongs to, and steps in words."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

from curation.steps.model import Action, ActionType, Step
from replay.timebase import TimeNs
from widgets.wording import span, words

_COUNTS = {1: "", 2: "Double ", 3: "Triple "}


def titled(action: Action) -> str:
    """What was done, in two or three words."""
    if action.type is ActionType.CLICK:
        button = "" if action.button in (None, "left") else f"{action.button} "
        return f"{_COUNTS.get(action.count, f'{action.count}× ')}{button}click".capitalize()
    if action.type is ActionType.KEY:
        keys = "+".join((*action.modifiers, *action.keys))
        return f"Press {keys}" + (f" × {action.repeat}" if action.repeat > 1 else "")
    if action.type is ActionType.SCROLL:
        sideways = abs(action.scroll_dx) > abs(action.scroll_dy)
        amount = action.scroll_dx if sideways else action.scroll_dy
        names = ("right", "left") if sideways else ("up", "down")
        return f"Scroll {names[0] if amount > 0 else names[1]} {abs(amount):g}"
    if action.type is ActionType.WAIT:
        return f"Wait {span(action.duration_ns)}"
    return words(action.type.value)


def detailed(action: Action) -> str:
    """What it was done to or with."""
    if action.type is ActionType.TYPE:
        return "“" + " ".join((action.text or "").split("\n")) + "”"
    place = action.point
    if place is None:
        return ""
    at = (place.frame_x, place.frame_y) if place.frame_x is not None else (place.x_px, place.y_px)
    where = f"at {at[0]:.0f}, {at[1]:.0f}"
    return ("with " + "+".join(action.modifiers) + " " if action.modifiers else "") + where


class StepRows:
    """The steps of a session with what their lists ask of them, as they were reduced: what may be read of one is the
    veil's to say when its row is painted. Made off the GUI thread; asking costs one search."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self.steps = tuple(steps)
        self.starts_ns: tuple[TimeNs, ...] = tuple(s.t_start_ns for s in self.steps)
        self.flagged = sum(bool(s.flags) for s in self.steps)
        spans: dict[str, list[tuple[int, int, int]]] = {}
        self._seen: dict[int, list[int]] = {}
        for place, step in enumerate(self.steps):
            for s in step.raw:
                spans.setdefault(s.table, []).append((s.first, s.last, place))
            if step.obs_index is not None:
                self._seen.setdefault(step.obs_index, []).append(place)
        self._spans = {table: sorted(found) for table, found in spans.items()}
        self._firsts = {table: [first for first, _, _ in found] for table, found in self._spans.items()}

    def __len__(self) -> int:
        return len(self.steps)

    def places_before(self, frame: int) -> Sequence[int]:
        """The places of the steps that were taken with this frame in sight."""
        return self._seen.get(frame, ())

    def place_of(self, table: str, seq: int) -> int:
        """The place in `steps` of the step that the row `seq` of `table` belongs to; -1 where it belongs to none."""
        i = bisect_right(self._firsts.get(table, ()), seq) - 1
        if i < 0:
            return -1
        _, last, place = self._spans[table][i]
        return place if seq <= last else -1


NO_STEPS: Final = StepRows(())
