"""The one time axis: session time to px and back, with zoom at a point and pan, clamped to what there is to see."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from replay.timebase import TimeNs, TimeRange

MIN_NS_PER_PX = 20_000.0  # 50 px per millisecond
_MARGIN_PX = 12.0  # so that edges at the very ends can be grabbed

STEPS_NS = tuple(
    n * unit
    for unit, steps in (
        (1_000_000, (1, 2, 5, 10, 20, 50, 100, 200, 500)),
        (1_000_000_000, (1, 2, 5, 10, 15, 30)),
        (60_000_000_000, (1, 2, 5, 10, 15, 30)),
        (3_600_000_000_000, (1, 2, 4, 8, 24)),
    )
    for n in steps
)


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """`start_ns` lies at x = 0; `width` px wide; x is relative to the axis' own left end."""

    start_ns: float
    ns_per_px: float
    width: int

    @property
    def end_ns(self) -> float:
        return self.start_ns + self.ns_per_px * self.width

    def x(self, t_ns: float) -> float:
        return (t_ns - self.start_ns) / self.ns_per_px

    def t(self, x: float) -> TimeNs:
        return round(self.start_ns + x * self.ns_per_px)

    def xs(self, t_ns: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        return ((t_ns - self.start_ns) / self.ns_per_px).astype(np.float64)

    def edges(self, bins: int) -> npt.NDArray[np.int64]:
        """`bins` + 1 times that cut what is shown into equal bins."""
        return np.linspace(self.start_ns, self.end_ns, bins + 1).astype(np.int64)

    def shows(self, t_ns: TimeNs) -> bool:
        return self.start_ns <= t_ns < self.end_ns

    def zoomed(self, factor: float, x: float, extent: TimeRange) -> TimeAxis:
        """Time magnified by `factor` with the moment at `x` held still."""
        widest = whole(extent, self.width).ns_per_px
        ns_per_px = min(widest, max(MIN_NS_PER_PX, self.ns_per_px / factor))
        start = self.start_ns + x * self.ns_per_px - x * ns_per_px
        return TimeAxis(start, ns_per_px, self.width).clamped(extent)

    def panned(self, dx: float, extent: TimeRange) -> TimeAxis:
        return replace(self, start_ns=self.start_ns - dx * self.ns_per_px).clamped(extent)

    def resized(self, width: int, extent: TimeRange) -> TimeAxis:
        """The same start; a fully zoomed-out axis stays so."""
        if self.ns_per_px >= whole(extent, self.width).ns_per_px * 0.999:
            return whole(extent, width)
        return replace(self, width=width).clamped(extent)

    def clamped(self, extent: TimeRange) -> TimeAxis:
        margin = _MARGIN_PX * self.ns_per_px
        low = extent.start_ns - margin
        high = max(low, extent.end_ns + margin - self.ns_per_px * self.width)
        return replace(self, start_ns=min(max(self.start_ns, low), high))

    def showing(self, t_ns: TimeNs, extent: TimeRange, *, at: float = 0.1) -> TimeAxis:
        """The axis moved, only where needed, so that `t_ns` is shown, then at the fraction `at` of the width."""
        if self.shows(t_ns):
            return self
        return replace(self, start_ns=t_ns - at * self.width * self.ns_per_px).clamped(extent)

    def step_ns(self, min_px: float) -> int:
        """The smallest round step whose marks are at least `min_px` apart."""
        return next((s for s in STEPS_NS if s / self.ns_per_px >= min_px), STEPS_NS[-1])


def whole(extent: TimeRange, width: int) -> TimeAxis:
    """Everything at once."""
    usable = max(1.0, width - 2 * _MARGIN_PX)
    ns_per_px = max(MIN_NS_PER_PX, extent.duration_ns / usable)
    return TimeAxis(extent.start_ns - _MARGIN_PX * ns_per_px, ns_per_px, width)
