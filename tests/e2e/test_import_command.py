"""Importing from the command line: real captures, twice, broken, hostile, interrupted, on a full disk."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from replay.store.library import Library
from replay.store.sessions import SessionStore
from tests.cli import ROOT, command, imported, run
from tests.importers_fixtures import agentnet as agentnet_folder
from tests.importers_fixtures import move


@pytest.fixture
def agentnet(shared_data: Path) -> Path:
    return shared_data / "sessions" / "agentnet_raw"


def everything_reads(library: Path) -> list[str]:
    """Every session of the library loads whole; returns their ids."""
    store = SessionStore(Library.open(library))
    for session_id in store.library.session_ids():
        store.load(session_id)
    assert sorted(store.catalogue()["id"].to_pylist()) == list(store.library.session_ids())
    return list(store.library.session_ids())


def _but_the_log(library: Path) -> dict[Path, int]:
    """When each file was written. That somebody asked for the import is in the log all the same."""
    log = library / "log"
    return {p: p.stat().st_mtime_ns for p in library.rglob("*") if p.is_file() and not p.is_relative_to(log)}


def test_every_sample_is_imported_and_a_second_time_changes_nothing(shared_data: Path, tmp_path: Path) -> None:
    samples = [shared_data / "sessions" / n for n in ("agentnet_raw", "owamcap", "ducktrack_example", "pctracker")]
    library = tmp_path / "library"
    first = imported(library, *samples, derive=False)
    assert len(set(first)) == 6
    files = _but_the_log(library)
    assert imported(library, *samples) == first
    assert _but_the_log(library) == files
    assert sorted(everything_reads(library)) == sorted(first)
    assert list((library / "staging").iterdir()) == []


def test_ids_do_not_tell_the_source_and_differ_between_libraries(agentnet: Path, tmp_path: Path) -> None:
    assert imported(tmp_path / "a", agentnet, derive=False) != imported(tmp_path / "b", agentnet, derive=False)


@pytest.mark.parametrize("name", ["empty", "text", "missing"])
def test_what_is_no_session_is_one_sentence(name: str, tmp_path: Path) -> None:
    source = tmp_path / name
    if name != "missing":
        source.mkdir()
    if name == "text":
        (source / "notes.txt").write_text("hello")
    answer = run("import", source, "--library", tmp_path / "library")
    assert answer.code == 1
    assert [f["code"] for f in answer.json["failed"]] in (["not_a_session"], ["no_such_path"])
    assert answer.json["failed"][0]["remedy"]
    assert str(tmp_path) not in answer.json["failed"][0]["sentence"]


def test_a_refused_session_does_not_take_the_others_with_it(agentnet: Path, tmp_path: Path) -> None:
    broken = tmp_path / "in" / "a-broken"
    shutil.copytree(agentnet, broken)
    (broken / "events.jsonl").chmod(0o644)
    (broken / "events.jsonl").write_text('{"time_stamp": "noon", "action": "move", "x": 1, "y": 2}\n')
    shutil.copytree(agentnet, tmp_path / "in" / "b-good")
    answer = run("import", tmp_path / "in", "--library", tmp_path / "library", "--no-derive")
    assert answer.code == 1
    assert len(answer.json["failed"]) == 1
    assert len(answer.json["sessions"]) == 1
    assert len(everything_reads(tmp_path / "library")) == 1


@pytest.mark.parametrize("what", ["link", "pipe", "folder"])
def test_what_is_no_ordinary_file_refuses_its_session_and_not_the_neighbours(tmp_path: Path, what: str) -> None:
    for name in ("a", "b", "c"):
        agentnet_folder(tmp_path / "in" / name, [move(101 + ord(name))], video=False)
    video = tmp_path / "in" / "b" / "2026-01-02 03-04-05.mp4"
    if what == "link":
        video.symlink_to("/dev/null")
    elif what == "pipe":
        os.mkfifo(video)
    else:
        video.mkdir()
    answer = run("import", tmp_path / "in", "--library", tmp_path / "library")
    assert answer.code == 1
    assert [(f["name"], f["code"]) for f in answer.json["failed"]] == [
        ("b", "source_is_link" if what == "link" else "source_not_a_file")
    ]
    assert "2026-01-02 03-04-05.mp4" in answer.json["failed"][0]["sentence"]
    assert len(everything_reads(tmp_path / "library")) == 2


def test_a_path_whose_name_is_not_text_is_one_sentence(tmp_path: Path) -> None:
    source = Path(os.fsdecode(os.fsencode(tmp_path) + b"/s\xff"))
    agentnet_folder(source, [move(101)], video=False)
    answer = run("import", source, tmp_path / "nothing", "--library", tmp_path / "library")
    assert answer.code == 1
    assert [f["code"] for f in answer.json["failed"]] == ["name_not_text", "no_such_path"]


def test_a_zero_byte_video_leaves_the_events_usable(agentnet: Path, tmp_path: Path) -> None:
    source = tmp_path / "in"
    shutil.copytree(agentnet, source)
    video = next(source.glob("*.mp4"))
    video.unlink()
    video.touch()
    answer = run("import", source, "--library", tmp_path / "library")
    assert answer.code == 0
    session = answer.json["sessions"][0]
    assert session["frames"] == 0
    assert session["events"] > 4000
    assert "video_unreadable" in {p["code"] for p in session["problems"]}


def started(source: Path, library: Path, *words: str) -> subprocess.Popen[bytes]:
    whole = command("import", source, "--library", library, *words)
    return subprocess.Popen(whole, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupt_at_any_moment_leaves_the_old_state_or_the_new(
    agentnet: Path, tmp_path: Path, sign: signal.Signals
) -> None:
    library = tmp_path / "library"
    shuffled = random.Random(int(sign))
    for _ in range(2):
        process = started(agentnet, library, "--no-derive")
        time.sleep(shuffled.uniform(0.5, 3.0))
        process.send_signal(sign)
        process.wait(30)
        if (library / "library.json").exists():
            assert len(everything_reads(library)) in (0, 1)
    assert len(imported(library, agentnet, derive=False)) == 1
    assert len(everything_reads(library)) == 1


def test_a_kill_while_fast_pictures_are_made_leaves_the_session(agentnet: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    process = started(agentnet, library)
    deadline = time.monotonic() + 120
    while not (library / "library.json").exists() or not Library.open(library).session_ids():
        assert time.monotonic() < deadline
        assert process.poll() is None, "it ended without a session"
        time.sleep(0.05)
    time.sleep(0.5)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert imported(library, agentnet, derive=False) == everything_reads(library)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MiB, which a session with video does not fit."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", disk], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("not looked: a small file system can be mounted by root only")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_full_disk_is_one_sentence_and_leaves_nothing_behind(agentnet: Path, small_disk: Path) -> None:
    library = small_disk / "library"
    answer = run("import", agentnet, "--library", library)
    assert answer.code == 1
    assert answer.json["error"]["code"] == "disk_full"
    assert everything_reads(library) == []
    assert list((library / "staging").iterdir()) == []
