"""Opening an untrusted video: which stream is the picture, what it claims to be, and the bounds it must keep.

A file gets no path, no name and no way to another file: containers that point elsewhere (playlists, concat lists) are
refused by format, and every byte comes from the file object that was handed in.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import BinaryIO, Final

import av
import av.error
from av.container import InputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from replay.errors import BadInput

MAX_SIDE: Final = 16_384  # pixels; the widest desktops in use are three 5K displays side by side
MAX_PIXELS: Final = 64 * 1024 * 1024  # a picture of this size is 256 MiB as BGRA
MAX_DURATION_S: Final = 7 * 24 * 3600
MAX_FRAMES: Final = 30_000_000

_FORMATS: Final = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,flv,ivf,h264,hevc,obu"
_CODECS: Final = frozenset(
    {"h264", "hevc", "vp8", "vp9", "av1", "png", "mjpeg", "mpeg4", "ffv1", "qtrle", "utvideo", "huffyuv"}
)
_AV1_DECODERS: Final = frozenset({"libdav1d", "libaom-av1"})
# `max_pixels` reaches the decoders that probing opens, so a lying header or a picture bomb is never allocated.
_OPTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {"format_whitelist": _FORMATS, "protocol_whitelist": "", "max_pixels": str(MAX_PIXELS)}
)
_DECODER_OPTIONS: Final[Mapping[str, str]] = MappingProxyType({"max_pixels": str(MAX_PIXELS)})
_READ_BYTES: Final = 128 * 1024


class _Source:
    """The file object as libav sees it: nameless, read-only, and never closed by libav."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def read(self, size: int) -> bytes:
        return self._file.read(size)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        # A damaged container asks for offsets before the file; that is its defect, not the disk's.
        if whence == os.SEEK_SET and offset < 0:
            return -1
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()


@dataclass(frozen=True, slots=True)
class OpenVideo:
    """A container opened on one file object, and its picture stream with a single-threaded, bounded decoder."""

    container: InputContainer
    stream: VideoStream

    @property
    def context(self) -> VideoCodecContext:
        return self.stream.codec_context

    def close(self) -> None:
        self.container.close()


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """What a video file is, after its packets were read; sizes in pixels.

    `time_base` is a fraction in seconds ("1/15360"); `hidden_frames` are in the file but outside its edit list;
    `other_streams` names the kinds of the streams that are not the picture; `verified` is "ends" where the frame table
    was checked against decoded pictures at both ends, "all" where it was made from a full decode.
    """

    codec: str
    width: int
    height: int
    pix_fmt: str
    time_base: str
    container: str
    frames: int
    hidden_frames: int
    other_streams: tuple[str, ...]
    verified: str


def unreadable(why: str) -> BadInput:
    return BadInput("video_unreadable", f"The video cannot be read: {why}.", "Export it again from the recorder.")


def codec_name(stream: VideoStream) -> str:
    """The format's name, whichever decoder stands behind it: "h264", "hevc", "vp8", "vp9", "av1", "png", …"""
    name = stream.codec_context.name
    return "av1" if name in _AV1_DECODERS else name


def _picture_stream(container: InputContainer) -> VideoStream:
    for stream in container.streams.video:
        if not stream.disposition & av.stream.Disposition.attached_pic:
            return stream
    raise unreadable("it holds no picture stream")


def _check(stream: VideoStream) -> None:
    if codec_name(stream) not in _CODECS:
        raise BadInput(
            "video_codec_unknown",
            f"The video is coded as “{codec_name(stream)[:24]}”, which is not read here.",
            "Convert it to H.264, HEVC, VP9 or AV1.",
        )
    width, height = stream.codec_context.width, stream.codec_context.height
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE and width * height <= MAX_PIXELS):
        raise BadInput(
            "video_dimensions",
            f"The video says it is {width} × {height} pixels, which no capture of a desktop is.",
            f"At most {MAX_SIDE} a side and {MAX_PIXELS // 2**20} million pixels are read.",
        )


def open_video(file: BinaryIO) -> OpenVideo:
    """Open the picture stream of a video; the caller closes what is returned and keeps `file`.

    Raises BadInput: `video_unreadable`, `video_codec_unknown`, `video_dimensions`.
    """
    if file.seek(0, os.SEEK_END) == 0:
        raise unreadable("the file is empty")
    file.seek(0)
    try:
        container = av.open(
            _Source(file), mode="r", options=dict(_OPTIONS), metadata_errors="ignore", buffer_size=_READ_BYTES
        )
    except av.error.FFmpegError as e:
        raise unreadable("it is no video file, or its index is missing") from e
    try:
        stream = _picture_stream(container)
        _check(stream)
    except BadInput:
        container.close()
        raise
    stream.codec_context.options = dict(_DECODER_OPTIONS)
    stream.thread_type = "NONE"
    stream.codec_context.thread_count = 1
    return OpenVideo(container, stream)


@contextmanager
def opened(file: BinaryIO) -> Iterator[OpenVideo]:
    """`open_video` for the length of a `with` block."""
    video = open_video(file)
    try:
        yield video
    finally:
        video.close()
