"""What the captured person says holds at once, everywhere, and cannot be put back."""

from __future__ import annotations

import itertools
import shutil
import time
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from app.core import Core
from replay.errors import NotFound
from replay.store.library import Library
from replay.store.sessions import SessionStore, unmasked
from replay.vault.actions import Action
from replay.vault.classes import TrackClass
from replay.vault.lease import Denied, Request
from replay.vault.subjects import Subjects
from tests.people_sessions import (
    ANN,
    ONE,
    OTHER,
    TWO,
    VIDEO_BYTES,
    add,
    again,
    code_of,
    edit,
    open_masked,
    peopled,
    unmask,
)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return peopled(tmp_path)


def release_export(library: Library, session: str, purpose: str = "care") -> None:
    library.keys.lease(Request(Action.EXPORT, TrackClass.RAW, purpose, session)).key(session, 1)


MATRIX = {
    # status: masked, unmask, export for an agreed purpose, export for another, edit
    "granted": ("", "", "", "", ""),
    "limited": ("", "", "", "consent_purpose", ""),
    "unknown": ("", "consent_unknown", "consent_unknown", "consent_unknown", ""),
    "withdrawn": ("consent_withdrawn",) * 5,
}


@pytest.mark.clause("P-08")
@pytest.mark.clause("P-09")
@pytest.mark.clause("P-10")
@pytest.mark.parametrize("by_subject", [False, True], ids=["session", "person"])
@pytest.mark.parametrize("status", MATRIX)
def test_what_each_status_lets_somebody_do(library: Library, status: str, by_subject: bool) -> None:
    purposes = ("care",) if status == "limited" else ()
    about: dict[str, Any] = {"subject": ANN} if by_subject else {"sessions": (ONE,)}
    Subjects(library.gate).record(status, purposes, **about)
    fresh = again(library)
    found = (
        code_of(lambda: open_masked(fresh, ONE)),
        code_of(lambda: unmask(fresh, ONE)),
        code_of(lambda: release_export(fresh, ONE)),
        code_of(lambda: release_export(fresh, ONE, "advertising")),
        code_of(lambda: edit(fresh, ONE)),
    )
    assert found == MATRIX[status]
    assert code_of(lambda: unmask(fresh, OTHER)) == ""


def test_a_withdrawal_ends_what_another_process_has_open(library: Library) -> None:
    elsewhere = again(library)
    with SessionStore(elsewhere, unmasked("care")).open_track(ONE, "video") as track:
        assert track.read(4) == b"film"
        Subjects(library.gate).withdraw(ANN)
        assert reads_for_s(track) < 2
    assert code_of(lambda: unmask(elsewhere, TWO)) == "consent_withdrawn"
    unmask(elsewhere, OTHER)


