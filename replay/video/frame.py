"""Pixels: from a decoded picture to the exact bytes that are shown, hashed and exported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from av.error import FFmpegError
from av.video.frame import VideoFrame

from replay.errors import BadInput
from replay.timebase import TimeNs

Pixels: TypeAlias = npt.NDArray[np.uint8]
Size: TypeAlias = tuple[int, int]

_SAME_EITHER_WAY: Final = frozenset({"yuv420p", "yuvj420p"})


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture ready to paint, of frame `index`. `bgra` is uint8, C-contiguous, alpha 255, read-only; on a
    little-endian machine that is Qt's RGB32. Its shape is (height, width, 4), but for a preview: that one is lossy,
    may have fewer pixels than the `width` × `height` it stands for, and only a person's eyes get it."""

    index: int
    t_ns: TimeNs
    width: int
    height: int
    bgra: Pixels
    is_preview: bool = False

    @property
    def nbytes(self) -> int:
        return self.bgra.nbytes


def rgb24(picture: VideoFrame) -> Pixels:
    """The picture as packed RGB, shape (height, width, 3), read-only: what a plain decode with PyAV gives.

    Raises BadInput `frame_unpaintable`, as everything here that makes pixels.
    """
    return _pixels(_converted(picture, "rgb24"), 3)


def bgra(picture: VideoFrame) -> Pixels:
    """The picture as BGRA, shape (height, width, 4), read-only: the channels of `rgb24` and alpha 255."""
    even = picture.width % 4 == 0 and picture.height % 2 == 0
    if picture.format.name in _SAME_EITHER_WAY and even:
        return _pixels(_converted(picture, "bgra"), 4)
    # Elsewhere libswscale's own BGRA differs from its RGB, and leaves the last columns of some widths unwritten.
    return _pixels(_converted(_converted(picture, "rgb24"), "bgra"), 4)


def _converted(picture: VideoFrame, pixel_format: str) -> VideoFrame:
    try:
        # One thread: with several, libswscale's slice borders differ from run to run at odd widths.
        return picture.reformat(format=pixel_format, threads=1)
    except (FFmpegError, ValueError) as e:
        raise BadInput(
            "frame_unpaintable",
            "A frame of the video is stored in colours that cannot be shown.",
            "Import the session's video in another pixel format.",
        ) from e


def _pixels(converted: VideoFrame, channels: int) -> Pixels:
    plane = converted.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    used = rows[: converted.height, : converted.width * channels]
    out = np.ascontiguousarray(used).reshape(converted.height, converted.width, channels)
    out.flags.writeable = False
    return out


def frame_from(picture: VideoFrame, index: int, t_ns: TimeNs) -> Frame:
    """The paintable frame of a decoded picture; takes one to four milliseconds at 1080p."""
    pixels = bgra(picture)
    return Frame(index, t_ns, pixels.shape[1], pixels.shape[0], pixels)


def preview_from(picture: VideoFrame, index: int, t_ns: TimeNs, size: Size, crop: Size | None = None) -> Frame:
    """A preview of a frame of `size` (width, height) px; `crop` is the upper left part of `picture` that is picture."""
    pixels = bgra(picture)
    if crop is not None and crop != (picture.width, picture.height):
        pixels = np.ascontiguousarray(pixels[: crop[1], : crop[0]])
        pixels.flags.writeable = False
    return Frame(index, t_ns, *size, pixels, is_preview=True)


def picture_bytes(picture: VideoFrame) -> int:
    """Memory a decoded picture holds."""
    return sum(plane.buffer_size for plane in picture.planes)
