"""The real window with a library open, for benchmarks in a process of their own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.composition import Desktop
from app.desktop import make_application
from app.driver import Driver


@contextmanager
def real_window(library: str, home: str) -> Iterator[tuple[Desktop, Driver]]:
    """1600 × 1000 px, at rest, its library's sessions listed; closed on leaving."""
    desktop = Desktop(make_application(sys.argv[:1]), Path(home))
    try:
        desktop.show(Path(library))
        desktop.window.resize(1600, 1000)
        driver = Driver(desktop)
        driver.wait_idle()
        yield desktop, driver
    finally:
        desktop.close()
