"""A real video with real files beside it: every picture says its own number, those of the files beside it too."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from fractions import Fraction

import av
import numpy as np
from av.video.frame import VideoFrame

from replay.video.composed import VideoFiles
from replay.video.frame_table import FrameTable
from replay.video.index import build_frame_table
from replay.video.side_files import PreviewVideo, SideFiles
from tests.videos import numbered_picture

SIZE = (178, 100)
SKIM_EVERY = 3


@dataclass(frozen=True)
class SideVideos:
    """One video of numbered pictures with its skim (every third picture, half the size) and mezzanine, as bytes."""

    original: bytes
    frames: FrameTable
    skim: bytes
    mezzanine: bytes

    def files(self, *, skim: bool = True, mezzanine: bool = True) -> VideoFiles:
        """Opened anew; whoever gets them closes them."""
        side = SideFiles(
            self._preview(self.skim, SKIM_EVERY) if skim else None,
            self._preview(self.mezzanine, 1) if mezzanine else None,
        )
        return VideoFiles(io.BytesIO(self.original), side=side)

    def _preview(self, data: bytes, every: int) -> PreviewVideo:
        source = np.arange(0, len(self.frames), every, dtype=np.int64)
        preview = replace(build_frame_table(io.BytesIO(data), "video")[0], t_ns=self.frames.t_ns[source])
        return PreviewVideo(io.BytesIO(data), preview, source, SIZE if every == 1 else None)


def side_videos(frames: int, gop: int) -> SideVideos:
    original = _encoded(range(frames), SIZE, gop, crf=18)
    table = build_frame_table(io.BytesIO(original), "video")[0]
    skim = _encoded(range(0, frames, SKIM_EVERY), (SIZE[0] // 2 + 1, SIZE[1] // 2), 10, crf=20)
    return SideVideos(original, table, skim, _encoded(range(frames), SIZE, 8, crf=30))


def _encoded(numbers: range, size: tuple[int, int], gop: int, crf: int) -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=30, options={"preset": "veryfast", "crf": str(crf), "bf": "2"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 30)
        stream.codec_context.gop_size = gop
        for number in numbers:
            picture = VideoFrame.from_ndarray(numbered_picture(number, SIZE), format="rgb24")
            picture = picture.reformat(width=size[0], height=size[1])
            picture.pts, picture.time_base = number, Fraction(1, 30)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return out.getvalue()
