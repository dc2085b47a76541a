"""Videos to look through fast: a skim of small pictures, and a mezzanine of all of them in full size. Both are lossy.

H.264 by x264, made to be decoded from anywhere: short groups, no deblocking, no arithmetic coding, and B-pictures to
which nothing refers, so that a seek leaves them out. In an MP4, whose index says where every packet lies.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import BinaryIO, Final

import av
import av.error
import numpy as np
from av.packet import Packet
from av.video.frame import PictureType, VideoFrame
from av.video.reformatter import Interpolation
from av.video.stream import VideoStream

from replay.errors import BadInput
from replay.timebase import NS_PER_S
from replay.video.even_sides import even
from replay.video.frame_table import FrameTable
from replay.video.side_files import Int64s

_TICK: Final = Fraction(1, 30)  # the preview's own clock: a frame is known there by its place
_CONTAINER: Final = {"use_editlist": "0", "movflags": "negative_cts_offsets", "fflags": "+bitexact"}
# Of screens finer motion pays too little, and spreading bits by variance takes them from text for flat areas.
_X264: Final = "min-keyint=1:b-adapt=1:b-pyramid=none:open-gop=0:subme=1:aq-mode=0"
_PIXELS: Final = frozenset({"yuv420p", "yuvj420p"})
_LATE_NS: Final = 1_000_000  # a frame that comes this much early still counts for the moment it is due


@dataclass(frozen=True, slots=True)
class PreviewRecipe:
    """How one kind of preview is made.

    `width_px`: the most it is wide (None: as the source). `most_fps`: how many frames a second it keeps (None: all).
    `crfs`: qualities to try, best first, until it is at most `most_share` of the source's bytes.
    """

    gop: int
    b_frames: int
    crfs: tuple[int, ...]
    most_share: float
    width_px: int | None = None
    most_fps: int | None = None

    def kept(self, frames: FrameTable) -> Int64s:
        """Which session frames it shows, ascending: the first one of every 1 / `most_fps` seconds."""
        if self.most_fps is None:
            return np.arange(len(frames), dtype=np.int64)
        due = (frames.t_ns + _LATE_NS) * self.most_fps // NS_PER_S
        return np.flatnonzero(np.diff(due, prepend=due[0] - 1)).astype(np.int64)


SKIM_RECIPE: Final = PreviewRecipe(gop=40, b_frames=7, crfs=(29, 35), most_share=0.7, width_px=640, most_fps=10)
MEZZANINE_RECIPE: Final = PreviewRecipe(gop=52, b_frames=3, crfs=(26, 30), most_share=2.0)


class PreviewTooLarge(Exception):
    """The preview takes more bytes than it may."""


@dataclass(slots=True)
class _Written:
    packets: int = 0
    size: int = 0
    keys: set[int] = field(default_factory=set)


class PreviewWriter:
    """Writes one preview to `out`, front to back but for the head of the file; `out` stays the caller's."""

    def __init__(self, out: BinaryIO, frames: FrameTable, recipe: PreviewRecipe, crf: int, most_bytes: int) -> None:
        """`frames` of the session; `most_bytes` of pictures in all."""
        self._frames = frames
        self._recipe = recipe
        self._crf = crf
        self._most_bytes = most_bytes
        self.source_index: Int64s = recipe.kept(frames)
        self._container = av.open(out, "w", format="mp4", options=dict(_CONTAINER))
        self._stream: VideoStream | None = None
        self._size = (0, 0)
        self._taken = 0
        self._written = _Written()

    def take(self, index: int, picture: VideoFrame) -> None:
        """The picture of session frame `index`; they come in order, and those that are not kept are passed over.

        Raises PreviewTooLarge, BadInput `preview_unfit` where the pictures cannot be coded.
        """
        if self._taken >= len(self.source_index) or index != self.source_index[self._taken]:
            return
        try:
            small = self._fitted(picture)
            stream = self._stream or self._started(small)
            small.pts, small.time_base = self._taken, _TICK
            small.pict_type = PictureType.NONE
            self._taken += 1
            self._mux(stream.encode(small))
        except (av.error.FFmpegError, ValueError) as e:
            raise _unfit() from e

    def _fitted(self, picture: VideoFrame) -> VideoFrame:
        """A picture of its own that x264 takes: 4:2:0, even sides, of the size that the first one had."""
        pixels = picture.format.name if picture.format.name in _PIXELS else "yuv420p"
        if self._recipe.width_px is None:
            same = picture.format.name == pixels
            fitted = even(picture if same else picture.reformat(format=pixels, threads=1))
            self._size = self._size if any(self._size) else (fitted.width, fitted.height)
            if (fitted.width, fitted.height) != self._size:
                raise _unfit()
            return fitted
        self._size = self._size if any(self._size) else _scaled(picture, self._recipe.width_px)
        # One thread: with several, libswscale's slice borders differ from run to run at odd widths.
        return picture.reformat(*self._size, format=pixels, interpolation=Interpolation.AREA, threads=1)

    def _started(self, picture: VideoFrame) -> VideoStream:
        r = self._recipe
        options = {
            "preset": "veryfast",
            "tune": "fastdecode",
            "crf": str(self._crf),
            "x264-params": f"keyint={r.gop}:bframes={r.b_frames}:{_X264}",
            "a53cc": "0",
        }
        stream = self._container.add_stream("libx264", options=options)
        context = stream.codec_context
        # PyAV asks for slices unless told otherwise; x264's own threading is by frames, of which it works on a
        # few more than there are processors, so that none waits while the next picture is decoded.
        context.thread_type, context.thread_count = "FRAME", min(6, (os.cpu_count() or 1) * 3 // 2)
        context.width, context.height, context.pix_fmt = picture.width, picture.height, picture.format.name
        context.time_base, context.framerate = _TICK, 1 / _TICK
        context.color_range, context.colorspace = picture.color_range, picture.colorspace
        self._stream = stream
        return stream

    def _mux(self, packets: Sequence[Packet[VideoStream]]) -> None:
        for packet in packets:
            self._written.packets += 1
            self._written.size += packet.size
            if packet.is_keyframe and packet.pts is not None:
                self._written.keys.add(int(packet.pts))
            if self._written.size > self._most_bytes:
                raise PreviewTooLarge
            self._container.mux(packet)

    def finish(self) -> FrameTable:
        """Flush, write the index, and give the preview's frames, at the session's times.

        Raises PreviewTooLarge, BadInput `preview_unfit` where not every frame came out.
        """
        if self._stream is None or self._taken != len(self.source_index):
            raise _unfit()
        try:
            self._mux(self._stream.encode(None))
            tick = self._stream.time_base or _TICK
            self._container.close()
        except (av.error.FFmpegError, ValueError) as e:
            raise _unfit() from e
        if self._written.packets != self._taken:
            raise _unfit()
        return self._table(round(_TICK / tick))

    def _table(self, ticks: int) -> FrameTable:
        f, kept = self._frames, self.source_index
        places = np.arange(len(kept), dtype=np.int64)
        t_ns = f.t_ns[kept]
        until = np.append(t_ns[1:], max(f.end_ns, int(t_ns[-1])))
        keys = np.fromiter(self._written.keys, np.int64, len(self._written.keys))
        return FrameTable(f.media, places * ticks, t_ns, until - t_ns, np.isin(places, keys))

    def abandon(self) -> None:
        """Let go of what was begun; what lies in `out` is of no use."""
        try:
            self._container.close()
        except (av.error.FFmpegError, OSError, ValueError):
            return


def most_bytes(recipe: PreviewRecipe, source_bytes: int) -> int:
    """What a preview of a source of this size may take. A few kilobytes always: tiny sources are no yardstick."""
    return max(int(recipe.most_share * source_bytes), 64 * 1024)


def _scaled(picture: VideoFrame, width_px: int) -> tuple[int, int]:
    width = min(width_px, picture.width)
    height = picture.height * width / picture.width
    return max(2, width // 2 * 2), max(2, round(height / 2) * 2)


def _unfit() -> BadInput:
    return BadInput("preview_unfit", "The pictures of this video do not let themselves be coded for fast viewing.")
