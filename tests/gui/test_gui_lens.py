"""The lens, and pictures of another size than the space of what lies over them."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent

from app.composition import Desktop
from app.driver import Driver
from replay.capture_map import CaptureMap
from replay.geometry import FrameFromCapture, Rect
from replay.overlay import OverlayState, SyncBadge
from widgets.frame_canvas import FrameCanvas
from widgets.magnifier import FACTOR, SIDE_PX, words_of
from widgets.mask_painter import MaskShape, MaskView

WIDTH, HEIGHT = 640, 400


@dataclass(eq=False)
class Picture:
    width: int
    height: int
    bgra: np.ndarray


def chequered(width: int = WIDTH, height: int = HEIGHT) -> Picture:
    """Every pixel tells its place: red is x, green is y (mod 256)."""
    y, x = np.mgrid[0:height, 0:width]
    pixels = np.stack([np.zeros_like(x), y % 256, x % 256, np.full_like(x, 255)], axis=2).astype(np.uint8)
    return Picture(width, height, np.ascontiguousarray(pixels))


@pytest.fixture
def canvas(dressed, qtbot):
    made = FrameCanvas()
    qtbot.addWidget(made)
    made.resize(WIDTH, HEIGHT)
    made.show()
    made.show_frame(chequered())
    return made


def point_at(canvas: FrameCanvas, x: int, y: int) -> None:
    at, none = QPointF(x, y), Qt.MouseButton.NoButton
    move = QMouseEvent(QEvent.Type.MouseMove, at, canvas.mapToGlobal(at), none, none, Qt.KeyboardModifier.NoModifier)
    canvas.mouseMoveEvent(move)


def look(canvas: FrameCanvas, x: int, y: int) -> QImage:
    point_at(canvas, x, y)
    canvas.set_lens(True)
    return canvas.grab().toImage()


def rgb(image: QImage, x: int, y: int) -> tuple[int, int, int]:
    c = QColor(image.pixel(x, y))
    return c.red(), c.green(), c.blue()


def test_the_lens_shows_each_pixel_as_a_square_of_its_own_colour(canvas):
    seen = look(canvas, 200, 150)
    for dx, dy in ((2, 2), (-3, 2), (10, -9)):
        inside = {
            rgb(seen, 200 + dx * FACTOR + i, 150 + dy * FACTOR + j) for i in (-2, -1, 0, 1) for j in (-2, -1, 0, 1)
        }
        assert inside == {((200 + dx) % 256, (150 + dy) % 256, 0)}, (dx, dy)


def test_beyond_the_lens_the_picture_is_as_it_was(canvas):
    assert rgb(look(canvas, 200, 150), 200 + int(SIDE_PX) // 2 + 6, 150) == (
        (200 + int(SIDE_PX) // 2 + 6) % 256,
        150,
        0,
    )


@pytest.mark.parametrize("view", [MaskView.OUTLINE, MaskView.FINAL])
def test_the_lens_shows_nothing_under_a_mask(canvas, view):
    canvas.set_mask_view(view)
    hidden = Rect(180, 130, 40, 40)
    canvas.show_overlay(None, (MaskShape("m", hidden), MaskShape("burned-0", Rect(176, 128, 48, 48), burned=True)), "")
    seen = look(canvas, 200, 150)
    half = int(SIDE_PX) // 2 - 4
    shown = {rgb(seen, 200 + x, 150 + y) for x in range(-half, half, 3) for y in range(-half, half, 3)}
    for red, green, blue in shown:
        under = 176 <= red < 224 and 128 <= green < 176 and blue == 0
        assert not under, (red, green, blue)


def test_the_lens_tells_the_place_in_the_frame_and_on_the_screen(canvas):
    to_frame = CaptureMap((FrameFromCapture(Rect(1000, 0, 1280, 800), Rect(0, 0, 640, 400)),))
    sync = SyncBadge("assumed", 0, 0, 0.0)
    state = OverlayState(0, (640, 400), None, (), None, None, (), None, None, (), sync, to_frame)
    canvas.show_overlay(state, (), "")
    point_at(canvas, 200, 150)
    assert words_of(canvas._lens_over(canvas._image), canvas.view) == "frame 200, 150 · screen 1400, 300"


def test_a_picture_of_another_size_stands_for_the_whole_space_and_keeps_its_shape(canvas):
    canvas.show_extent((WIDTH, HEIGHT))
    tall = chequered(200, 400)
    canvas.show_frame(tall)
    x0, y0 = canvas.view.to_widget(0, 0)
    x1, y1 = canvas.view.to_widget(WIDTH, HEIGHT)
    assert (x1 - x0) / (y1 - y0) == pytest.approx(200 / 400, rel=0.02)
    assert canvas.view.to_frame(*canvas.view.to_widget(320, 100)) == pytest.approx((320, 100))
    at = canvas.view.to_widget(WIDTH / 2, HEIGHT / 4)
    canvas.show_overlay(None, (MaskShape("m", Rect(0, 0, WIDTH, HEIGHT / 4)),), "")
    canvas.set_mask_view(MaskView.FINAL)
    image = canvas.grab().toImage()
    assert rgb(image, round(at[0]), round(at[1]) - 4) == (0, 0, 0)
    assert rgb(image, round(at[0]), round(at[1]) + 4) != (0, 0, 0)


def test_a_change_of_size_keeps_the_zoom_that_a_person_chose(canvas):
    canvas.show_extent((WIDTH, HEIGHT))
    canvas.zoom(2.0)
    scale = canvas.view.scale
    canvas.show_frame(chequered(320, 200))
    assert canvas.view.scale == scale
    canvas.one_to_one()
    assert canvas.view.scale == pytest.approx(0.5 / canvas.devicePixelRatioF())


def test_the_key_is_held_for_the_lens_and_the_action_turns_it_on_and_off(workbench: Desktop, driver: Driver):
    canvas = workbench.workbench.canvas
    driver.run_action("view.magnify", on=True)
    assert canvas.lens
    driver.run_action("view.magnify", on=False)
    assert not canvas.lens
    driver.run_action("view.magnify")
    assert canvas.lens


HIGH_DPI = """
import numpy as np
from app.desktop import make_application
from tests.gui.test_gui_lens import chequered, point_at
from widgets.frame_canvas import FrameCanvas
from widgets.magnifier import FACTOR

app = make_application(["test"])
canvas = FrameCanvas()
canvas.resize(640, 400)
canvas.show()
canvas.show_frame(chequered())
ratio = canvas.devicePixelRatioF()
assert ratio == 2, ratio
canvas.one_to_one()
image = canvas.grab().toImage()
x, y = (round(v * ratio) for v in canvas.view.to_widget(300, 200))
for i in range(40):
    c = image.pixelColor(x + i, y)
    assert (c.red(), c.green()) == ((300 + i) % 256, 200), (i, c.red(), c.green())
canvas.fit()
point_at(canvas, 200, 150)
canvas.set_lens(True)
image = canvas.grab().toImage()
side = int(FACTOR * ratio)
rows = [image.pixelColor(400 + 2 * side + i, 300 + 2 * side).red() for i in range(-40, 40)]
runs = np.diff(np.flatnonzero(np.diff(rows)))
assert set(runs.tolist()) == {side}, runs
print("crisp")
"""


def test_pixels_stay_crisp_at_twice_the_density():
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": "2"}
    done = subprocess.run(
        [sys.executable, "-c", HIGH_DPI], env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip().endswith("crisp"), done.stderr
