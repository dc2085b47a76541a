"""The frame table: presentation times of every frame of one video, and binary search over them.

Variable frame rate is normal, so a frame is found by its time, never by fps × t.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from replay import schema
from replay.timebase import TimeNs, TimeRange

Int64s = npt.NDArray[np.int64]
FrameSpan: TypeAlias = tuple[int, int]
"""Frames [first, last) of a frame table."""


@dataclass(frozen=True, slots=True)
class FrameTable:
    """Frames in presentation order, shape (n,) each, n ≥ 1.

    `pts` in the media's time base; `t_ns` in session time, strictly increasing, first 0; `duration_ns` ≥ 0 until the
    next frame (of the last one: as the container says, else the median); `iframe` marks decode entry points.
    """

    media: str
    pts: Int64s
    t_ns: Int64s
    duration_ns: Int64s
    iframe: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.pts)

    @property
    def end_ns(self) -> TimeNs:
        """The end of the last frame's presentation."""
        return int(self.t_ns[-1] + self.duration_ns[-1])

    @property
    def frame_ns(self) -> int:
        """The median distance of two frames; one "frame" where a rule speaks of one."""
        return int(np.median(np.diff(self.t_ns))) if len(self) > 1 else int(self.duration_ns[0]) or 33_333_333

    def index_at(self, t_ns: TimeNs) -> int:
        """The frame on screen at `t_ns`: the last one at or before it, clamped to the first and last."""
        return max(0, int(np.searchsorted(self.t_ns, t_ns, side="right")) - 1)

    def indexes_in(self, r: TimeRange) -> range:
        """The frames that are on screen at any moment of `r` (a frame's presentation may begin before `r`)."""
        if r.end_ns <= 0 or r.start_ns >= self.end_ns:
            return range(0)
        return range(self.index_at(r.start_ns), int(np.searchsorted(self.t_ns, r.end_ns, side="left")))

    def outside(self, ranges: Sequence[TimeRange]) -> npt.NDArray[np.bool_]:
        """Which frames are on screen at no moment of any of `ranges`, shape (n,); one without duration is a moment."""
        ends = self.t_ns + np.maximum(self.duration_ns, 1)
        out = np.ones(len(self), np.bool_)
        for r in ranges:
            out &= (ends <= r.start_ns) | (self.t_ns >= r.end_ns)
        return out

    def iframe_at_or_before(self, index: int) -> int:
        """The decode entry point for frame `index`."""
        entries = np.flatnonzero(self.iframe[: index + 1])
        return int(entries[-1]) if len(entries) else 0

    def to_arrow(self, session_id: str) -> pa.Table:
        n = len(self)
        columns = {
            "session_id": pa.array([session_id] * n, pa.string()),
            "media": pa.array([self.media] * n, pa.string()),
            "index": pa.array(np.arange(n, dtype=np.int64)),
            "pts": pa.array(self.pts),
            "t_ns": pa.array(self.t_ns),
            "duration_ns": pa.array(self.duration_ns),
            "iframe": pa.array(self.iframe),
            "byte_offset": pa.nulls(n, pa.int64()),
        }
        return pa.table(columns, schema=schema.FRAMES.arrow)

    @classmethod
    def from_arrow(cls, table: pa.Table) -> FrameTable | None:
        """The first media's frames of a `frames` table; None where the session has no video."""
        if table.num_rows == 0:
            return None
        media = table["media"][0].as_py()
        rows = table.sort_by("index")
        return cls(
            media=media,
            pts=rows["pts"].to_numpy().astype(np.int64, copy=False),
            t_ns=rows["t_ns"].to_numpy().astype(np.int64, copy=False),
            duration_ns=rows["duration_ns"].to_numpy().astype(np.int64, copy=False),
            iframe=rows["iframe"].to_numpy(zero_copy_only=False).astype(bool, copy=False),
        )
