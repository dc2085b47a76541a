"""`safelight log`: shows who did what, says where it does not hold, and writes down who asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from replay.store.library import Library
from tests.cli import run


@pytest.fixture
def library(tmp_path: Path) -> Path:
    made = Library.create(tmp_path / "library", tmp_path / "home")
    made.gate.log.close()
    return made.path


def log(library: Path, *words: str, home: str = "home"):
    return run("log", library, *words, home=library.parent / home)


def test_the_log_is_shown_and_the_asking_is_part_of_it(library):
    first, second = log(library), log(library, "--verify")
    assert (first.code, second.code) == (0, 0)
    assert [e["act"] for e in first.json["entries"]] == ["library_made", "read_log"]
    assert [e["act"] for e in second.json["entries"]] == ["library_made", "read_log", "read_log"]
    assert (second.json["ok"], second.json["verified"], second.json["first_bad"]) == (True, True, None)
    [checkpoint] = second.json["checkpoints"]
    assert checkpoint["size"] == 3
    assert checkpoint["note"].startswith(f"safelight/{library_id(library)}/{checkpoint['device']}\n3\n")


def library_id(library: Path) -> str:
    return Library.open(library, library.parent / "home").id


def test_entries_are_chosen_by_time_and_device(library):
    [entry, *_] = log(library).json["entries"]
    assert len(log(library, "--device", entry["device"][:8]).json["entries"]) == 3
    assert log(library, "--device", "p-0").json["entries"] == []
    assert log(library, "--since", "2100-01-01").json["entries"] == []
    assert len(log(library, "--since", "1h").json["entries"]) >= 5
    assert log(library, "--since", "yesterday").code == 2


def test_a_stranger_is_denied_and_that_is_shown(library):
    answer = log(library, home="stranger")
    assert (answer.code, answer.json["error"]["code"]) == (1, "not_a_member")
    denied = [e for e in log(library).json["entries"] if e["decision"] == "denied"]
    assert [(e["act"], e["counts"]) for e in denied] == [("read_log", False)]


def test_an_altered_log_is_refused_and_its_first_bad_entry_named(library):
    log(library)
    [file] = (library / "log").glob("*/entries.log")
    file.write_bytes(file.read_bytes().replace(b"library_made", b"library_mode"))
    answer = log(library, "--verify")
    assert (answer.code, answer.json["ok"], answer.json["entries"]) == (1, False, [])
    assert answer.json["first_bad"]["seq"] == 0
    assert (log(library).code, log(library).json["error"]["code"]) == (1, "log_altered")


def test_a_log_that_was_set_back_is_refused(library):
    log(library)
    [file] = (library / "log").glob("*/entries.log")
    file.write_bytes(file.read_bytes().splitlines(True)[0])
    assert log(library).json["error"]["code"] == "log_rolled_back"
    answer = log(library, "--verify")
    assert (answer.code, answer.json["first_bad"]["seq"]) == (1, 1)
