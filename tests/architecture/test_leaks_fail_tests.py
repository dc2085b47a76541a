"""The leak checks are wired: tests that leave something behind are run by this suite's own configuration, and fail."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.architecture.tree import ROOT

PLANTED = """
import logging, threading, time, warnings

def test_tidy(qapp, expected_log):
    with expected_log("replay.video", "truncated"):
        logging.getLogger("replay.video.probe").warning("truncated")

def test_leaves_a_thread():
    threading.Thread(target=time.sleep, args=(3,), name="forgotten").start()

def test_leaves_a_widget(qapp):
    from PySide6.QtWidgets import QWidget
    global forgotten
    forgotten = QWidget()

def test_logs_a_warning():
    logging.getLogger("replay.store").warning("something is odd")

def test_qt_complains(qapp):
    from PySide6.QtCore import qWarning
    qWarning("QPainter: not active")

def test_warns():
    warnings.warn("old", DeprecationWarning, stacklevel=1)

def test_writes_in_its_own_home():
    import os, platformdirs
    assert platformdirs.user_data_dir("x").startswith(os.environ["XDG_DATA_HOME"])
    assert "home" in os.environ["SAFELIGHT_HOME"]
"""


def test_what_a_test_leaves_behind_fails_it(tmp_path: Path) -> None:
    planted = tmp_path / "test_planted.py"
    planted.write_text(PLANTED)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.conftest",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "-rA",
    ]
    command += ["-c", str(ROOT / "pyproject.toml"), str(planted)]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    bad = set(re.findall(r"^(?:FAILED|ERROR) .*::(\w+)", run.stdout, re.MULTILINE))
    good = set(re.findall(r"^PASSED .*::(\w+)", run.stdout, re.MULTILINE)) - bad
    assert good == {"test_tidy", "test_writes_in_its_own_home"}, run.stdout
    assert bad == {
        "test_leaves_a_thread",
        "test_leaves_a_widget",
        "test_logs_a_warning",
        "test_qt_complains",
        "test_warns",
    }, run.stdout
