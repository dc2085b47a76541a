"""A desktop on which only a cursor moves, encoded, and the path of its pointer."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame

from replay.calibration.values import PointerPath

SIZE = (320, 200)
_CURSOR = (9, 13)  # px


def wandering(seconds: float, seed: int, *, every_s: float = 1.6) -> PointerPath:
    """A pointer that goes to a random place, rests, and goes on; 125 positions a second while it moves; capture px are
    the picture's."""
    rng = np.random.default_rng(seed)
    times, xs, ys = [0.0], [SIZE[0] / 2], [SIZE[1] / 2]
    start = 0.4
    while start < seconds:
        length = float(rng.uniform(0.5, 0.9))
        x, y = rng.uniform(30, SIZE[0] - 30), rng.uniform(30, SIZE[1] - 30)
        part = np.linspace(0, 1, int(length * 125))[1:]
        eased = part * part * (3 - 2 * part)
        x0, y0 = xs[-1], ys[-1]
        bend = rng.uniform(-25, 25) * np.sin(np.pi * part)
        times += list(start + part * length)
        xs += list(x0 + (x - x0) * eased + bend)
        ys += list(y0 + (y - y0) * eased - bend)
        start += float(rng.uniform(0.9, 1.3)) * every_s
    return PointerPath(np.array(times), np.clip(xs, 20, SIZE[0] - 20), np.clip(ys, 20, SIZE[1] - 20))


def encoded(path: Path, pointer: PointerPath, seconds: float, *, fps: int = 30, cursor: bool = True) -> Path:
    """A video of what `pointer` (on the video's own clock) does on a still desktop."""
    width, height = SIZE
    rng = np.random.default_rng(1)
    desktop = np.kron(rng.integers(120, 230, (height // 20, width // 20)), np.ones((20, 20))).astype(np.uint8)
    with av.open(str(path), "w", format="matroska") as out:
        stream = out.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "crf": "20"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 15360)
        stream.codec_context.gop_size = 60
        for index in range(int(seconds * fps)):
            picture = desktop.copy()
            x, y = (int(v[0]) for v in pointer.at(np.array([index / fps])))
            if cursor:
                picture[y : y + _CURSOR[1], x : x + _CURSOR[0]] = 10
            frame = VideoFrame.from_ndarray(picture, format="gray").reformat(format="yuv420p")
            frame.pts, frame.time_base = round(index / fps * 15360), Fraction(1, 15360)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path
