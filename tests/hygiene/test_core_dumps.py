"""A process of ours that is killed leaves no memory image: the keys and pictures it held would lie in it in plain."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

resource = pytest.importorskip("resource")

ROOT = Path(__file__).resolve().parents[2]
COMMAND_LINE = """
import os, signal
from app.cli.main import main
try:
    main(["--version"])
except SystemExit:
    os.kill(os.getpid(), signal.SIGSEGV)
"""
WAITING = {
    "import worker": ["-m", "curation.intake.worker"],
    "export worker": ["-m", "curation.export.worker"],
    "window": ["-m", "app.desktop", "--script", "-"],
}


def as_large_as_may_be() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))


def started(words: list[str], folder: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONFAULTHANDLER": ""}
    return subprocess.Popen(
        [sys.executable, *words],
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=as_large_as_may_be,
    )


def ended(process: subprocess.Popen[bytes]) -> int:
    """Its wait status, which also says whether the system wrote an image."""
    _, status = os.waitpid(process.pid, 0)
    process.returncode = -os.WTERMSIG(status)
    assert process.stdin is not None
    process.stdin.close()
    return status


def core_limit(pid: int) -> int:
    """Bytes that an image of the process may have."""
    soft, _ = resource.prlimit(pid, resource.RLIMIT_CORE)
    return int(soft)


def wait_until_limited(process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if core_limit(process.pid) in (0, 1):
            return
        assert process.poll() is None
        signal.sigtimedwait([], 0.05)
    pytest.fail("the process never gave up its memory image")


@pytest.fixture
def images_are_made(tmp_path: Path) -> None:
    """Skips where even a process that does nothing against it leaves no image: nothing would be shown."""
    folder = tmp_path / "control"
    folder.mkdir()
    status = ended(started(["-c", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"], folder))
    if not os.WCOREDUMP(status):
        pytest.skip("not looked: this machine writes no memory images")


@pytest.mark.skipif(sys.platform != "linux", reason="not looked: the limit of another process is read on Linux alone")
@pytest.mark.parametrize("name", WAITING)
def test_a_killed_process_leaves_no_image(name: str, tmp_path: Path, images_are_made: None) -> None:
    process = started(WAITING[name], tmp_path)
    wait_until_limited(process)
    process.send_signal(signal.SIGSEGV)
    status = ended(process)
    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGSEGV
    assert not os.WCOREDUMP(status)
    assert [p.name for p in tmp_path.iterdir() if "core" in p.name] == []


def test_a_killed_command_leaves_no_image(tmp_path: Path, images_are_made: None) -> None:
    status = ended(started(["-c", COMMAND_LINE], tmp_path))
    assert os.WTERMSIG(status) == signal.SIGSEGV
    assert not os.WCOREDUMP(status)
    assert [p.name for p in tmp_path.iterdir() if "core" in p.name] == []
