"""`safelight derive`: fast pictures are made at import or when they are asked for, and kept within a budget."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest

from replay.store.library import Library
from replay.store.track_classes import DERIVED
from tests import export_sessions as capture
from tests.cli import ROOT, command, imported, run


def side_of(library: Path, session: str) -> set[str]:
    return {t.track for t in Library.open(library).manifest(session).tracks} & DERIVED


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("derived")
    path = folder / "library"
    return path, imported(path, capture.write_capture(folder / "capture"))[0]


def test_an_import_makes_them_and_they_are_made_anew_by_name(library: tuple[Path, str]) -> None:
    path, session = library
    assert {"skim", "mezzanine"} <= side_of(path, session)
    assert run("derive", path).json == {"sessions": [], "failed": [], "dropped": [], "no_room": []}
    answer = run("derive", path, session[:6])
    assert answer.code == 0
    (made,) = answer.json["sessions"]
    assert (made["id"], made["bytes"] > 0) == (session, True)
    assert set(made["left_out"]) <= {"checkpoints"}


def test_an_interrupt_while_they_are_made_still_tells_what_was_imported(tmp_path: Path) -> None:
    path = tmp_path / "library"
    words = command("--json", "import", capture.write_capture(tmp_path / "capture"), "--library", path)
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        while not list(path.glob("staging/*/skim.*")):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        told = json.loads(process.communicate(timeout=60)[0])
    assert [e["code"] for e in told["unprepared"]] == ["cancelled"]
    assert side_of(path, told["sessions"][0]["id"]) == set()
    assert process.returncode == 1


def test_a_budget_that_nothing_fits_leaves_none_and_says_so(library: tuple[Path, str]) -> None:
    path, session = library
    assert run("derive", path, "--budget", "1K").json["dropped"] == [session]
    assert side_of(path, session) == set()
    assert run("derive", path, "--budget", "1K").json["no_room"] == [session]
    assert len(run("derive", path, "--budget", "0.5 GiB").json["sessions"]) == 1


@pytest.mark.parametrize("size", ["much", "-1", "5X", ""])
def test_what_is_no_size_is_refused(library: tuple[Path, str], size: str) -> None:
    answer = run("derive", library[0], "--budget", size)
    assert answer.code == 2


def test_a_session_without_the_first_pass_gets_none(tmp_path: Path) -> None:
    path = tmp_path / "library"
    answer = run("import", capture.write_capture(tmp_path / "capture"), "--library", path, "--no-derive")
    session = answer.json["sessions"][0]["id"]
    assert side_of(path, session) == set()
    assert run("derive", path).json["sessions"] == []
    refused = run("derive", path, session)
    assert (refused.code, refused.json["failed"][0]["code"]) == (1, "unscreened")
