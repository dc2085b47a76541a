"""The clock map of a session: the recorder's own clock to session time, and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from replay.problems import Problem
from replay.timebase import TimeNs

Int64s = npt.NDArray[np.int64]

NOT_MEASURED: Final = "clock_not_measured"
"""Code of the problem that says why pictures do not tell the recorder's clock."""

SEEN_IN_PICTURES: Final = frozenset(
    {
        NOT_MEASURED,
        "clock_drifts",
        "clock_steps",
        "cursor_not_seen",
        "pointer_elsewhere",
        "pointer_scale_differs",
        "pointer_skewed",
        "video_black",
        "video_frozen",
        "video_size_changes",
    }
)
"""Codes of problems that only a look at the pictures beside the pointer finds."""


@dataclass(frozen=True, slots=True)
class SyncModel:
    """t_ns = (t_src_ns − source_zero_ns) · (1 + drift_ppm·10⁻⁶) + offset_ns, with standard deviation `sigma_ns`.

    `source_zero_ns` is the recorder's clock at session zero as known at import and never changes; calibration and
    nudges change `offset_ns` and `drift_ppm`, so events move against the picture, never frames or edits.
    """

    source_zero_ns: int = 0
    offset_ns: int = 0
    drift_ppm: float = 0.0
    sigma_ns: int = 0
    method: str = "assumed"

    def t_ns(self, t_src_ns: int) -> TimeNs:
        """Session time of one reading of the recorder's clock."""
        elapsed = t_src_ns - self.source_zero_ns
        return elapsed + round(elapsed * (self.drift_ppm / 1e6)) + self.offset_ns

    def redated(self, t_ns: TimeNs, declared: SyncModel) -> TimeNs:
        """Session time by this clock of what `declared` put at `t_ns`."""
        elapsed = round((t_ns - declared.offset_ns) / (1 + declared.drift_ppm / 1e6))
        return self.t_ns(declared.source_zero_ns + elapsed)

    def t_ns_of(self, t_src_ns: Int64s) -> Int64s:
        """The same for an array, shape (n,), int64, to the nanosecond: rows must not depend on how they were read."""
        elapsed = t_src_ns - np.int64(self.source_zero_ns)
        drift = np.rint(elapsed * (self.drift_ppm / 1e6)).astype(np.int64)
        out: Int64s = elapsed + drift + np.int64(self.offset_ns)
        return out

    def source_clock_at_first_frame_ns(self) -> int:
        """What the recorder's clock showed at t_ns = 0."""
        return self.source_zero_ns - round(self.offset_ns / (1 + self.drift_ppm / 1e6))

    def as_row(self) -> dict[str, Any]:
        """Columns of a row of `sync`."""
        facts = {"offset_ns": self.offset_ns, "drift_ppm": self.drift_ppm, "sigma_ns": self.sigma_ns}
        return facts | {"method": self.method}

    def nudged(self, delta_ns: int) -> SyncModel:
        """Events moved later by `delta_ns`; a person decided, so the method becomes `manual`."""
        return replace(self, offset_ns=self.offset_ns + delta_ns, method="manual")


@dataclass(frozen=True, slots=True)
class MeasuredSync:
    """A clock that was measured: replaces the imported offset and drift, for the same `source_zero_ns`.

    `problems` are what the same look at the pictures found wrong; they replace what an earlier look found.
    """

    offset_ns: int
    drift_ppm: float
    sigma_ns: int
    method: str = "correlated"
    problems: tuple[Problem, ...] = ()

    def over(self, imported: SyncModel) -> SyncModel:
        """The clock map with this measurement in force."""
        return SyncModel(imported.source_zero_ns, self.offset_ns, self.drift_ppm, self.sigma_ns, self.method)


@dataclass(frozen=True, slots=True)
class Correction:
    """What was decided about the clock since import: a measurement, and a person's nudge on top of it."""

    measured: MeasuredSync | None = None
    nudge_ns: int = 0

    def of(self, imported: SyncModel) -> SyncModel:
        """The clock in force."""
        base = imported if self.measured is None else self.measured.over(imported)
        return base.nudged(self.nudge_ns) if self.nudge_ns else base

    def problems(self, imported: tuple[Problem, ...]) -> tuple[Problem, ...]:
        """The session's problems: what the last look at the pictures found stands for what looks before it found."""
        if self.measured is None:
            return imported
        return (*(p for p in imported if p.code not in SEEN_IN_PICTURES), *self.measured.problems)


AS_IMPORTED: Final = Correction()
