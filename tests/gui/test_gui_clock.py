"""The clock in the window: nudged with the overlay moving at once, measured in a job, applied and undone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from app.composition import Desktop
from app.driver import Driver
from replay.errors import Refused
from replay.vault.identity import default_home
from tests.calibration_videos import Declared, encoded, imported, wandering, write_capture
from tests.gui.windows import window_of

SECONDS = 24.0
POINTER = wandering(SECONDS, seed=4)


@pytest.fixture(scope="module")
def late_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A session whose recorder is sure of a clock that is 0.4 s off, and which an import therefore leaves as it is."""
    folder = tmp_path_factory.mktemp("late")
    video = encoded(folder / "cursor.mkv", POINTER, SECONDS)
    late = replace(POINTER, t_s=POINTER.t_s + 0.4)
    imported(folder / "library", write_capture(folder / "capture", video, late, Declared("frame_table", 10_000_000)))
    return folder / "library"


@pytest.fixture
def opened(dressed: QApplication, late_library: Path, tmp_path: Path) -> Iterator[tuple[Desktop, Driver]]:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    shutil.copy(default_home() / "identity.keys", home)
    library = Path(shutil.copytree(late_library, tmp_path / "library"))
    with window_of(dressed, home) as desktop:
        driver = Driver(desktop)
        desktop.show(library)
        driver.wait_idle()
        driver.run_action("session.open")
        driver.wait_idle()
        yield desktop, driver


def clock_words(desktop: Desktop) -> str:
    return desktop.workbench.inspector.clock._verdict_words.text()


def shown_cursor(desktop: Desktop) -> tuple[float, float]:
    overlay = desktop.workbench.canvas._overlay
    assert overlay is not None
    assert overlay.cursor is not None
    return overlay.cursor.x, overlay.cursor.y


def test_the_overlay_moves_with_each_nudge_before_the_session_is_read_again(opened: tuple[Desktop, Driver]) -> None:
    desktop, driver = opened
    moving_s = POINTER.t_s[np.argmax(np.hypot(np.diff(POINTER.x), np.diff(POINTER.y)))] + 0.4
    driver.run_action("seek.goto", t_ns=round(moving_s * 1e9))
    driver.wait_idle()
    session, before = desktop.stage.session, shown_cursor(desktop)
    driver.run_action("sync.later")
    at_once = shown_cursor(desktop)
    assert desktop.stage.session is session
    assert at_once != before
    driver.wait_idle()
    assert desktop.stage.session is not session
    assert shown_cursor(desktop) == pytest.approx(at_once, abs=0.01)


def test_a_measured_clock_is_shown_applied_and_undone(opened: tuple[Desktop, Driver]) -> None:
    desktop, driver = opened
    view = desktop.workbench.inspector.clock
    before = desktop.stage.session.sync
    view._measure.click()
    assert not view._measure.isEnabled()
    driver.wait_until(lambda: "Measured" in clock_words(desktop), 60)
    assert "± " in clock_words(desktop)
    assert desktop.stage.session.sync == before
    view._apply.click()
    driver.wait_idle()
    clock = desktop.stage.session.sync
    assert clock.method == "correlated"
    assert clock.offset_ns == pytest.approx(-400_000_000, abs=20_000_000)
    assert [line.split(":")[0] for line in view._history.text().splitlines()] == ["Frame table", "Correlated"]
    assert "Undo takes it back" in clock_words(desktop)
    driver.run_action("edit.undo")
    driver.wait_idle()
    assert desktop.stage.session.sync == before
    assert clock_words(desktop) == ""


def test_a_measurement_is_cancelled_from_the_tray(opened: tuple[Desktop, Driver]) -> None:
    desktop, driver = opened
    driver.run_action("sync.measure")
    with pytest.raises(Refused, match="being measured"):
        desktop.calibration.measure()
    desktop.jobs.cancel("job-1")
    driver.wait_until(lambda: desktop.jobs.running == 0, 60)
    driver.wait_idle()
    assert clock_words(desktop) == ""
    with pytest.raises(Refused, match="No clock was measured"):
        desktop.calibration.apply()


def test_what_was_measured_is_forgotten_with_its_session(opened: tuple[Desktop, Driver]) -> None:
    desktop, driver = opened
    driver.run_action("sync.measure")
    driver.wait_until(lambda: "Measured" in clock_words(desktop), 60)
    driver.run_action("session.open", session=desktop.library.open_session_id)
    driver.wait_idle()
    assert clock_words(desktop) == ""
    assert not desktop.workbench.inspector.clock._apply.isVisible()


@pytest.fixture(scope="module")
def strange_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A session with the events of another one, imported without a look at its pictures."""
    folder = tmp_path_factory.mktemp("strange")
    video = encoded(folder / "cursor.mkv", POINTER, SECONDS)
    capture = write_capture(folder / "capture", video, wandering(SECONDS, seed=5), Declared("assumed"))
    imported(folder / "library", capture)
    return folder / "library"


def test_a_clock_that_pictures_cannot_tell_is_said_so_in_the_badge(
    dressed: QApplication, strange_library: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    shutil.copy(default_home() / "identity.keys", home)
    library = Path(shutil.copytree(strange_library, tmp_path / "library"))
    with window_of(dressed, home) as desktop:
        driver = Driver(desktop)
        desktop.show(library)
        driver.wait_idle()
        driver.run_action("session.open")
        driver.wait_idle()
        view = desktop.workbench.inspector.clock
        assert view._badge.accessibleName() == "Clock: assumed · cannot tell"
        view._measure.click()
        driver.wait_until(lambda: "Cannot tell" in clock_words(desktop), 60)
        assert view._apply.text() == "Keep"
        view._apply.click()
        driver.wait_idle()
        assert "Kept" in clock_words(desktop)
        driver.run_action("sync.later")
        driver.wait_idle()
        assert "cannot tell" not in view._badge.accessibleName()
