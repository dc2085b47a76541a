"""The desktop application: `python -m app.desktop [LIB] [--session S]`, and what of it runs without a person.

--script FILE        play a script of action ids (`-`: from stdin) and quit; see `app.driver`
--screenshots DIR    make the guide's pictures from the library and quit
--frame N -o PNG     one frame with overlays and quit
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pyarrow as pa
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app.composition import Desktop
from app.core import Core
from app.driver import Driver
from app.screenshots import make_screenshots
from app.still import write_still
from app.uncaught import uncaught_told
from replay.core_dumps import leave_no_core
from replay.errors import BadInput, NotFound, SafelightError
from replay.vault.identity import default_home
from widgets.interpreter import hold_singletons
from widgets.mask_painter import MaskView
from widgets.theme import apply_theme

_SWITCH_S: Final = 0.0005


def make_application(argv: list[str]) -> QApplication:
    """The one QApplication, dressed."""
    hold_singletons()
    # While tasks compute in Python, the window waits this long for its turn after each call into Qt; by default 5 ms.
    sys.setswitchinterval(_SWITCH_S)
    # Arrow's own pool takes fresh pages for every table: half of the time of reading millions of rows.
    pa.set_memory_pool(pa.system_memory_pool())
    app = QApplication(argv)
    app.setApplicationName("safelight")
    app.setApplicationDisplayName("Safelight")
    apply_theme(app)
    return app


def parser() -> argparse.ArgumentParser:
    out = argparse.ArgumentParser(prog="python -m app.desktop")
    out.add_argument("library", nargs="?", type=Path)
    out.add_argument("--session", help="Open this session at once: an id or an unambiguous beginning of one.")
    out.add_argument("--home", type=Path, default=default_home(), help="Where identity and settings live.")
    out.add_argument("--script", help="Play a script of action ids and quit; - reads it from stdin.")
    out.add_argument("--screenshots", type=Path, help="Make the guide's pictures into this folder and quit.")
    out.add_argument("--decide", action="store_true", help="Put example decisions into the session of the pictures.")
    out.add_argument("--frame", type=int, help="Write one frame with overlays and quit; needs --output.")
    out.add_argument("--purpose", help="With --frame: show it as captured, for this purpose.")
    out.add_argument("--view", choices=[v.value for v in MaskView], default=MaskView.ORIGINAL.value)
    out.add_argument("-o", "--output", type=Path)
    return out


def main(argv: list[str] | None = None) -> int:
    """Run the window until it is closed, or what was asked for without it: 0 done, 1 refused."""
    leave_no_core()
    words = parser().parse_args(argv)
    if words.frame is not None or words.screenshots is not None:
        # Pictures need no screen, and are the same everywhere without one.
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    app = make_application(sys.argv[:1])
    try:
        if words.frame is not None:
            return _still(words)
        return _window(app, words)
    except SafelightError as e:
        sys.stderr.write(f"{e.sentence} [{e.code}]\n{e.remedy}".rstrip() + "\n")
        return 1


def _still(words: argparse.Namespace) -> int:
    with Core.open(words.library, words.home) as core:
        write_still(core, words.session or "", words.frame, MaskView(words.view), words.output, words.purpose)
    return 0


def _window(app: QApplication, words: argparse.Namespace) -> int:
    desktop = Desktop(app, words.home)
    try:
        if words.script is not None:
            return _unattended(desktop, words, lambda driver: _play(driver, words.script))
        if words.screenshots is not None:
            return _unattended(
                desktop, words, lambda driver: make_screenshots(desktop, driver, words.screenshots, decide=words.decide)
            )
        QTimer.singleShot(0, lambda: desktop.show(words.library, words.session))
        with uncaught_told(desktop.tell_failure):
            return app.exec()
    finally:
        desktop.close()


def _unattended(desktop: Desktop, words: argparse.Namespace, work: Callable[[Driver], int]) -> int:
    desktop.show(words.library, words.session)
    driver = Driver(desktop)
    driver.wait_idle()
    return work(driver)


def _play(driver: Driver, script: str) -> int:
    if script == "-":
        return 1 if driver.play(sys.stdin) else 0
    try:
        lines = Path(script).read_text("utf-8").splitlines()
    except OSError as e:
        raise NotFound("script_unreadable", f"The script cannot be read ({e.strerror or 'unknown error'}).") from e
    except UnicodeDecodeError as e:
        raise BadInput("script_unreadable", "The script is not UTF-8 text.") from e
    return 1 if driver.play(lines) else 0


if __name__ == "__main__":
    sys.exit(main())
