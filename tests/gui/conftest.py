"""The dressed application, and the real window on a real library."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from app.composition import Desktop
from app.driver import Driver
from replay.vault.identity import default_home
from tests.export_sessions import imported_library
from tests.gui.windows import window_of
from widgets.interpreter import hold_singletons
from widgets.theme import apply_theme

hold_singletons()


@pytest.fixture
def dressed(qapp: QApplication) -> QApplication:
    """Bundled fonts, palette and style sheet, as a person sees them."""
    if not qapp.styleSheet():
        apply_theme(qapp)
    return qapp


@pytest.fixture(scope="session")
def captured_library(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A library with one session of 4 s, and the session's id; never changed, copied by who needs it."""
    library, session_id = imported_library(tmp_path_factory.mktemp("captured"))
    return library.path, session_id


@pytest.fixture
def capture(captured_library: tuple[Path, str]) -> Path:
    """The folder that the library's session was imported from."""
    return captured_library[0].parent / "capture"


@pytest.fixture
def library(captured_library: tuple[Path, str], tmp_path: Path) -> Path:
    """A copy of the library for one test, and a home with the identity that made it."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    shutil.copy(default_home() / "identity.keys", home)
    return Path(shutil.copytree(captured_library[0], tmp_path / "library"))


@pytest.fixture
def desktop(dressed: QApplication, tmp_path: Path) -> Iterator[Desktop]:
    """The whole window of the person who made the library."""
    with window_of(dressed, tmp_path / "home") as made:
        yield made


@pytest.fixture
def driver(desktop: Desktop) -> Driver:
    return Driver(desktop)


@pytest.fixture
def workbench(desktop: Desktop, driver: Driver, library: Path) -> Desktop:
    """The window with a session open and its first frame on screen."""
    desktop.show(library)
    driver.wait_idle()
    driver.run_action("session.open")
    driver.wait_idle()
    return desktop
