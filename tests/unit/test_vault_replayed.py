"""What lies in a library and is not in force: statements put back by somebody who did not make them, and strays."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from replay.errors import BadInput
from replay.store.library import Library
from replay.store.sessions import SessionStore, unmasked
from replay.vault import statements
from replay.vault.actions import Action, Role
from replay.vault.administration import Terms
from replay.vault.classes import TrackClass
from replay.vault.gate import CONSENT, PROOF, SESSIONS
from replay.vault.lease import Denied, Request
from replay.vault.proof import Tried, sign_proof
from replay.vault.subjects import Subjects
from tests.teams import ONE, TWO, Team

BOB = "Bob"


@pytest.fixture
def team(tmp_path: Path) -> Team:
    team = Team.founded(tmp_path)
    team.join(BOB, Role.CURATOR, Role.UNMASKER)
    return team


def in_force(library: Library, name: str) -> bytes:
    library.gate.log.refresh()
    return library.gate.records.read(name)


def put(team: Team, name: str, document: bytes | None) -> None:
    """What anybody can do who holds a member's key: lay a document there and name it in their own log."""
    gate = team.library(BOB).gate
    head = gate.log.heads.get(name)
    version = 1 if head is None else head.version + 1
    if document is not None:
        path = gate.records.path_of(name, version)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(document)
    sha256 = None if document is None else hashlib.sha256(document).hexdigest()
    gate.log.append("replay", records={name: (version, sha256)})


def unmask(library: Library, session: str) -> bytes:
    with SessionStore(library, unmasked("care")).open_track(session, "video") as track:
        return track.read(4)


def test_consent_that_was_withdrawn_is_not_put_back(team: Team) -> None:
    custodian = Subjects(team.library().gate)
    custodian.record("granted", sessions=(ONE,))
    granted = in_force(team.library(), CONSENT + ONE)
    assert unmask(team.library(BOB), ONE) == b"film"
    custodian.record("withdrawn", sessions=(ONE,))
    put(team, CONSENT + ONE, granted)
    assert team.library().gate.consent(ONE).status == "withdrawn"
    with pytest.raises(Denied, match="withdrew"):
        unmask(team.library(BOB), ONE)


@pytest.mark.parametrize("by", [BOB, "Maker"])
def test_consent_about_one_session_says_nothing_of_another(team: Team, by: str) -> None:
    Subjects(team.library().gate).record("granted", sessions=(ONE,))
    granted = in_force(team.library(), CONSENT + ONE)
    team.library(by).gate.records.commit({CONSENT + TWO: granted}, "replay")
    assert team.library().gate.consent(ONE).status == "granted"
    assert team.library().gate.consent(TWO).status == "withdrawn"


def test_a_failed_proof_is_not_replaced_by_an_older_one(team: Team) -> None:
    maker = team.library()
    gate = maker.gate
    for withstood in (True, False):
        document = sign_proof(gate.identity, gate.library_id, gate.now_ms(), "0" * 64, [Tried("a", withstood)])
        if withstood:
            sound = document
        gate.records.commit({PROOF: document}, "proof")
        assert gate.proof_is_due() is not withstood
    put(team, PROOF, sound)
    assert team.library().gate.proof_is_due()


def test_an_object_list_that_was_replaced_is_not_put_back(team: Team) -> None:
    gate = team.library().gate
    older = in_force(team.library(), SESSIONS + ONE)
    put(team, SESSIONS + ONE, older)
    gate.log.refresh()
    with pytest.raises(BadInput) as refused:
        gate.manifest_body(ONE)
    assert refused.value.code == "record_replayed"


def test_a_grant_that_ended_is_not_put_back_by_whom_it_was_for(team: Team) -> None:
    maker = team.library()
    mine = next(
        g
        for g in maker.gate.membership.all_grants()
        if g.person == team.identity(BOB).card.id and g.role is Role.UNMASKER
    )
    name = f"grant/{mine.id}"
    document = in_force(maker, name)
    assert unmask_lease(team)
    maker.gate.records.commit({name: None}, "grant_ended")
    put(team, name, document)
    with pytest.raises(Denied):
        unmask_lease(team)
    assert mine.id not in {g.id for g in team.library().gate.membership.all_grants()}


