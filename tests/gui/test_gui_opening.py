"""Opening a session in the window: files and the log are waited for off the GUI thread, and none is left open."""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLabel

from app.bridge import Bridge
from app.composition import Desktop
from app.driver import Driver
from app.jobs import Tasks

TURN_S = 0.5


def test_the_window_goes_on_turning_while_the_log_of_edits_is_locked(desktop: Desktop, driver: Driver, library: Path):
    desktop.show(library)
    driver.wait_idle()
    driver.run_action("session.open")
    driver.wait_idle()
    other = sqlite3.connect(library / "edits.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    turns: list[float] = []
    timer = QTimer(interval=5)
    timer.timeout.connect(lambda: turns.append(time.monotonic()))
    timer.start()
    driver.run_action("session.open")
    driver.wait_rest(2.5)
    timer.stop()
    assert not desktop.edits.is_open
    assert max(b - a for a, b in pairwise(turns)) < TURN_S
    other.rollback()
    other.close()
    driver.wait_until(lambda: desktop.edits.is_open, 20)


@pytest.mark.skipif(sys.platform == "win32", reason="not looked: there are no fifos")
def test_keys_that_are_slow_to_come_keep_nothing_else_waiting(desktop: Desktop, driver: Driver, library: Path):
    """The keys come out of a fifo, when somebody writes them: as from a keyring that asks for its password."""
    keys = library.parent / "home" / "identity.keys"
    held = keys.read_bytes()
    keys.unlink()
    os.mkfifo(keys, 0o600)
    desktop.show(library)
    assert "Opening “library”…" in _said(desktop)
    driver.wait_rest(0.3)
    assert not desktop.library.is_open
    keys.write_bytes(held)
    driver.wait_until(lambda: desktop.library.is_open, 20)
    keys.unlink()
    keys.write_bytes(held)
    driver.wait_idle()
    assert "Opening" not in _said(desktop)
    assert desktop.library_page.model.rowCount() == 1


def _said(desktop: Desktop) -> str:
    return " ".join(w.text() for w in desktop.library_page.first_run.findChildren(QLabel))


@pytest.mark.skipif(sys.platform != "linux", reason="not looked: open files are listed on Linux alone")
def test_a_session_that_was_overtaken_leaves_no_file_open(desktop: Desktop, driver: Driver, library: Path):
    desktop.show(library)
    driver.wait_idle()
    for _ in range(4):
        driver.run_action("session.open")
        desktop.library.close()
        desktop.show(library)
        driver.wait_idle()
    desktop.library.close()
    driver.wait_until(lambda: not _open_below(library / "objects"), 10)


def test_what_was_found_too_late_is_handed_back(qapp, driver: Driver):
    bridge = Bridge()
    tasks = Tasks(bridge)
    done: list[str] = []
    dropped: list[str] = []
    for name in ("first", "second"):
        tasks.start("one", lambda n=name: n, done.append, lambda _: None, unwanted=dropped.append)
        time.sleep(0.1)
    driver.wait_until(lambda: tasks.idle, 5)
    assert (done, dropped) == (["second"], ["first"])
    tasks.close()
    bridge.close()


def _open_below(folder: Path) -> list[str]:
    targets = []
    for link in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            targets.append(str(link.readlink()))
    return [t for t in targets if t.startswith(str(folder))]
