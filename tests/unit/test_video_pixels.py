"""Pixels for the screen are the pixels of a plain decode, whatever the size and the format."""

from __future__ import annotations

import numpy as np
import pytest
from av.video.frame import VideoFrame

from replay.video.frame import bgra, frame_from, rgb24

SIZES = [(2, 2), (16, 16), (178, 100), (180, 101), (181, 99), (322, 182), (1026, 64), (1276, 34), (1366, 33), (1920, 8)]
FORMATS = ["yuv420p", "yuvj420p", "yuv422p", "yuv444p", "nv12", "yuv420p10le", "gray", "rgb24", "rgba", "gbrp"]


def noise(size: tuple[int, int], pixel_format: str) -> VideoFrame:
    rng = np.random.default_rng(3)
    frame = VideoFrame(*size, pixel_format)
    top = 4 if "10" in pixel_format else 256  # ten-bit samples: the high byte is 0 to 3
    for plane in frame.planes:
        plane.update(rng.integers(0, top, plane.buffer_size, dtype=np.uint8).tobytes())
    return frame


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("pixel_format", FORMATS)
def test_what_is_shown_is_what_is_exported(size: tuple[int, int], pixel_format: str) -> None:
    picture = noise(size, pixel_format)
    plain = picture.to_ndarray(format="rgb24")
    assert np.array_equal(rgb24(picture), plain)
    shown = bgra(picture)
    assert np.array_equal(shown[..., 2::-1], plain)
    assert (shown[..., 3] == 255).all()
    assert shown.flags.c_contiguous
    assert not shown.flags.writeable


def test_conversion_gives_the_same_bytes_every_time() -> None:
    picture = noise((1276, 718), "yuv420p")
    assert len({rgb24(picture).tobytes() for _ in range(5)} | {rgb24(noise((1276, 718), "yuv420p")).tobytes()}) == 1


def test_a_frame_knows_its_size_and_weight() -> None:
    frame = frame_from(noise((180, 101), "yuv420p"), 7, 233_333_333)
    assert (frame.index, frame.t_ns, frame.width, frame.height) == (7, 233_333_333, 180, 101)
    assert frame.nbytes == 180 * 101 * 4
