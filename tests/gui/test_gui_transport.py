"""The transport in the window: direction and speed, loops, idle stretches, and going from label to label."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton, QWidget

from replay.errors import Refused
from replay.idle import IdleStretches
from replay.problems import Problem, Severity
from replay.transport import Mode, TransportState
from tests.gui.building import seconds
from widgets.transport_bar import TransportBar, TransportButtons

SHIFT = Qt.KeyboardModifier.ShiftModifier


def press(workbench, key: Qt.Key, modifiers=Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(workbench.workbench.canvas, key, modifiers)
    QTest.keyRelease(workbench.workbench.canvas, Qt.Key.Key_F35)  # no modifier is held any more


def bar_of(width: int, qtbot) -> TransportBar:
    bar = TransportBar(TransportButtons(*[lambda: None] * 7))
    qtbot.addWidget(bar)
    bar.resize(width, 44)
    bar.show()
    bar.set_enabled(True)
    bar.show_state(TransportState(Mode.PAUSED, t_ns=37_354_567_000_000, frame=1_122_630))
    return bar


def test_the_speed_is_shown_with_its_direction(workbench, driver):
    rate = workbench.workbench.transport._rate
    assert rate.currentText() == "1×"
    driver.run_action("play.backward")
    driver.run_action("play.backward")
    assert (workbench.playback.state.rate, rate.currentText()) == (-2.0, "−2×")
    driver.run_action("play.rate", rate=0.1)
    assert rate.currentText() == "0.1×"
    driver.run_action("play.rate", rate=-3.0)
    assert (rate.currentIndex(), rate.placeholderText()) == (-1, "−3×")
    driver.run_action("play.pause")
    assert rate.currentText() == "1×"


def test_a_speed_backwards_can_be_chosen_and_then_played(workbench, driver):
    driver.run_action("seek.end")
    workbench.workbench.transport.rate_requested.emit(-1.0)
    before_ns = workbench.playback.state.t_ns
    driver.run_action("play.toggle")
    driver.wait_until(lambda: workbench.playback.state.t_ns < before_ns - seconds(0.3), 20)
    driver.run_action("play.toggle")
    assert workbench.playback.state.mode is Mode.PAUSED


@pytest.mark.parametrize("width", [380, 400, 460, 520, 600, 700, 800, 1000, 1400])
def test_the_bar_shows_what_fits_and_cuts_nothing_off(dressed, qtbot, width):
    bar = bar_of(width, qtbot)
    qtbot.wait(20)  # the layout takes another turn
    shown = [w for w in bar.findChildren(QWidget) if w.parent() is bar and w.isVisible()]
    assert bar.width() == width
    assert len(shown) >= 5
    for widget in shown:
        assert bar.rect().contains(widget.geometry()), widget.accessibleName()
        assert widget.width() >= min(widget.sizeHint().width(), widget.maximumWidth()), widget.accessibleName()
    ordered = sorted(shown, key=lambda w: w.x())
    assert all(a.geometry().right() < b.geometry().left() for a, b in pairwise(ordered))


def test_in_a_window_of_a_thousand_pixels_speed_and_direction_can_be_seen(workbench, driver, qtbot):
    workbench.window.resize(1000, 700)
    driver.wait_rest()
    bar = workbench.workbench.transport
    assert workbench.window.width() == 1000
    assert bar._rate.isVisible()
    assert bar.rect().contains(bar._rate.geometry())


def test_loop_and_idle_buttons_show_what_is_on(workbench, driver):
    bar = workbench.workbench.transport
    buttons = {b.accessibleName().split(" (")[0]: b for b in bar.findChildren(QToolButton)}
    loop, skip = buttons["Loop between in and out"], buttons["Skip idle stretches"]
    press(workbench, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    press(workbench, Qt.Key.Key_L, SHIFT)
    assert (loop.isChecked(), skip.isChecked()) == (True, True)
    loop.click()
    skip.click()
    assert (loop.isChecked(), skip.isChecked()) == (False, False)
    assert not workbench.playback.state.looping
    assert not workbench.playback.state.skips_idle


def test_playing_over_an_idle_stretch_says_what_it_left_out_while_pictures_go_on(workbench, driver, monkeypatch):
    playback, canvas, now_ns = workbench.playback, workbench.workbench.canvas, [0]
    monkeypatch.setattr(playback, "_now_ns", lambda: now_ns[0])  # the machine's own clock may leap
    workbench.stage._notes._timer.setInterval(600_000)  # on a busy machine three pictures may take longer than a note
    stretch = IdleStretches(np.array([seconds(0.3)]), np.array([seconds(3.1)]))
    playback.replace_moments(np.zeros(0, np.int64), stretch)
    driver.run_action("play.skip_idle", on=True)
    driver.run_action("play.toggle")
    now_ns[0] = seconds(0.4)
    driver.wait_until(lambda: playback.state.t_ns >= seconds(3.1), 20)
    assert playback.state.t_ns == seconds(3.1)
    assert canvas._note == "Skipped 2.7 s"
    for at_s in (0.45, 0.5, 0.55):
        now_ns[0] = seconds(at_s)
        driver.wait_until(lambda: playback.state.t_ns == seconds(3.1) + now_ns[0] - seconds(0.4), 20)
        driver.wait_until(lambda: playback.settled, 20)
        assert canvas._note == "Skipped 2.7 s"
    driver.run_action("play.pause")


def test_what_is_idle_is_known_once_a_session_is_open(workbench):
    loaded = workbench.stage._loaded
    assert len(loaded.idle) == 0  # four seconds full of typing
    assert loaded.idle.ends_ns.dtype == np.int64


def test_page_keys_go_from_label_to_label(workbench, driver):
    for start_s in (0.5, 2.0, 1.2):
        driver.run_action("label.add", start_ns=seconds(start_s), end_ns=seconds(start_s + 0.4))
    driver.run_action("seek.start")
    places = []
    for key in (Qt.Key.Key_PageDown, Qt.Key.Key_PageDown, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp):
        press(workbench, key)
        places.append(workbench.playback.state.t_ns)
        assert workbench.edits.selected_item.range.start_ns == places[-1]
    assert places == [seconds(0.5), seconds(1.2), seconds(2.0), seconds(1.2)]
    driver.run_action("label.next")
    with pytest.raises(Refused, match="no further label"):
        driver.run_action("label.next")
    assert workbench.playback.state.t_ns == seconds(2.0)


def test_without_labels_it_is_said(workbench, driver):
    press(workbench, Qt.Key.Key_PageDown)
    assert workbench.workbench.canvas._note == "Nothing is labelled yet."


def test_problems_are_gone_to_and_said(workbench, driver):
    session = workbench.stage.session
    problem = Problem("video_frozen", Severity.WARNING, "The picture stood still.", t_ns=seconds(1.5))
    workbench.edits.replace_session(replace(session, problems=(problem,)))
    press(workbench, Qt.Key.Key_PageDown, SHIFT)
    assert workbench.playback.state.t_ns == seconds(1.5)
    assert workbench.workbench.canvas._note == problem.sentence
    press(workbench, Qt.Key.Key_PageUp, SHIFT)
    assert workbench.workbench.canvas._note == "There is no earlier problem."
