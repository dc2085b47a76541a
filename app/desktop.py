"""The desktop application: `python -m app.desktop [LIB] [--session S] [--script FILE] …`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app.composition import Desktop
from app.identity import default_home
from widgets.interpreter import hold_singletons
from widgets.theme import apply_theme


def make_application(argv: list[str]) -> QApplication:
    """The one QApplication, dressed."""
    hold_singletons()
    app = QApplication(argv)
    app.setApplicationName("safelight")
    app.setApplicationDisplayName("Safelight")
    apply_theme(app)
    return app


def parser() -> argparse.ArgumentParser:
    out = argparse.ArgumentParser(prog="python -m app.desktop")
    out.add_argument("library", nargs="?", type=Path)
    out.add_argument("--session", help="Open this session at once.")
    out.add_argument("--home", type=Path, default=_home())
    return out


def _home() -> Path:
    named = os.environ.get("SAFELIGHT_HOME")
    return Path(named) if named else default_home()


def main(argv: list[str] | None = None) -> int:
    """Run the window until it is closed."""
    words = parser().parse_args(argv)
    app = make_application(sys.argv[:1])
    desktop = Desktop(app, words.home)
    QTimer.singleShot(0, lambda: desktop.show(words.library, words.session))
    code = app.exec()
    desktop.close()
    return code


if __name__ == "__main__":
    sys.exit(main())
