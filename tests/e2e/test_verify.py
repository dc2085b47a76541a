"""`safelight verify`: green on a sound library, hidden from everything else, signed, and read by the gate."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest

from app.attack.attacks import ATTACKS
from app.attack.canaries import enrolled
from replay.store.library import Library
from replay.store.sessions import SessionStore
from replay.vault.actions import Action
from replay.vault.canary import is_canary
from replay.vault.classes import TrackClass
from replay.vault.gate import PROOF
from replay.vault.lease import Denied, Request
from replay.vault.opening import gate_of
from replay.vault.proof import DUE_MS, Tried, sign_proof
from tests.cli import run
from tests.export_sessions import write_capture
from tests.vault_people import person


@pytest.fixture(scope="module")
def proven(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    """A library with one imported session, verified once, and what the command answered."""
    folder = tmp_path_factory.mktemp("verify")
    home, library = folder / "home", folder / "library"
    capture = write_capture(folder / "capture")
    assert run("import", capture, "--library", library, "--consent", "granted", home=home).code == 0
    answer = run("verify", library, home=home)
    assert answer.code == 0, answer
    return folder, answer.json


@pytest.fixture
def copy(proven: tuple[Path, dict[str, object]], tmp_path: Path) -> Library:
    """A copy of library and home for a test that changes them."""
    shutil.copytree(proven[0], tmp_path / "copy")
    return Library.open(tmp_path / "copy" / "library", tmp_path / "copy" / "home")


def test_every_attack_is_denied_and_logged_beside_its_control(proven):
    answer = proven[1]
    assert answer["ok"] is True
    assert [a["name"] for a in answer["attacks"]] == list(ATTACKS)
    assert all(a["denied"] and a["logged"] and a["control"] and a["how"] for a in answer["attacks"])
    assert {a["on"] for a in answer["attacks"]} == {"live", "copy"}


def test_the_live_library_gains_canaries_a_proof_and_a_strangers_denials_and_nobody(proven):
    library = Library.open(proven[0] / "library", proven[0] / "home")
    gate = library.gate
    gate.log.refresh()
    assert gate.membership.roster.version == 1
    assert gate.log.verify().ok
    acts = {e.act for e in gate.log.entries()}
    assert acts <= {"library_made", "import", "browse", "open", "verify", "proof", "attack", "screen", "prepared"}
    strangers = list(gate.log.uncounted())
    assert {(e.decision, e.reasons[0]) for e in strangers} == {("denied", "not_a_member")}
    assert len([s for s in gate.published_ids() if is_canary(s)]) == 3
    gate.log.close()


def test_canaries_are_listed_nowhere(proven):
    home = proven[0] / "home"
    answer = run("sessions", proven[0] / "library", home=home)
    library = Library.open(proven[0] / "library", home)
    assert [s["id"] for s in answer.json["sessions"]] == list(library.session_ids())
    assert len(library.session_ids()) == 1
    assert SessionStore(library).catalogue().num_rows == 1
    assert run("show", proven[0] / "library", "SAFELIGHTC", home=home).json["error"]["code"] == "no_such_session"
    library.gate.log.close()


def test_a_second_run_reuses_the_canaries_and_nothing_stays_behind(copy):
    before = copy.gate.published_ids()
    assert set(enrolled(copy).all) | set(copy.session_ids()) == set(before)
    assert copy.gate.published_ids() == before
    assert list(copy.staging.iterdir()) == []
    copy.gate.log.close()


def test_a_library_altered_in_its_canary_is_not_proven_and_then_read_only(copy):
    canary = next(s for s in copy.gate.published_ids() if is_canary(s) and copy.consent(s).status == "granted")
    pointer = copy.session_dir(canary) / "pointer.1"
    content = bytearray(pointer.read_bytes())
    content[-1] ^= 1
    pointer.write_bytes(content)
    copy.gate.log.close()
    home, [session] = copy.path.parent / "home", copy.session_ids()
    answer = run("verify", copy.path, home=home)
    assert (answer.code, answer.json["ok"]) == (1, False)
    assert run("label", "list", copy.path, session, home=home).code == 0
    refused = Library.open(copy.path, home)
    with pytest.raises(Denied) as e:
        refused.gate.lease(Request(Action.EDIT, TrackClass.LABELS, "curation", session))
    assert (e.value.code, "safelight verify LIB" in e.value.remedy) == ("library_read_only", True)
    # The library itself is sound: fresh canaries take the place of the altered one.
    assert canary not in enrolled(refused).all
    assert canary not in refused.gate.published_ids()
    refused.gate.log.close()


READ_ONLY = (Action.IMPORT, Action.ADMINISTER)
NEVER_BLOCKED = (Action.WITHDRAW, Action.ERASE, Action.REVOKE, Action.VERIFY, Action.REPORT, Action.READ_LOG)


def test_an_overdue_proof_blocks_change_and_export_but_never_viewing_or_taking_back(copy):
    home = copy.path.parent / "later"
    [session] = copy.session_ids()
    ms = copy.gate.last_proof().at_ms + DUE_MS + 1  # type: ignore[union-attr]
    gate = gate_of(copy.path, copy.id, copy.gate.identity, home, now_ms=lambda: ms)
    later = dataclasses.replace(copy, keys=gate)
    for action in NEVER_BLOCKED:
        gate.permit(action, "test")
    gate.lease(Request(Action.UNMASK, TrackClass.RAW, "test", session))
    assert SessionStore(later).read_table(session, "pointer").num_rows > 0
    for action in READ_ONLY:
        with pytest.raises(Denied) as e:
            gate.permit(action, "test")
        assert e.value.code in ("library_read_only", "wrong_class"), action
    for action, track_class in ((Action.EDIT, TrackClass.LABELS), (Action.EXPORT, TrackClass.RAW)):
        with pytest.raises(Denied) as e:
            gate.lease(Request(action, track_class, "test", session))
        assert e.value.code == "library_read_only"
    gate.log.close()


def test_only_a_custodians_proof_counts(copy):
    forged = sign_proof(person("Curator"), copy.id, copy.gate.now_ms(), "", [Tried("all", True)])
    copy.gate.log.refresh()
    assert not copy.gate.proof_is_due()
    copy.gate.records.commit({PROOF: forged}, "proof")
    assert copy.gate.proof_is_due()
    copy.gate.log.close()


def test_a_proof_from_the_future_or_of_another_library_proves_nothing(copy):
    gate = copy.gate
    gate.log.refresh()
    ahead = sign_proof(gate.identity, copy.id, gate.now_ms() + 3_600_000, "", [Tried("all", True)])
    gate.records.commit({PROOF: ahead}, "proof")
    assert gate.proof_is_due()
    other = sign_proof(gate.identity, "0" * 32, gate.now_ms(), "", [Tried("all", True)])
    gate.records.commit({PROOF: other}, "proof")
    assert gate.proof_is_due()
    gate.records.commit({PROOF: sign_proof(gate.identity, copy.id, gate.now_ms(), "", [])}, "proof")
    assert gate.proof_is_due()
    gate.log.close()


def test_a_stranger_cannot_verify(proven, tmp_path):
    answer = run("verify", proven[0] / "library", home=tmp_path / "stranger")
    assert (answer.code, answer.json["error"]["code"]) == (1, "not_a_member")


def test_a_read_only_library_takes_the_canaries_that_its_proof_needs(tmp_path):
    library = Library.create(tmp_path / "library", tmp_path / "home")
    gate = library.gate
    gate.records.commit({PROOF: sign_proof(gate.identity, library.id, 0, "", [Tried("all", False)])}, "proof")
    assert gate.proof_is_due()
    assert len(set(enrolled(library).all)) == 3
    gate.log.close()
