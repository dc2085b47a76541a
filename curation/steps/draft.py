"""A draft is an action with its rows and times before its observation is known; passes make and merge drafts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from curation.steps.model import Action, ActionType
from replay.timebase import TimeNs

Int64s = npt.NDArray[np.int64]

POINTER_ACTIONS = frozenset(
    {ActionType.CLICK, ActionType.LONG_PRESS, ActionType.DRAG, ActionType.SCROLL, ActionType.HOVER}
)


@dataclass(frozen=True, slots=True)
class Draft:
    """One action found by a pass.

    `t_start_ns`/`t_end_ns` are the first and last moment of the action itself (both inclusive). `pointer_rows` are
    indexes into the pointer track: the presses, releases and ticks; moves between them are claimed later.
    `key_rows` are `seq`s of the `keys` table with their times. `holds` are indexes into `Scene.holds`.
    """

    action: Action
    t_start_ns: TimeNs
    t_end_ns: TimeNs
    pointer_rows: tuple[int, ...] = ()
    key_rows: tuple[tuple[int, TimeNs], ...] = ()
    holds: tuple[int, ...] = ()
    flags: tuple[str, ...] = ()

    @property
    def by_pointer(self) -> bool:
        return self.action.type in POINTER_ACTIONS


def in_time_order(drafts: list[Draft]) -> list[Draft]:
    return sorted(drafts, key=lambda d: (d.t_start_ns, d.t_end_ns, d.action.type))
