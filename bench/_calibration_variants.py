"""The same recording as other recorders would have left it: cut, scaled, cropped, letterboxed, thinned, stretched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame

from replay.video.decoder import iter_pictures
from replay.video.frame_table import FrameTable

Luma = npt.NDArray[np.uint8]
_TICK: Final = Fraction(1, 15360)


@dataclass(frozen=True)
class Variant:
    """`shape` makes the new picture, `keeps` says which frames stay: (index, changed share since the last kept one).

    `scale` is frame px a px of the original frame, per axis.
    """

    shape: Callable[[VideoFrame], VideoFrame]
    keeps: Callable[[int, float], bool] = lambda _index, _changed: True
    scale: tuple[float, float] = (1.0, 1.0)
    first: int = 0


def _gray(picture: VideoFrame) -> VideoFrame:
    return picture.reformat(format="yuv420p")


def _scaled(width: int, height: int) -> Callable[[VideoFrame], VideoFrame]:
    return lambda picture: picture.reformat(width=width, height=height, format="yuv420p")


def _cropped(x: int, y: int, width: int, height: int) -> Callable[[VideoFrame], VideoFrame]:
    def crop(picture: VideoFrame) -> VideoFrame:
        luma = _luma(picture)[y : y + height, x : x + width]
        return VideoFrame.from_ndarray(np.ascontiguousarray(luma), format="gray").reformat(format="yuv420p")

    return crop


def _boxed(bar: int) -> Callable[[VideoFrame], VideoFrame]:
    def box(picture: VideoFrame) -> VideoFrame:
        luma = np.pad(_luma(picture), ((bar, bar), (0, 0)), constant_values=16)
        return VideoFrame.from_ndarray(luma, format="gray").reformat(format="yuv420p")

    return box


VARIANTS: Final[Mapping[str, Variant]] = {
    "cut: from 30 s on": Variant(_gray, first=900),
    "scaled to 640 × 360": Variant(_scaled(640, 360), scale=(640 / 1276, 360 / 718)),
    "cropped to 900 × 600": Variant(_cropped(300, 80, 900, 600)),
    "letterboxed by 74 px": Variant(_boxed(74)),
    "variable rate (still frames dropped)": Variant(_gray, lambda index, changed: changed > 0 or index % 30 == 0),
    "15 fps": Variant(_gray, lambda index, _: index % 2 == 0),
    "10 fps": Variant(_gray, lambda index, _: index % 3 == 0),
    "5 fps": Variant(_gray, lambda index, _: index % 6 == 0),
    "stretched to 640 × 480": Variant(_scaled(640, 480), scale=(640 / 1276, 480 / 718)),
}


def write(source: Path, frames: FrameTable, target: Path, variant: Variant) -> float:
    """Encode the variant of `source`; the time of its first frame in the original, seconds."""
    first_ns = int(frames.t_ns[variant.first])
    last: Luma | None = None
    with source.open("rb") as file, av.open(str(target), "w", format="matroska") as out:
        stream = None
        for index, picture in iter_pictures(file, frames):
            luma = _luma(picture)
            changed = 1.0 if last is None else float((np.maximum(luma, last) - np.minimum(luma, last) > 12).mean())
            if index < variant.first or not variant.keeps(index, changed):
                continue
            last = luma.copy()
            made = variant.shape(picture)
            if stream is None:
                stream = out.add_stream("libx264", rate=30, options={"preset": "ultrafast", "crf": "23"})
                stream.width, stream.height, stream.pix_fmt = made.width, made.height, "yuv420p"
                stream.codec_context.time_base = _TICK
                stream.codec_context.gop_size = 250
            made.pts, made.time_base = round((int(frames.t_ns[index]) - first_ns) * _TICK.denominator / 1e9), _TICK
            out.mux(stream.encode(made))
        assert stream is not None
        out.mux(stream.encode(None))
    return first_ns / 1e9


def _luma(picture: VideoFrame) -> Luma:
    plane = picture.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8)[: plane.line_size * picture.height]
    return rows.reshape(picture.height, plane.line_size)[:, : picture.width]
