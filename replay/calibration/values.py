"""What the steps of a calibration hand to each other. Times in seconds, positions in frame px unless said otherwise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

REFERENCE_WIDTH = 1276.0
"""The frame width, px, that pixel thresholds were measured at; they grow and shrink with the picture."""


@dataclass(frozen=True, slots=True)
class Detections:
    """Small things seen at their place in one frame alone, by time; shape (n,) each. `size` is in changed pixels."""

    t_s: Floats
    x: Floats
    y: Floats
    size: Floats

    def __len__(self) -> int:
        return len(self.t_s)

    def at(self, index: Ints | Bools) -> Detections:
        return Detections(self.t_s[index], self.x[index], self.y[index], self.size[index])


@dataclass(frozen=True, slots=True)
class PointerPath:
    """Where the pointer was: capture px at seconds of the imported clock, ascending; it stays until it is told to
    move, because interpolating invents slow motion across pauses."""

    t_s: Floats
    x: Floats
    y: Floats

    def at(self, t_s: Floats) -> tuple[Floats, Floats]:
        """The position at each time; before the first event the first one."""
        i = np.maximum(np.searchsorted(self.t_s, t_s, side="right") - 1, 0)
        return self.x[i], self.y[i]

    def length_px(self, start_s: float, end_s: float) -> float:
        """How far the pointer went during [start, end)."""
        a, b = np.searchsorted(self.t_s, (start_s, end_s))
        return float(np.hypot(np.diff(self.x[a:b]), np.diff(self.y[a:b])).sum())


@dataclass(frozen=True, slots=True)
class Mapping:
    """The pointer's place in the picture, per axis: frame = scale · capture + shift (the cursor's middle included)."""

    sx: float
    sy: float
    ax: float
    ay: float

    def residual(self, path: PointerPath, seen: Detections, lag_s: float | Floats) -> tuple[Floats, Floats]:
        """Detections minus where the pointer says they should be, `lag_s` after their own time."""
        x, y = path.at(seen.t_s + lag_s)
        return seen.x - self.sx * x - self.ax, seen.y - self.sy * y - self.ay
