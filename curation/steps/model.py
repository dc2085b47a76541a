"""A step is an observation and an action, and points to the raw rows it came from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from curation.model import SeqSpan
from replay.timebase import TimeNs


class ActionType(StrEnum):
    CLICK = "click"
    LONG_PRESS = "long_press"
    DRAG = "drag"
    SCROLL = "scroll"
    TYPE = "type"
    KEY = "key"
    HOVER = "hover"
    WAIT = "wait"
    TERMINATE = "terminate"


@dataclass(frozen=True, slots=True)
class Point:
    """A place in both spaces: capture px and, where the video shows it, frame px (else None)."""

    x_px: float
    y_px: float
    frame_x: float | None = None
    frame_y: float | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """One semantic action. Fields that do not apply to `type` keep their defaults.

    `scroll_dx/dy` are notches, positive = right / away from the user. `keys` are W3C codes' canonical key names in
    press order (modifiers first). `text` is the net text after editing keys; `path` are (t_ns, Point) of a drag.
    """

    type: ActionType
    button: str | None = None
    count: int = 1
    modifiers: tuple[str, ...] = ()
    point: Point | None = None
    end_point: Point | None = None
    path: tuple[tuple[TimeNs, Point], ...] = ()
    scroll_dx: float = 0.0
    scroll_dy: float = 0.0
    keys: tuple[str, ...] = ()
    repeat: int = 1
    text: str | None = None
    duration_ns: int = 0
    status: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `obs_index`/`post_index` are frame indexes (None without video); `raw` the rows it stands for.

    `flags` are stable codes such as `sync_uncertain`, `obs_unsettled`, `off_display`, `text_uncertain`.
    """

    index: int
    action: Action
    t_start_ns: TimeNs
    t_end_ns: TimeNs
    anchor_ns: TimeNs
    obs_index: int | None
    post_index: int | None
    raw: tuple[SeqSpan, ...]
    flags: tuple[str, ...] = ()
