"""The frame canvas: pixels, zoom, pan, and rectangles that are wished for exactly once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtTest import QTest

from replay.geometry import Rect
from widgets.canvas_view import CanvasView, Shape
from widgets.frame_canvas import FrameCanvas
from widgets.mask_painter import MaskShape, MaskView
from widgets.panel_state import PanelState
from widgets.rect_tool import Grip, RectDrag, grip_at, whole_pixels

WIDTH, HEIGHT = 400, 240
BUTTON = Qt.MouseButton.LeftButton


@dataclass(eq=False)
class Picture:
    width: int
    height: int
    bgra: np.ndarray


def picture(blue: int = 10, green: int = 20, red: int = 200) -> Picture:
    pixels = np.empty((HEIGHT, WIDTH, 4), np.uint8)
    pixels[:] = (blue, green, red, 255)
    pixels.flags.writeable = False
    return Picture(WIDTH, HEIGHT, pixels)


@pytest.fixture
def canvas(dressed, qtbot):
    made = FrameCanvas()
    qtbot.addWidget(made)
    made.resize(WIDTH, HEIGHT)
    made.show()
    made.show_frame(picture())
    return made


def color_at(canvas: FrameCanvas, x: int, y: int) -> tuple[int, int, int]:
    c = QColor(canvas.grab().toImage().pixel(x, y))
    return c.red(), c.green(), c.blue()


def drag(canvas: FrameCanvas, start: tuple[int, int], end: tuple[int, int], button=BUTTON) -> None:
    QTest.mousePress(canvas, button, pos=QPoint(*start))
    QTest.mouseMove(canvas, QPoint((start[0] + end[0]) // 2, (start[1] + end[1]) // 2))
    QTest.mouseMove(canvas, QPoint(*end))
    QTest.mouseRelease(canvas, button, pos=QPoint(*end))


def wheel(canvas: FrameCanvas, at: tuple[int, int], notches: int) -> None:
    position = QPointF(*at)
    event = QWheelEvent(
        position, canvas.mapToGlobal(position), QPoint(), QPoint(0, 120 * notches), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    canvas.wheelEvent(event)


def test_a_frame_is_painted_with_its_own_pixels(canvas):
    assert color_at(canvas, 200, 60) == (200, 20, 10)


def test_the_last_good_picture_stays_while_another_is_loading(canvas):
    canvas.show_note("Decoding frame 7…")
    assert color_at(canvas, 200, 120) == (200, 20, 10)


def test_an_error_takes_the_place_of_the_picture(canvas):
    canvas.show_state(PanelState.error("The video cannot be read.", "Import it again."))
    assert color_at(canvas, 5, 5) != (200, 20, 10)
    assert canvas.frame_size is None


def test_the_wheel_zooms_at_the_pointer(canvas):
    before = canvas.view.to_frame(300, 50)
    wheel(canvas, (300, 50), 3)
    after = canvas.view.to_frame(300, 50)
    assert canvas.view.scale == pytest.approx(1.2**3)
    assert after == pytest.approx(before)


def test_the_middle_button_pans_and_a_double_click_fits_again(canvas):
    drag(canvas, (100, 100), (150, 120), Qt.MouseButton.MiddleButton)
    assert canvas.view.to_widget(0, 0) == (50, 20)
    QTest.mouseDClick(canvas, BUTTON, pos=QPoint(50, 50))
    assert canvas.view == Shape((WIDTH, HEIGHT), (WIDTH, HEIGHT)).fitted((WIDTH, HEIGHT))


def test_space_makes_the_left_button_pan(canvas):
    canvas.hold_space(True)
    drag(canvas, (100, 100), (130, 100))
    assert canvas.view.to_widget(0, 0) == (30, 0)


def test_one_to_one_is_one_frame_pixel_a_device_pixel(canvas):
    canvas.resize(200, 200)
    canvas.one_to_one()
    assert canvas.view.scale * canvas.devicePixelRatioF() == 1


def test_a_drawn_rectangle_is_wished_for_once_in_whole_frame_pixels(canvas):
    drawn: list[Rect] = []
    canvas.rect_drawn.connect(drawn.append)
    canvas.set_drawing(True)
    drag(canvas, (40, 30), (140, 90))
    assert drawn == [Rect(40, 30, 100, 60)]


def test_a_click_draws_nothing(canvas):
    drawn: list[Rect] = []
    canvas.rect_drawn.connect(drawn.append)
    canvas.set_drawing(True)
    drag(canvas, (40, 30), (41, 31))
    assert drawn == []


def test_escape_abandons_a_drag(canvas):
    drawn: list[Rect] = []
    canvas.rect_drawn.connect(drawn.append)
    canvas.set_drawing(True)
    QTest.mousePress(canvas, BUTTON, pos=QPoint(40, 30))
    QTest.mouseMove(canvas, QPoint(140, 90))
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    QTest.mouseRelease(canvas, BUTTON, pos=QPoint(140, 90))
    assert drawn == []


def test_escape_leaves_the_drawing_and_says_so(canvas):
    said: list[bool] = []
    canvas.drawing_changed.connect(said.append)
    canvas.set_drawing(True)
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert said == [True, False]


def test_a_mask_is_previewed_while_dragged_and_moved_once(canvas):
    moved: list[tuple[str, Rect]] = []
    canvas.mask_moved.connect(moved.append)
    canvas.set_mask_view(MaskView.FINAL)
    canvas.show_overlay(None, (MaskShape("m", Rect(20, 20, 80, 40), selected=True),), "")
    QTest.mousePress(canvas, BUTTON, pos=QPoint(60, 40))
    QTest.mouseMove(canvas, QPoint(160, 140))
    assert color_at(canvas, 160, 130) == (0, 0, 0)
    assert moved == []
    QTest.mouseRelease(canvas, BUTTON, pos=QPoint(160, 140))
    assert moved == [("m", Rect(120, 120, 80, 40))]


def test_a_corner_of_the_selected_mask_resizes_it(canvas):
    moved: list[tuple[str, Rect]] = []
    canvas.mask_moved.connect(moved.append)
    canvas.show_overlay(None, (MaskShape("m", Rect(20, 20, 80, 40), selected=True),), "")
    drag(canvas, (100, 60), (150, 90))
    assert moved == [("m", Rect(20, 20, 130, 70))]


def test_masks_are_hidden_outlined_or_solid(canvas):
    canvas.show_overlay(None, (MaskShape("m", Rect(100, 100, 120, 80)),), "")
    seen = {}
    for view in MaskView:
        canvas.set_mask_view(view)
        seen[view] = color_at(canvas, 160, 140)
    assert seen[MaskView.ORIGINAL] == (200, 20, 10)
    assert seen[MaskView.FINAL] == (0, 0, 0)


def test_a_burned_box_cannot_be_picked_up(canvas):
    picked: list[str | None] = []
    canvas.mask_picked.connect(picked.append)
    canvas.show_overlay(None, (MaskShape("b", Rect(100, 100, 120, 80), burned=True),), "")
    QTest.mouseClick(canvas, BUTTON, pos=QPoint(150, 150))
    assert picked == [None]


points = st.floats(-2000, 2000)


@given(x=points, y=points, factor=st.floats(0.1, 10), scale=st.floats(0.05, 20), ox=points, oy=points)
def test_zooming_never_moves_the_point_under_the_pointer(x, y, factor, scale, ox, oy):
    view = CanvasView(scale, ox, oy)
    assert view.zoomed(factor, x, y).to_frame(x, y) == pytest.approx(view.to_frame(x, y), abs=1e-6)


@given(dx=points, dy=points, grip=st.sampled_from(list(Grip)))
def test_a_dragged_rectangle_stays_inside_the_frame(dx, dy, grip):
    bounds = Rect(0, 0, WIDTH, HEIGHT)
    rect = RectDrag(grip, Rect(50, 40, 80, 60), 60, 50).rect_at(60 + dx, 50 + dy, bounds)
    assert rect.w >= 0
    assert rect.h >= 0
    if rect.w and rect.h:
        assert bounds.x <= rect.x <= rect.right <= bounds.right
        assert bounds.y <= rect.y <= rect.bottom <= bounds.bottom


def test_edges_win_over_the_body():
    rect = Rect(10, 10, 100, 50)
    assert grip_at(rect, 10, 30, 4) is Grip.LEFT
    assert grip_at(rect, 110, 60, 4) is Grip.BOTTOM_RIGHT
    assert grip_at(rect, 50, 30, 4) is Grip.MOVE
    assert grip_at(rect, 200, 30, 4) is None


@given(st.floats(-50, 50), st.floats(-50, 50))
def test_moving_a_rectangle_never_changes_its_size(dx, dy):
    start = Rect(100, 80, 288, 145)
    moved = whole_pixels(RectDrag(Grip.MOVE, start, 0, 0, "m").rect_at(dx, dy, Rect(0, 0, 1280, 720)))
    assert (moved.w, moved.h) == (288, 145)
    assert abs(moved.x - start.x - dx) <= 1
    assert abs(moved.y - start.y - dy) <= 1