def unmask_lease(team: Team) -> bool:
    gate = team.library(BOB).gate
    Subjects(team.library().gate).record("granted", sessions=(ONE,))
    gate.lease(Request(Action.UNMASK, TrackClass.RAW, "care", ONE))
    return True


def test_a_member_who_names_rubbish_as_a_grant_keeps_nobody_out(team: Team) -> None:
    maker = team.library()
    other = next(g for g in maker.gate.membership.all_grants() if g.person != maker.gate.identity.card.id)
    put(team, f"grant/{other.id}", b"rubbish")
    put(team, "grant/aaaaaaaaaaaaaaaa", b"rubbish")
    assert team.admin().grants()
    team.admin().revoke(team.identity(BOB).card.id)


@pytest.mark.parametrize("stray", ["9.json", "2 (conflict).json", "0003.json"])
def test_what_lies_beside_the_rosters_is_none(team: Team, stray: str) -> None:
    (team.path / "roster" / stray).mkdir()
    assert team.library(BOB).gate.membership.roster.member(team.identity(BOB).card.id)


def test_a_roster_that_is_missing_is_a_refusal(team: Team) -> None:
    (team.path / "roster" / "1.json").unlink()
    with pytest.raises(BadInput) as refused:
        team.library(BOB)
    assert refused.value.code == "roster_missing"


def test_a_marker_that_is_nested_without_end_is_damage(team: Team) -> None:
    (team.path / "library.json").write_bytes(b"[" * 100_000)
    with pytest.raises(BadInput) as refused:
        Library.open(team.path, team.home(BOB))
    assert refused.value.code == "library_damaged"


@pytest.mark.parametrize("name", ["roster", "library-key", "proof"])
def test_what_only_custodians_say_is_not_ended_by_a_member(team: Team, name: str) -> None:
    put(team, name, None)
    assert team.titles("Maker")
    team.admin().revoke(team.identity(BOB).card.id)
    assert team.titles("Maker")


def test_somebody_who_became_a_custodian_is_heard_from_then_on(team: Team) -> None:
    watching = team.library()
    put(team, "grant/aaaaaaaaaaaaaaaa", b"rubbish")
    watching.gate.log.refresh()
    dora = team.join("Dora", Role.CUSTODIAN)
    emil = team.join("Emil")
    team.admin("Dora").grant(emil, Terms(Role.AUDITOR, ("*",)))
    watching.gate.log.refresh()
    grants = watching.gate.membership.all_grants()
    assert [g.person for g in grants if g.issued_by == dora] == [emil]
    assert "grant/aaaaaaaaaaaaaaaa" not in watching.gate.log.heads


def test_a_list_by_somebody_who_never_might_publish_is_refused_after_their_revocation_too(team: Team) -> None:
    body = dict(team.library().gate.manifest_body(ONE))
    assert body["consent"] != "limited"
    forged = {**body, "consent": "limited", "consent_purposes": ["advertising"]}
    put(team, SESSIONS + ONE, statements.sign(team.identity(BOB), "manifest", forged))
    team.admin().revoke(team.identity(BOB).card.id)
    with pytest.raises(BadInput) as refused:
        team.titles()
    assert refused.value.code == "session_unfounded"


def test_what_somebody_published_outlives_their_revocation(team: Team) -> None:
    ingo = team.join("Ingo", Role.INGEST, Role.CURATOR)
    body = dict(team.library().gate.manifest_body(ONE))
    signed = statements.sign(team.identity("Ingo"), "manifest", body)
    team.library("Ingo").gate.records.commit({SESSIONS + ONE: signed}, "screened")
    team.admin().revoke(ingo)
    assert set(team.titles()) == {ONE, TWO}


def test_rubbish_for_a_consent_withdraws_one_session_and_keeps_nobody_from_the_rest(team: Team) -> None:
    put(team, CONSENT + ONE, b"rubbish")
    library = team.library()
    assert library.gate.stated_consents()[ONE].status == "withdrawn"
    assert SessionStore(library).read_table(TWO, "windows").num_rows == 1


def test_a_library_that_was_never_proven_has_no_proof(team: Team) -> None:
    assert team.library().gate.last_proof() is None
