"""The video file: H.264 in MP4, times in 1/90 000 s, one picture converted once however often it is shown."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter
from PySide6.QtGui import QImage

TIME_BASE = Fraction(1, 90_000)
GOP = 120


class Film:
    """Frames in presentation order into one file; `close` finishes it."""

    def __init__(self, path: Path, size: tuple[int, int]) -> None:
        self._container = av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"})
        stream = self._container.add_stream("libx264", rate=30)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.time_base = TIME_BASE
        context = stream.codec_context
        context.time_base = TIME_BASE
        context.gop_size = GOP
        # One thread: the stream must not depend on the machine, and sessions are rendered side by side.
        context.thread_count = 1
        context.options = {"preset": "veryfast", "crf": "20", "threads": "1"}
        context.colorspace, context.color_range = Colorspace.ITU709.value, ColorRange.MPEG.value
        context.color_primaries, context.color_trc = 1, 1
        self._stream = stream
        self._reformatter = VideoReformatter()
        self._packed = av.VideoFrame(*size, "bgra")
        self._planar: av.VideoFrame | None = None
        self.count = 0
        self.keyframes: set[int] = set()  # PTS

    def show(self, pts: int, picture: QImage | None) -> None:
        """One frame; None shows the last picture again."""
        if picture is not None:
            self._packed.planes[0].update(bytes(picture.constBits()))
            self._planar = self._reformatter.reformat(
                self._packed, format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
            )
        assert self._planar is not None
        self._planar.pts, self._planar.time_base = pts, TIME_BASE
        self._mux(self._stream.encode(self._planar))
        self.count += 1

    def _mux(self, packets: list[av.Packet[Any]]) -> None:
        self.keyframes |= {p.pts for p in packets if p.is_keyframe and p.pts is not None}
        self._container.mux(packets)

    def close(self) -> None:
        self._mux(self._stream.encode(None))
        self._container.close()
