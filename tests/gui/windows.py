"""The application's window, opened and gone again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtWidgets import QApplication

from app.composition import Desktop


@contextmanager
def window_of(application: QApplication, home: Path) -> Iterator[Desktop]:
    """The whole window of whoever lives in `home`; closed and gone afterwards."""
    made = Desktop(application, home)
    yield made
    made.close()
    made.window.close()
    made.window.deleteLater()
    application.processEvents()
