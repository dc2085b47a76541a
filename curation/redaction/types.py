"""The types that carry trust: what a writer may be handed, and what it may not.

`RawFrame` holds captured pixels. The `Redacted…` types are made only by `curation.redaction.apply`; no writer
signature accepts anything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import av
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from curation.model import Episode, Label
from curation.redaction.masks import Box
from curation.redaction.paint import FILL_RGB
from curation.steps.model import Step
from replay.timebase import TimeNs, TimeRange
from replay.video.frame import rgb24

Rgb = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class RawFrame:
    """One decoded frame as captured; `index` in the source's frame table."""

    index: int
    t_ns: TimeNs
    picture: av.VideoFrame


@dataclass(frozen=True, slots=True)
class RedactedFrame:
    """One frame with every mask painted; `index` in the source's frame table, planar YUV 4:2:0, `masks` frame px."""

    index: int
    t_ns: TimeNs
    picture: av.VideoFrame
    masks: tuple[Box, ...] = ()

    def rgb(self) -> Rgb:
        """Packed RGB24, shape (height, width, 3), as the replay shows it."""
        out = rgb24(self.picture)
        if not self.masks:
            return out
        # The conversion spreads hue from beside a mask into its outermost pixels.
        out = out.copy()
        for box in self.masks:
            out[box.y0 : box.y1, box.x0 : box.x1] = FILL_RGB
        return out


@dataclass(frozen=True, slots=True)
class RedactedTable:
    """One session table with cut rows gone and every hidden cell replaced; columns as declared in `replay.schema`."""

    name: str
    rows: pa.Table


@dataclass(frozen=True, slots=True)
class RedactedEpisode:
    """Everything of one episode that may leave. `session` is the session's pseudonym, `episode` unique within it."""

    session: str
    episode: Episode
    kept: tuple[TimeRange, ...]
    labels: tuple[Label, ...]
    steps: tuple[Step, ...]
    tables: Mapping[str, RedactedTable]
    frame_size: tuple[int, int] | None
    sync_method: str
    sync_sigma_ns: int
    step_flags: Mapping[int, tuple[str, ...]]
    instruction: str


@dataclass(frozen=True, slots=True)
class RedactedSession:
    """Everything of one session but its pictures. `session` is its pseudonym; `frame_indexes` are the source's that
    are left."""

    session: str
    tables: Mapping[str, RedactedTable]
    episodes: tuple[RedactedEpisode, ...]
    frame_indexes: tuple[int, ...]
