"""What every test stands on: an offscreen Qt, a home of its own, and three things no test may leave behind.

A test fails when it leaves a non-daemon thread, a top-level widget, or a log record at WARNING or above that it did
not announce with `expected_log`. Qt's own messages are watched by pytest-qt (`qt_log_level_fail`), warnings by pytest.
"""

from __future__ import annotations

import logging
import os

# Before anything imports Qt: the platform is read when the application object is made.
os.environ["QT_QPA_PLATFORM"] = "offscreen"

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from replay.store.queries import QueryThread
from tests.leaks import UnexpectedLogs, left_over_threads, left_over_widgets, threads_alive, widgets_alive

ROOT = Path(__file__).resolve().parent.parent

settings.register_profile(
    "check", max_examples=60, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("soak", settings.get_profile("check"), max_examples=2_000, derandomize=False)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="run the long suites whole (see `make soak`)")


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("soak" if config.getoption("--soak") else "check")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--soak"):
        return
    long = [item for item in items if item.get_closest_marker("soak")]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if item not in long]


@pytest.fixture(scope="session", autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home for identity, settings and caches, so that no test reads or writes the person's own."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SAFELIGHT_HOME", str(home / "safelight"))
        patch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
        for name in ("CONFIG", "DATA", "STATE", "CACHE"):
            patch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
        yield home


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real captured sessions beside the checkout; skips where a machine has none."""
    data = ROOT.parent / "shared" / "data"
    if not data.is_dir():
        pytest.skip("the folder of real sessions, ../shared/data, is not on this machine")
    return data


@pytest.fixture(scope="session")
def consumer_python() -> Path:
    """The interpreter of `.venv-consumers`; skips where `make consumers` has not run, but fails in CI."""
    python = ROOT / ".venv-consumers" / "bin" / "python"
    if not (ROOT / ".venv-consumers" / "safelight.stamp").is_file():
        reason = "the trainers' loaders are not installed; make them with: make consumers"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    return python


@pytest.fixture(autouse=True)
def leaves_no_thread() -> Iterator[None]:
    before = threads_alive()
    yield
    left = left_over_threads(before)
    assert not left, f"threads still running after the test: {left}"


@pytest.fixture(autouse=True)
def leaves_no_window() -> Iterator[None]:
    before = widgets_alive()
    yield
    left = left_over_widgets(before)
    assert not left, f"top-level widgets left after the test: {left}"


@pytest.fixture(autouse=True)
def unexpected_logs() -> Iterator[UnexpectedLogs]:
    with UnexpectedLogs(logging.getLogger()) as logs:
        yield logs
    assert not logs.sentences(), f"log records nobody expected: {logs.sentences()}"


@pytest.fixture
def queries() -> Iterator[QueryThread]:
    """The thread on which DuckDB answers."""
    thread = QueryThread()
    yield thread
    thread.close()


@pytest.fixture
def expected_log(unexpected_logs: UnexpectedLogs) -> Callable[[str, str], AbstractContextManager[None]]:
    """`with expected_log("replay.video", "truncated"):` – the block must log that, and may."""
    return unexpected_logs.expected
