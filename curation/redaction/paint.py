"""Paints masks into pictures: solid fill, straight into the planes, never through RGB."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace

from curation.redaction.masks import Box

# A neutral dark grey in either range. Solid only: blur and mosaic of text can be undone.
FILL_LUMA: Final = 40
FILL_CHROMA: Final = 128
FILL_RGB: Final = 28
_PLANAR: Final = frozenset({"yuv420p", "yuvj420p"})


def planar(picture: VideoFrame) -> VideoFrame:
    """The picture as planar YUV 4:2:0, 8 bits, range and matrix kept; RGB becomes BT.709, limited range."""
    name = picture.format.name
    if name in _PLANAR:
        return picture
    if picture.format.is_rgb or name.startswith(("pal", "gray", "mono")):
        out = picture.reformat(
            format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG, threads=1
        )
        out.colorspace, out.color_range = Colorspace.ITU709, ColorRange.MPEG
    else:
        out = picture.reformat(format="yuvj420p" if name.startswith("yuvj") else "yuv420p", threads=1)
    return out


def painted(picture: VideoFrame, boxes: Sequence[Box]) -> VideoFrame:
    """`picture` (planar) with every box filled; the decoder still refers to its planes, so they are copied first."""
    if not boxes:
        return picture
    picture.make_writable()
    for plane, shift, value in zip(picture.planes, (0, 1, 1), (FILL_LUMA, FILL_CHROMA, FILL_CHROMA), strict=True):
        rows = np.frombuffer(memoryview(plane), np.uint8)
        rows = rows[: plane.line_size * plane.height].reshape(plane.height, plane.line_size)
        for b in boxes:
            # Outward: a chroma sample belongs to the mask when any of its pixels does.
            rows[b.y0 >> shift : -(-b.y1 >> shift), b.x0 >> shift : -(-b.x1 >> shift)] = value
    return picture