def reads_for_s(track: BinaryIO) -> float:
    """How long a track goes on answering, in seconds; what was read ahead already does not count."""
    places = itertools.cycle(range(0, VIDEO_BYTES, VIDEO_BYTES // 8))

    def read_elsewhere() -> None:
        track.seek(next(places))
        track.read(1)

    started = time.monotonic()
    while time.monotonic() - started < 5 and not code_of(read_elsewhere):
        time.sleep(0.02)
    return time.monotonic() - started


def test_a_withdrawn_session_keeps_its_row_and_the_list_keeps_working(library: Library) -> None:
    edit(library, ONE)
    Subjects(library.gate).withdraw(ANN)
    for segment in library.catalogue_dir.iterdir():
        segment.unlink()  # the sessions' own rows stand in
    with Core(again(library)) as core:
        consents = {r["id"]: r["consent"] for r in core.sessions().to_pylist()}
    assert consents == {ONE: "withdrawn", TWO: "withdrawn", OTHER: "granted"}


@pytest.mark.clause("P-10")
@pytest.mark.parametrize("about", [{"sessions": (ONE,)}, {"subject": ANN}], ids=["session", "person"])
@pytest.mark.parametrize("status", ["granted", "unknown"])
def test_what_was_withdrawn_is_not_taken_back(library: Library, about: dict[str, Any], status: str) -> None:
    subjects = Subjects(library.gate)
    subjects.record("withdrawn", **about)
    with pytest.raises(Denied) as denied:
        subjects.record(status, **about)
    assert denied.value.code == "consent_withdrawn"
    assert code_of(lambda: open_masked(again(library), ONE)) == "consent_withdrawn"
    newest = list(library.gate.log.entries())[-1]
    assert (newest.act, newest.decision) == ("consent", "denied")


def test_a_session_that_comes_after_the_withdrawal_does_not_open(library: Library) -> None:
    Subjects(library.gate).withdraw(ANN)
    add(library, "D" * 26, ANN)
    assert code_of(lambda: open_masked(again(library), "D" * 26)) == "consent_withdrawn"


def test_one_statement_about_many_sessions_holds_for_all_or_none(library: Library) -> None:
    Subjects(library.gate).record("withdrawn", sessions=(TWO,))
    with pytest.raises(Denied):
        Subjects(library.gate).record("unknown", sessions=(ONE, TWO))
    assert library.consent(ONE).status == "granted"


def test_a_person_is_found_by_pseudonym_and_by_handle(library: Library) -> None:
    subjects = Subjects(library.gate)
    handle = subjects.handle(ANN)
    assert subjects.handle(handle) == handle
    assert subjects.sessions(handle) == (ONE, TWO)
    with pytest.raises(NotFound) as unknown:
        subjects.handle("nobody")
    assert unknown.value.code == "no_such_subject"


@pytest.mark.parametrize("put_back", ["older", "swapped", "gone"])
def test_a_statement_that_was_put_back_is_refused(library: Library, put_back: str) -> None:
    subjects = Subjects(library.gate)
    subjects.record("granted", sessions=(ONE,))
    granted = (library.path / "consent" / f"{ONE}.1.json").read_bytes()
    subjects.record("withdrawn", sessions=(ONE,))
    in_force = library.path / "consent" / f"{ONE}.2.json"
    in_force.unlink()
    if put_back == "older":
        (library.path / "consent" / f"{ONE}.1.json").write_bytes(granted)
    elif put_back == "swapped":
        in_force.write_bytes(granted)
    refused = code_of(lambda: open_masked(again(library), ONE))
    assert refused == ("record_altered" if put_back == "swapped" else "record_missing")


def test_a_log_from_before_the_withdrawal_is_refused(library: Library, tmp_path: Path) -> None:
    shutil.copytree(library.path, tmp_path / "before")
    Subjects(library.gate).withdraw(ANN)
    library.gate.log.close()
    shutil.rmtree(library.path)
    shutil.copytree(tmp_path / "before", library.path)
    assert code_of(lambda: open_masked(again(library), ONE)) == "log_rolled_back"


def test_with_the_clock_set_back_nothing_is_recorded_and_nothing_opens(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time_ns()
    Subjects(library.gate).record("granted", sessions=(ONE,))
    monkeypatch.setattr(time, "time_ns", lambda: now - 3600 * 10**9)
    fresh = again(library)
    assert code_of(lambda: Subjects(fresh.gate).withdraw(ANN)) == "clock_set_back"
    assert code_of(lambda: unmask(fresh, ONE)) == "clock_set_back"
    monkeypatch.undo()
    assert again(library).consent(ONE).status == "granted"


@pytest.mark.clause("P-15")
def test_a_stranger_records_nothing(library: Library, tmp_path: Path) -> None:
    stranger = Library.open(library.path, tmp_path / "stranger")
    for status in ("granted", "withdrawn"):
        assert code_of(lambda s=status: Subjects(stranger.gate).record(s, sessions=(ONE,))) == "not_a_member"
    assert again(library).consent(ONE).status == "granted"
