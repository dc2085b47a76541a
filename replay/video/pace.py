"""How far away a picture is: the time its decode will take, told from what the last ones took."""

from __future__ import annotations

from typing import Final

from replay.video.frame_table import FrameTable

_FIRST_GUESS_NS: Final = 3_000_000
_WEIGHT: Final = 0.2


class DecodePace:
    """One decoder's speed, in frames from where it stands or from an I-frame; checkpoints make frames seem cheaper."""

    def __init__(self, frames: FrameTable) -> None:
        self._frames = frames
        self._at = -1
        self._ns_per_frame = float(_FIRST_GUESS_NS)

    def reach_ns(self, index: int) -> int:
        """About how long until the picture of frame `index` is decoded."""
        return round(self._way(index) * self._ns_per_frame)

    def note(self, index: int, took_ns: int) -> None:
        """The picture of frame `index` was decoded in `took_ns`."""
        per_frame = took_ns / self._way(index)
        self._ns_per_frame += _WEIGHT * (per_frame - self._ns_per_frame)
        self._at = index

    def _way(self, index: int) -> int:
        """Frames from where the decoder stands, or from the entry before `index`, to `index`; at least one."""
        entry = self._frames.iframe_at_or_before(index)
        return index - self._at if entry <= self._at < index else index - entry + 1
