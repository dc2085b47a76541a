"""The strip of small pictures: which frame stands where at a zoom, and which pictures are kept.

Places are multiples of a round step of time, so that a pan moves the same pictures and asks for few others.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QImage

from widgets.timeline.axis import TimeAxis

Int64s = npt.NDArray[np.int64]

KEPT_BYTES: Final = 48 << 20
_FINEST_NS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class FilmTrack:
    """The frames that are cheap to show small: `frames[i]` begins at `t_ns[i]`; ascending, shape (n,), n ≥ 1.

    `aspect` is width by height of the picture."""

    t_ns: Int64s
    frames: Int64s
    aspect: float


@dataclass(frozen=True, slots=True)
class Tile:
    """One place of the strip: `x` px from the axis' left end, `width` px, and the frame that stands there."""

    x: float
    width: float
    frame: int


def step_ns(axis: TimeAxis, tile_px: float) -> int:
    """The smallest of 1, 1.5, 2, 3, 4, 6, 8, … ms that is at least `tile_px` wide."""
    least = tile_px * axis.ns_per_px
    whole = _FINEST_NS
    while whole * 2 < least:
        whole *= 2
    return next(s for s in (whole, whole * 3 // 2, whole * 2) if s >= least or s == whole * 2)


def tiles(track: FilmTrack, axis: TimeAxis, tile_px: float) -> tuple[Tile, ...]:
    """The places in sight; where several in a row would show one frame, it stands at the first of them alone."""
    step = step_ns(axis, tile_px)
    low, high = max(axis.start_ns, float(track.t_ns[0])), axis.end_ns
    numbers = np.arange(int(low // step), int(high // step) + 1, dtype=np.int64)
    # A place shows what was on screen in its middle, so that the pictures are nowhere later than their place.
    at = np.searchsorted(track.t_ns, numbers * step + step // 2, side="right") - 1
    shown = track.frames[np.maximum(at, 0)]
    before = np.searchsorted(track.t_ns, numbers * step - step + step // 2, side="right") - 1
    again = (track.frames[np.maximum(before, 0)] == shown) & (numbers > int(low // step))
    width = step / axis.ns_per_px
    return tuple(
        Tile(axis.x(n * step), width, frame)
        for n, frame in zip(numbers[~again].tolist(), shown[~again].tolist(), strict=True)
    )


class KeptPictures:
    """Small pictures by frame, the least recently shown ones gone first once they weigh more than the budget."""

    def __init__(self, budget_bytes: int = KEPT_BYTES) -> None:
        self._budget = budget_bytes
        self._bytes = 0
        self._pictures: OrderedDict[int, QImage] = OrderedDict()

    def __len__(self) -> int:
        return len(self._pictures)

    def keep(self, frame: int, picture: QImage) -> None:
        if frame in self._pictures:
            self._bytes -= self._pictures.pop(frame).sizeInBytes()
        self._pictures[frame] = picture
        self._bytes += picture.sizeInBytes()
        while self._bytes > self._budget and len(self._pictures) > 1:
            self._bytes -= self._pictures.popitem(last=False)[1].sizeInBytes()

    def shown(self, frame: int) -> QImage | None:
        """The picture of a frame, which thereby was shown last; None where it is not kept."""
        picture = self._pictures.get(frame)
        if picture is not None:
            self._pictures.move_to_end(frame)
        return picture

    def clear(self) -> None:
        self._pictures.clear()
        self._bytes = 0
