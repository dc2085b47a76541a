"""Pictures with odd sides and 4:2:0 coding, which knows even ones only: padded going in, cropped coming out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane


def even(picture: VideoFrame) -> VideoFrame:
    """A planar picture of 8 bits with even sides: the last column or row is repeated where a side is odd."""
    width, height = picture.width + picture.width % 2, picture.height + picture.height % 2
    if (width, height) == (picture.width, picture.height):
        return picture
    out = VideoFrame(width, height, picture.format.name)
    for source, target in zip(picture.planes, out.planes, strict=True):
        pad = ((0, target.height - source.height), (0, target.width - source.width))
        _samples(target)[:] = np.pad(_samples(source), pad, mode="edge")
    out.color_range, out.colorspace = picture.color_range, picture.colorspace
    return out


def cropped(picture: VideoFrame, size: tuple[int, int] | None) -> VideoFrame:
    """The upper left `size` of a planar picture of 8 bits."""
    if size is None or size == (picture.width, picture.height):
        return picture
    out = VideoFrame(*size, picture.format.name)
    for source, target in zip(picture.planes, out.planes, strict=True):
        _samples(target)[:] = _samples(source)[: target.height, : target.width]
    out.pts = picture.pts
    out.color_range, out.colorspace = picture.color_range, picture.colorspace
    return out


def _samples(plane: VideoPlane) -> npt.NDArray[np.uint8]:
    """The samples of a plane, shape (height, width), without what pads its lines."""
    lines = np.frombuffer(memoryview(plane), np.uint8)[: plane.line_size * plane.height]
    return lines.reshape(plane.height, plane.line_size)[:, : plane.width]
