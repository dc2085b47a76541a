"""What recorders built on pynput and OBS write about a recording as a whole, as far as the session may know it.

Host names (`node`), user names and hardware ids in the same file are not read at all.
"""

from __future__ import annotations

import math
import re
from typing import Final

import msgspec

from replay.geometry import Rect

_OS: Final = {"windows": "windows", "darwin": "macos", "macos": "macos", "linux": "linux"}
_LABEL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._()+-]{0,39}")
_LARGEST_SIDE: Final = 100_000


class Metadata(msgspec.Struct, frozen=True):
    """metadata.json of DuckTrack and AgentNetTool. Times are seconds of `time.perf_counter()`."""

    system: str | None = None
    release: str | None = None
    screen_width: float | None = None
    screen_height: float | None = None
    video_start_timestamp: float | None = None
    obs_record_state_timings: dict[str, list[float]] = {}

    @property
    def os(self) -> str | None:
        return os_name(self.system)

    @property
    def os_version(self) -> str | None:
        return label(self.release)

    @property
    def obs_started_s(self) -> float | None:
        """When OBS said that it records, on the recorder's clock."""
        return self._obs_s("STARTED")

    @property
    def obs_starting_s(self) -> float | None:
        """When OBS said that it is about to record, on the recorder's clock."""
        return self._obs_s("STARTING")

    def _obs_s(self, state: str) -> float | None:
        times = self.obs_record_state_timings.get(f"OBS_WEBSOCKET_OUTPUT_{state}")
        return times[0] if times else None

    @property
    def scale(self) -> float:
        """Capture px per unit of the recorded coordinates: pynput gives points on macOS, px elsewhere.

        macOS does not record the backing scale; 2 is what its built-in screens have, and what OpenCUA's own
        processing of these recordings uses.
        """
        return 2.0 if self.os == "macos" else 1.0

    @property
    def screen(self) -> Rect | None:
        """The main display in the recorded units; None where it is not said or cannot be one."""
        w, h = self.screen_width or 0.0, self.screen_height or 0.0
        return Rect(0, 0, w, h) if 0 < w <= _LARGEST_SIDE and 0 < h <= _LARGEST_SIDE else None

    @property
    def screen_px(self) -> Rect | None:
        """The main display in capture px."""
        s = self.screen
        return None if s is None else Rect(s.x, s.y, s.w * self.scale, s.h * self.scale)


def label(value: str | None) -> str | None:
    """`value` where it looks like a version or a name of software; such columns are exported unmasked."""
    return value if value is not None and _LABEL.fullmatch(value) else None


def os_name(value: str | None) -> str | None:
    """The operating system under the one name by which sessions are filtered; None where it is none of the known."""
    return _OS.get((value or "").lower())


def in_ns(seconds: float | None) -> int | None:
    """Seconds to ns; None where they are not said, not finite or beyond any clock (the year 2096)."""
    if seconds is None or not math.isfinite(seconds) or abs(seconds) > 4e9:
        return None
    return round(seconds * 1e9)
