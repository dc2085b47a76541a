"""Encodes redacted frames anew: one H.264 stream in one MP4, with nothing in it that was not asked for.

Every edge of a mask or cut begins a closed group of pictures, so no picture refers across it. No edit list, no other
stream, no metadata, no SEI, no encoder's name. Presentation times are contiguous: what is cut leaves no hole in them.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final

import av
import numpy as np
from av.bitstream import BitStreamFilterContext
from av.packet import Packet
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream

from curation.export.attention import Attention
from curation.export.contract import EncodedVideo
from curation.export.recipe import VideoRecipe
from curation.redaction.masks import FrameMasks
from curation.redaction.types import RedactedFrame
from replay.errors import Refused
from replay.timebase import NS_PER_S
from replay.video.even_sides import even
from replay.video.frame_table import FrameTable

CODEC: Final = "h264"
_SEI_NAL: Final = "6"
_CONTAINER: Final = {
    "use_editlist": "0",
    "movflags": "negative_cts_offsets",  # B-pictures without an edit list to shift them back
    "fflags": "+bitexact",  # no version string, no time of creation
}


@dataclass(frozen=True, slots=True)
class OutputTimes:
    """Presentation of every kept frame in the output, in ticks of `time_base`, shape (n,) each."""

    time_base: Fraction
    pts: np.ndarray[tuple[int], np.dtype[np.int64]]
    duration: np.ndarray[tuple[int], np.dtype[np.int64]]


def output_times(frames: FrameTable, kept: np.ndarray[tuple[int], np.dtype[np.int64]], time_base: str) -> OutputTimes:
    """Kept frames one after another, each as long as it was: output PTS has no holes where something was cut."""
    base = Fraction(time_base)
    ticks = np.rint(frames.duration_ns[kept] * (base.denominator / (base.numerator * NS_PER_S))).astype(np.int64)
    ticks = np.maximum(ticks, 1)
    pts = np.concatenate([[0], np.cumsum(ticks)[:-1]]).astype(np.int64)
    return OutputTimes(base, pts, ticks)


class PictureEncoder:
    """Writes redacted frames, in order, as one MP4 to a seekable file that stays the caller's."""

    def __init__(
        self, file: BinaryIO, recipe: VideoRecipe, times: OutputTimes, edges: frozenset[int], masks: FrameMasks
    ) -> None:
        """`edges` are source indexes of frames that must be I-frames, or whose first kept successor must be."""
        self._times = times
        self._pending_edges = sorted(edges)
        self._masks = masks
        self._attention = Attention()
        self._recipe = recipe
        self._container = av.open(file, "w", format="mp4", options=dict(_CONTAINER))
        self._stream: VideoStream | None = None
        self._filter: BitStreamFilterContext | None = None
        self._written = 0
        self._source: list[tuple[int, int]] = []

    def write(self, frame: RedactedFrame) -> None:
        """Encode one frame; frames come in the order of the kept ones."""
        picture = even(frame.picture)
        stream = self._stream or self._started(picture)
        n = self._written
        picture.pts = int(self._times.pts[n])
        picture.time_base = self._times.time_base
        picture.duration = int(self._times.duration[n])
        edge = False
        while self._pending_edges and self._pending_edges[0] <= frame.index:
            self._pending_edges.pop(0)
            edge = True
        picture = self._attention.on(picture, self._masks.at(frame.index))
        picture.pict_type = PictureType.I if edge else PictureType.NONE
        self._mux(stream.encode(picture))
        self._source.append((frame.index, frame.t_ns))
        self._written += 1

    def _started(self, picture: VideoFrame) -> VideoStream:
        threads = self._recipe.threads or os.cpu_count() or 1
        options = {"preset": self._recipe.preset, "crf": str(self._recipe.crf), "forced-idr": "1", "a53cc": "0"}
        stream = self._container.add_stream("libx264", options=options)
        context = stream.codec_context
        # PyAV asks for slices unless told otherwise; x264's own threading is by frames.
        context.thread_type, context.thread_count = "FRAME", threads
        context.width, context.height, context.pix_fmt = picture.width, picture.height, picture.format.name
        context.time_base = self._times.time_base
        context.framerate = self._rate()
        context.color_range, context.colorspace = picture.color_range, picture.colorspace
        context.color_primaries, context.color_trc = picture.color_primaries, picture.color_trc
        self._stream = stream
        self._filter = BitStreamFilterContext(f"filter_units=remove_types={_SEI_NAL}", "h264")
        return stream

    def _rate(self) -> Fraction:
        """The usual rate, which x264 needs for its rate control only."""
        return Fraction(1) / (self._times.time_base * int(np.median(self._times.duration)))

    def _mux(self, packets: Sequence[Packet[VideoStream] | None]) -> None:
        assert self._filter is not None
        assert self._stream is not None
        for packet in packets:
            for clean in self._filter.filter(packet):
                clean.stream = self._stream
                self._container.mux(clean)

    def finish(self) -> None:
        """Flush the encoder and write the index; raises Refused where nothing, or not everything, was written."""
        if self._stream is None:
            raise Refused("nothing_left", "Nothing of this session's video is left after its cuts.")
        if self._written != len(self._times.pts):
            raise Refused("frames_missing", f"{len(self._times.pts) - self._written} frames were never decoded.")
        self._mux(self._stream.encode(None))
        self._mux([None])
        self._container.close()

    def abandon(self) -> None:
        """Let go of what was begun."""
        try:
            self._container.close()
        except (OSError, ValueError):
            # The file is thrown away; what its trailer would have said does not matter.
            return


class VideoEncoder(PictureEncoder):
    """To one new file. A context manager: leaving it by an error leaves no claim."""

    def __init__(
        self, path: Path, recipe: VideoRecipe, times: OutputTimes, edges: frozenset[int], masks: FrameMasks
    ) -> None:
        self._path = path
        # libav writes through this file, so that the disk's refusals are ours to name and the file can be synced.
        self._file = open(path, "xb")  # noqa: SIM115 (closed by __exit__)
        super().__init__(self._file, recipe, times, edges, masks)

    def finish(self) -> None:
        """As `PictureEncoder.finish`, and make the file durable."""
        super().finish()
        self._file.flush()
        os.fsync(self._file.fileno())

    def encoded(self) -> EncodedVideo:
        """Facts of the finished file, read back from it."""
        with open(self._path, "rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        with av.open(str(self._path), options={"ignore_editlist": "1"}) as container:
            stream = container.streams.video[0]
            packets = sorted((p.pts, p.duration, p.is_keyframe) for p in container.demux(stream) if p.pts is not None)
            time_base = str(stream.time_base)
            width, height = stream.codec_context.width, stream.codec_context.height
        frames = tuple(
            (pts, t_ns, int(duration or 0), key)
            for (pts, duration, key), (_, t_ns) in zip(packets, self._source, strict=True)
        )
        return EncodedVideo(self._path, CODEC, width, height, time_base, sha256, frames)

    def __enter__(self) -> VideoEncoder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.finish()
            else:
                self.abandon()
        finally:
            self._file.close()
