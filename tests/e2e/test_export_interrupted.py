"""Whatever stops an export, at whatever moment: no export, nothing beside it, no process, and what was there before."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from curation.export.job import ExportJob
from curation.export.recipe import Recipe, recipe_of
from replay.errors import Cancelled, Refused, SafelightError
from replay.store.library import Library
from tests import export_sessions as capture
from tests.cli import ROOT, command, run

ALL = ("archive", "hf", "agentnet")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    library, _ = capture.imported_library(tmp_path_factory.mktemp("capture"))
    return library


@pytest.fixture
def out(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "before").mkdir()
    (tmp_path / "before" / "kept.txt").write_text("kept")
    yield tmp_path / "out"
    assert (tmp_path / "before" / "kept.txt").read_text() == "kept"


def recipe(formats: tuple[str, ...] = ALL) -> Recipe:
    return recipe_of({"formats": list(formats), "video": {"preset": "veryfast"}})


def left_beside(out: Path) -> list[str]:
    return sorted(p.name for p in out.parent.iterdir() if p.name != "before")


@pytest.mark.parametrize("during", ["Planning", "Encoding", "Proving"])
def test_a_cancelled_export_leaves_nothing(library: Library, out: Path, during: str) -> None:
    heard: list[str] = []
    job = ExportJob(library, "me", lambda *r: heard.append(r[2]), lambda: during in heard)
    with pytest.raises(Cancelled):
        job.run(job.plan(recipe()), out)
    assert left_beside(out) == []
    assert not psutil.Process().children()


def started(library: Library, out: Path) -> subprocess.Popen[bytes]:
    words = ("export", library.path, "--format", ",".join(ALL), "--out", out)
    return subprocess.Popen(command(*words), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def wait_until(condition: object, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("moment", ["", "archive/*/video.mp4", "manifest.json"])
def test_a_killed_command_leaves_nothing_and_no_worker(
    library: Library, out: Path, sent: signal.Signals, moment: str
) -> None:
    partial = out.with_name("out.partial")
    process = started(library, out)
    wait_until(lambda: (partial.exists() and (not moment or any(partial.glob(moment)))) or process.poll() is not None)
    workers = psutil.Process(process.pid).children() if process.poll() is None else []
    process.send_signal(sent)
    process.wait()
    psutil.wait_procs(workers, timeout=30)
    assert not any(w.is_running() and w.status() != psutil.STATUS_ZOMBIE for w in workers)
    if out.exists():  # it was faster than the signal: then it is whole
        assert run("prove", out).json["ok"]
    else:
        assert left_beside(out) == []


@pytest.mark.parametrize("moment", ["ExportChild", "ExportChild.do", "_published", "_publish"])
def test_a_death_at_either_end_of_the_workers_life_leaves_nothing(library: Library, out: Path, moment: str) -> None:
    """The parent dies where no file tells of the moment: before the worker has its work, and before the rename."""
    script = f"""
import os, sys
from app.cli.main import main
from curation.export import job
owner, _, name = {moment!r}.rpartition(".")
setattr(getattr(job, owner) if owner else job, name, lambda *_, **__: os.kill(os.getpid(), 9))
main()
"""
    words = ("export", str(library.path), "--format", "archive", "--out", str(out))
    process = subprocess.Popen([sys.executable, "-c", script, *words], cwd=ROOT, stderr=subprocess.DEVNULL)
    workers: set[psutil.Process] = set()
    while process.poll() is None:
        with contextlib.suppress(psutil.NoSuchProcess):
            workers.update(psutil.Process(process.pid).children())
        time.sleep(0.01)
    assert process.returncode == -signal.SIGKILL
    assert psutil.wait_procs(workers, timeout=30)[1] == []
    assert left_beside(out) == []


def test_a_killed_worker_is_one_sentence_and_leaves_nothing(library: Library, out: Path) -> None:
    job = ExportJob(library, "me", lambda *_: None, lambda: False)
    plan = job.plan(recipe())

    def kill_worker() -> None:
        wait_until(lambda: any(out.with_name("out.partial").glob("archive/*/video.mp4")))
        for child in psutil.Process().children():
            os.kill(child.pid, signal.SIGKILL)

    killer = threading.Thread(target=kill_worker)
    killer.start()
    with pytest.raises(Refused, match="worker died"):
        job.run(plan, out)
    killer.join()
    assert left_beside(out) == []


def test_what_an_export_left_that_was_killed_with_its_worker_is_cleared_away(library: Library, out: Path) -> None:
    partial = out.with_name("out.partial")
    (partial / "archive").mkdir(parents=True)
    (partial / "archive" / "old").write_text("half")
    job = ExportJob(library, "me", lambda *_: None, lambda: False)
    job.run(job.plan(recipe(("archive",))), out)
    assert left_beside(out) == ["out"]
    assert not (out / "archive" / "old").exists()


@pytest.mark.parametrize("size", [4_000, 60_000, 200_000])
def test_a_full_disk_is_one_sentence_and_leaves_nothing(library: Library, out: Path, size: int) -> None:
    """A bound on file sizes makes writes fail as a full disk does, at different stages of the export."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    job = ExportJob(library, "me", lambda *_: None, lambda: False)
    plan = job.plan(recipe())
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
        with pytest.raises(SafelightError) as caught:
            job.run(plan, out)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, old)
    assert "Traceback" not in caught.value.sentence
    assert str(out.parent) not in caught.value.sentence
    assert left_beside(out) == []


def test_an_existing_folder_is_never_touched(library: Library, out: Path) -> None:
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    answer = run("export", library.path, "--format", "archive", "--out", out)
    assert answer.code == 1
    assert answer.json["error"]["code"] == "out_exists"
    assert [p.name for p in out.iterdir()] == ["mine.txt"]
    assert left_beside(out) == ["out"]


def test_a_folder_inside_the_library_is_refused(library: Library) -> None:
    answer = run("export", library.path, "--format", "archive", "--out", library.path / "objects" / "x")
    assert (answer.code, answer.json["error"]["code"]) == (1, "out_in_library")
    assert not (library.path / "objects" / "x").exists()


def test_a_filter_chooses_sessions_and_one_that_keeps_none_is_refused(library: Library) -> None:
    words = ("export", library.path, "--plan", "--format", "archive", "--sessions")
    assert len(run(*words, "dur:>0s").json["sessions"]) == len(library.session_ids())
    refused = run(*words, "format:owamcap")
    assert (refused.code, refused.json["error"]["code"]) == (1, "no_such_session")
