"""What keeps the GUI thread free: things that lag behind the playhead, pictures scaled once, and who measures it."""

from __future__ import annotations

import time

from PySide6.QtCore import QRectF, QSize, QTimer
from PySide6.QtGui import QColor, QImage

from app.throttle import Throttle
from bench._gui_recorder import Recorder
from bench.gui_latency import chart, results
from widgets.laid_picture import LaidPicture


def test_of_many_calls_the_first_and_the_last_are_carried_out(dressed, qtbot):
    now, done = [0], []
    throttle = Throttle(60, lambda: done.append(now[0]))
    for now[0] in range(1, 30):
        throttle.call()
    assert done == [1]
    qtbot.waitUntil(lambda: len(done) == 2)
    assert done == [1, 29]
    qtbot.wait(150)
    assert done == [1, 29]


def test_what_is_forgotten_is_not_caught_up(dressed, qtbot):
    done = []
    throttle = Throttle(30, lambda: done.append(1))
    throttle.call()
    throttle.call()
    throttle.forget()
    qtbot.wait(100)
    assert done == [1]


def filled(red: int) -> QImage:
    image = QImage(8, 8, QImage.Format.Format_RGB32)
    image.fill(QColor(red, 0, 0))
    return image


def laid(picture: LaidPicture, source: QImage, size: QSize = QSize(40, 20)) -> int:  # noqa: B008 - a value
    image = picture.laid(source, QRectF(10, 0, 20, 20), size, 1.0, QColor(0, 0, 99), smooth=True)
    assert QColor(image.pixel(2, 2)).blue() == 99
    return QColor(image.pixel(20, 10)).red()


def test_a_picture_is_laid_out_anew_only_where_it_changed(dressed):
    picture = LaidPicture()
    assert laid(picture, filled(200)) == 200
    assert laid(picture, filled(50)) == 200  # nobody said that it changed
    picture.changed()
    assert laid(picture, filled(50)) == 50
    assert laid(picture, filled(80), QSize(60, 30)) == 80  # another size
    picture.clear()
    assert laid(picture, filled(10), QSize(60, 30)) == 10


def test_a_slot_that_takes_long_is_recorded_with_its_phase_and_its_event(dressed, qtbot):
    recorder = Recorder(dressed)
    recorder.start()
    try:
        recorder.phase = "slow"
        QTimer.singleShot(20, lambda: time.sleep(0.08))
        qtbot.wait(200)
    finally:
        recorder.stop()
    worst = max(recorder.turns, key=lambda t: t.wall_ms)
    assert worst.phase == "slow"
    assert worst.wall_ms > 75
    assert worst.cpu_ms < worst.wall_ms / 2
    assert worst.events
    turns = [t.as_json() for t in recorder.turns]
    rows = {r.name: r for r in results(turns)}
    assert rows["gui.slow.longest"].ours == worst.wall_ms
    assert rows["gui.slow.turn_p99"].met is (rows["gui.slow.turn_p99"].ours <= 16)
    assert chart(turns).size == (1600, 520)
