"""Where the video shows a point of the screen, as displays turn, scale, move and change size while it runs."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from replay.capture_map import capture_map_at
from replay.geometry import Display, FrameFromCapture, Geometry, Rect
from replay.importers.display_problems import display_problems
from replay.video.decoder import GopDecoder
from replay.video.frame import frame_from
from replay.video.index import build_frame_table
from tests.videos import numbered_picture

PORTRAIT = Rect(100, 0, 1080, 1920)
LANDSCAPE = Rect(0, 0, 1920, 1080)
HD = (1920, 1080)


def map_of(display: Display, size: tuple[int, int] = HD) -> FrameFromCapture:
    found = Geometry([display], size).frame_from_capture(0)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("rotation", "rect", "corner", "right_of_it", "below_it"),
    [
        (0, LANDSCAPE, (0, 0), (100, 0), (0, 100)),
        (90, PORTRAIT, (1920, 0), (1920, 100), (1820, 0)),
        (180, LANDSCAPE, (1920, 1080), (1820, 1080), (1920, 980)),
        (270, PORTRAIT, (0, 1080), (0, 980), (100, 1080)),
        (-90, PORTRAIT, (0, 1080), (0, 980), (100, 1080)),
    ],
)
def test_a_display_that_the_video_shows_turned_has_its_corner_where_the_turn_puts_it(
    rotation: float,
    rect: Rect,
    corner: tuple[float, float],
    right_of_it: tuple[float, float],
    below_it: tuple[float, float],
) -> None:
    found = map_of(Display(0, "d", rect, rotation=rotation, is_main=True, capture_rect=rect))
    assert found.point(rect.x, rect.y) == pytest.approx(corner)
    assert found.point(rect.x + 100, rect.y) == pytest.approx(right_of_it)
    assert found.point(rect.x, rect.y + 100) == pytest.approx(below_it)


def test_a_monitor_that_stands_upright_but_is_said_to_be_turned_is_told_by_its_shape() -> None:
    found = map_of(Display(0, "d", PORTRAIT, rotation=90, is_main=True, capture_rect=PORTRAIT), (1080, 1920))
    assert found.turn == 0
    assert found.point(PORTRAIT.x + 10, PORTRAIT.y + 20) == pytest.approx((10, 20))


@given(
    turn=st.integers(0, 3), x=st.floats(-3000, 3000), y=st.floats(-3000, 3000), w=st.floats(1, 900), h=st.floats(1, 900)
)
def test_every_map_leads_back_and_keeps_rectangles_rectangles(
    turn: int, x: float, y: float, w: float, h: float
) -> None:
    m = FrameFromCapture(Rect(-200, 50, 1600, 1000), Rect(30, 40, 800, 600), turn)
    assert m.back(*m.point(x, y)) == pytest.approx((x, y), abs=1e-6)
    shown = m.rect(Rect(x, y, w, h))
    corners = [m.point(a, b) for a in (x, x + w) for b in (y, y + h)]
    assert (shown.x, shown.y) == pytest.approx((min(c[0] for c in corners), min(c[1] for c in corners)), abs=1e-6)
    assert (shown.right, shown.bottom) == pytest.approx((max(c[0] for c in corners), max(c[1] for c in corners)))


def test_two_displays_of_different_scale_side_by_side_each_go_by_their_own_map() -> None:
    left = Display(0, "l", Rect(0, 0, 2560, 1440), 1.0, is_main=True, capture_rect=Rect(0, 0, 2560, 1440),
                   frame_rect=Rect(0, 0, 1280, 720))  # fmt: skip
    right = Display(0, "r", Rect(2560, 0, 3840, 2160), 2.0, capture_rect=Rect(2560, 0, 3840, 2160),
                    frame_rect=Rect(1280, 0, 640, 360))  # fmt: skip
    geometry = Geometry([left, right], (1920, 720))
    found = capture_map_at(geometry, 0)
    assert found is not None
    x, y = found.points(np.array([256.0, 2560 + 384.0]), np.array([144.0, 216.0]))
    assert list(zip(x.tolist(), y.tolist(), strict=True)) == [(128, 72), (1344, 36)]
    assert found.back(1344, 36) == pytest.approx((2944, 216))
    assert found.back(1500, 700) is None


def test_a_change_of_resolution_moves_positions_from_its_moment_on() -> None:
    whole, half = Rect(0, 0, 1920, 1080), Rect(0, 0, 1280, 720)
    before = Display(0, "d", whole, is_main=True, capture_rect=whole)
    boxed = Display(5_000, "d", half, is_main=True, capture_rect=half, frame_rect=Rect(320, 180, 1280, 720))
    region = Display(9_000, "d", half, is_main=True, capture_rect=Rect(640, 360, 640, 360))
    geometry = Geometry([before, boxed, region], HD)
    places = []
    for t_ns in (-1, 0, 4_999, 5_000, 8_999, 9_000):
        found = geometry.frame_from_capture(t_ns)
        assert found is not None
        places.append(found.point(640, 360))
    assert places == [(640, 360)] * 3 + [(960, 540)] * 2 + [(0, 0)]


def test_a_place_in_frames_of_another_size_is_one_in_the_declared_size() -> None:
    small = Display(7, "d", LANDSCAPE, is_main=True, capture_rect=LANDSCAPE, frame_rect=Rect(0, 45, 640, 270),
                    frame_size=(640, 360))  # fmt: skip
    assert map_of(small, (1280, 720)).frame_rect == Rect(0, 90, 1280, 540)


def test_what_displays_cannot_be_is_said() -> None:
    odd = Display(0, "a", LANDSCAPE, rotation=45.0, is_main=True, capture_rect=LANDSCAPE)
    stands = Display(1, "b", PORTRAIT, rotation=90, capture_rect=PORTRAIT, frame_rect=Rect(1900, 0, 540, 960))
    codes = [p.code for p in display_problems(Geometry([odd, stands], HD))]
    assert codes == [
        "display_rotation_odd", "display_shown_upright", "display_beyond_picture", "displays_share_picture",
    ]  # fmt: skip
    assert list(display_problems(Geometry([Display(0, "a", LANDSCAPE, capture_rect=LANDSCAPE)], HD))) == []


def video_that_changes_size(path: Path) -> Path:
    """VP8 in WebM: 20 frames of 320 × 200, then 20 of 160 × 160, as a recorder writes whose window was resized."""
    with av.open(str(path), "w", format="webm") as container:
        stream = container.add_stream("libvpx", rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 200, "yuv420p"
        count = 0
        for size in ((320, 200), (160, 160)):
            encoder = av.CodecContext.create("libvpx", "w")
            encoder.width, encoder.height, encoder.pix_fmt = *size, "yuv420p"
            encoder.time_base, encoder.framerate = Fraction(1, 10), Fraction(10)
            packets = []
            for number in range(20):
                picture = av.VideoFrame.from_ndarray(numbered_picture(count + number, size), format="rgb24")
                picture.pts = count + number
                packets += encoder.encode(picture)
            packets += encoder.encode(None)
            for packet in packets:
                packet.stream, packet.time_base = stream, encoder.time_base
                container.mux(packet)
            count += 20
    return path


def test_frames_of_another_size_in_the_middle_of_a_video_come_whole_and_in_their_own_size(tmp_path: Path) -> None:
    path = video_that_changes_size(tmp_path / "v.webm")
    with path.open("rb") as file:
        frames = build_frame_table(file, "video")[0]
        decoder = GopDecoder(file, frames)
        sizes = []
        for index in (0, 19, 20, 39, 5, 30):
            frame = frame_from(decoder.picture(index), index, 0)
            assert frame.bgra.shape[:2] == (frame.height, frame.width)
            sizes.append((frame.width, frame.height))
        decoder.close()
    assert sizes == [(320, 200), (320, 200), (160, 160), (160, 160), (320, 200), (160, 160)]
