"""Time in one place: nanoseconds from session zero, half-open ranges, and exact PTS conversion.

Session zero is the PTS of the first video frame (the first event where there is no video), so events
before it are negative. `PTS` never leaves `replay.video`; everything else speaks `t_ns`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

TimeNs = int

NS_PER_S = 1_000_000_000
FRAME_WITHOUT_VIDEO_NS: Final = 33_333_333
"""How long a frame is taken for where no video tells: a step, a nudge and an edge move by so much then."""

_UNITS: Final = {
    "": Fraction(1), "s": Fraction(1), "ms": Fraction(1, 1000), "us": Fraction(1, 1_000_000),
    "m": Fraction(60), "min": Fraction(60), "h": Fraction(3600),
}  # fmt: skip
_PLAIN: Final = re.compile(r"([+-]?(?:\d+(?:\.\d*)?|\.\d+))\s*(s|ms|us|min|m|h|)")
_CLOCK: Final = re.compile(r"(-?)(?:(\d+):)?(\d{1,2}):(\d{1,2}(?:\.\d+)?)")
_FURTHEST_S: Final = 9_000_000_000  # int64 nanoseconds


@dataclass(frozen=True, slots=True, order=True)
class TimeRange:
    """The half-open range [start_ns, end_ns) in session time; empty ranges are refused."""

    start_ns: TimeNs
    end_ns: TimeNs

    def __post_init__(self) -> None:
        if self.end_ns <= self.start_ns:
            raise ValueError(f"empty time range [{self.start_ns}, {self.end_ns})")

    @property
    def duration_ns(self) -> int:
        return self.end_ns - self.start_ns

    def contains(self, t_ns: TimeNs) -> bool:
        return self.start_ns <= t_ns < self.end_ns

    def overlaps(self, other: TimeRange) -> bool:
        return self.start_ns < other.end_ns and other.start_ns < self.end_ns

    def intersection(self, other: TimeRange) -> TimeRange | None:
        start, end = max(self.start_ns, other.start_ns), min(self.end_ns, other.end_ns)
        return TimeRange(start, end) if start < end else None

    def grown(self, margin_ns: int) -> TimeRange:
        return TimeRange(self.start_ns - margin_ns, self.end_ns + margin_ns)


def merged(ranges: list[TimeRange] | tuple[TimeRange, ...]) -> tuple[TimeRange, ...]:
    """Sorted, disjoint ranges covering exactly the union; ranges that touch are joined."""
    out: list[TimeRange] = []
    for r in sorted(ranges):
        if out and r.start_ns <= out[-1].end_ns:
            out[-1] = TimeRange(out[-1].start_ns, max(out[-1].end_ns, r.end_ns))
        else:
            out.append(r)
    return tuple(out)


def complement(whole: TimeRange, removed: tuple[TimeRange, ...]) -> tuple[TimeRange, ...]:
    """What remains of `whole` when every range of `removed` is taken away, in order."""
    kept: list[TimeRange] = []
    start = whole.start_ns
    for r in merged(removed):
        if r.end_ns <= start:
            continue
        if r.start_ns >= whole.end_ns:
            break
        if r.start_ns > start:
            kept.append(TimeRange(start, r.start_ns))
        start = max(start, r.end_ns)
    if start < whole.end_ns:
        kept.append(TimeRange(start, whole.end_ns))
    return tuple(kept)


def ns_from_pts(pts: int, time_base: Fraction) -> TimeNs:
    """PTS in units of `time_base` seconds to nanoseconds, rounded half up, exactly (no float)."""
    scaled = pts * time_base.numerator * NS_PER_S
    return (2 * scaled + time_base.denominator) // (2 * time_base.denominator)


def ns_from_seconds(seconds: float | str | Fraction) -> TimeNs:
    """Seconds to nanoseconds; a decimal string is converted exactly."""
    return round(Fraction(seconds) * NS_PER_S)


def parse_t(text: str) -> TimeNs | None:
    """A time as people write it: `12.5`, `1500ms`, `2min`, `1:30`, `-00:01:30.250`; None where it is none."""
    text = text.strip()
    plain = _PLAIN.fullmatch(text)
    if plain is not None:
        seconds = Fraction(plain[1]) * _UNITS[plain[2]]
    else:
        clock = _CLOCK.fullmatch(text)
        if clock is None:
            return None
        seconds = int(clock[2] or 0) * 3600 + int(clock[3]) * 60 + Fraction(clock[4])
        seconds = -seconds if clock[1] else seconds
    return ns_from_seconds(seconds) if abs(seconds) <= _FURTHEST_S else None


def format_t(t_ns: TimeNs) -> str:
    """`-00:12:34.567`: hours, minutes, seconds and milliseconds, rounded down towards zero, which has no sign."""
    ms = abs(t_ns) // 1_000_000
    sign = "-" if t_ns < 0 and ms else ""
    return f"{sign}{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"
