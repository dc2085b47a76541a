"""Who may do what follows from the roster and the grants, at once and for nobody else."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from app.access import revoke
from replay.errors import NotFound, Refused
from replay.store.library import marker_id
from replay.store.sessions import SessionStore, unmasked
from replay.vault.actions import Action, Role
from replay.vault.administration import Administration, Terms
from replay.vault.classes import TrackClass
from replay.vault.grants import GrantRefused
from replay.vault.identity import new_identity
from replay.vault.keys import KeyRefused
from replay.vault.lease import Denied, Request
from replay.vault.opening import gate_of
from replay.vault.recovery import load_recovery, recovery_keys_in
from replay.vault.roster import RosterRefused
from tests.teams import ONE, TITLE, TWO, Team


def silent(done: int, total: int, what: str) -> None:
    del done, total, what


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Team:
    return Team.founded(tmp_path_factory.mktemp("founded") / "world")


@pytest.fixture
def team(founded: Team, tmp_path: Path) -> Team:
    return founded.copied(tmp_path / "world")


def refused(act: object) -> str:
    assert callable(act)
    with pytest.raises((Refused, NotFound, KeyRefused, RosterRefused, GrantRefused)) as caught:
        act()
    return caught.value.code


def test_a_member_without_a_grant_may_do_nothing(team: Team) -> None:
    team.join("bob")
    assert refused(lambda: team.titles("bob")) == "no_grant"
    assert refused(lambda: team.admin("bob").revoke(team.identity("Maker").card.id)) == "no_grant"


def test_a_stranger_does_not_even_learn_who_the_members_are(team: Team) -> None:
    new_identity(team.home("stranger"), "Stranger")
    assert refused(lambda: team.admin("stranger").members()) == "not_a_member"
    assert refused(lambda: team.titles("stranger")) == "not_a_member"
    entries = [e for e in team.library("stranger").gate.log.uncounted() if e.reasons == ("not_a_member",)]
    assert {e.act for e in entries} >= {"look_up"}


def test_a_curator_reads_masked_rows_and_decisions_and_nothing_raw(team: Team) -> None:
    team.join("bob", Role.CURATOR)
    assert team.titles("bob") == team.titles()
    assert team.edit_titles("bob") == ["A telling title"]
    raw = SessionStore(team.library("bob"), unmasked("care"))
    assert refused(lambda: raw.read_table(ONE, "windows")) == "no_grant"


def test_a_grant_of_one_session_opens_that_session_alone(team: Team) -> None:
    team.join("bob", Role.UNMASKER, sessions=(ONE,))
    store = SessionStore(team.library("bob"), unmasked("care"))
    assert store.read_table(ONE, "windows")["title"][0].as_py() == TITLE
    assert refused(lambda: store.read_table(TWO, "windows")) == "out_of_scope"


def test_a_grant_ends_when_its_days_are_over(team: Team) -> None:
    bob = team.join("bob")
    team.admin().grant(bob, Terms(Role.CURATOR, ("*",), None, 0.5 / 24 / 3600))
    time.sleep(0.6)
    assert refused(lambda: team.titles("bob")) == "grant_expired"


def test_only_custodians_change_who_may_do_what(team: Team) -> None:
    bob = team.join("bob", Role.CURATOR, Role.UNMASKER, Role.REVIEWER, Role.EXPORTER, Role.INGEST, Role.AUDITOR)
    dora = new_identity(team.home("dora"), "Dora").card
    acts = (
        lambda: team.admin("bob").add(dora),
        lambda: team.admin("bob").grant(bob, Terms(Role.CUSTODIAN, ("*",))),
        lambda: team.admin("bob").revoke(team.identity("Maker").card.id),
        lambda: team.admin("bob").recover(dora),
    )
    assert [refused(act) for act in acts] == ["no_grant", "no_grant", "no_grant", "not_the_recovery_key"]
    denials = [e for e in team.entries() if e.device == bob and e.decision == "denied"]
    assert [e.act for e in denials] == ["administer", "administer", "revoke"]


def test_a_granted_custodian_administers(team: Team) -> None:
    team.join("carol", Role.CUSTODIAN)
    dora = new_identity(team.home("dora"), "Dora").card
    carol = team.admin("carol")
    carol.add(dora)
    carol.grant(dora.id, Terms(Role.CURATOR, ("curation",)))
    assert team.titles("dora") == team.titles()
    assert refused(lambda: team.titles("carol")) == "no_grant"  # the keys pass through their hands and open nothing


def test_a_grant_names_what_there_is(team: Team) -> None:
    bob = team.join("bob")
    admin = team.admin()
    assert refused(lambda: admin.grant(bob, Terms(Role.CURATOR, ("*",), ("C" * 26,)))) == "no_such_session"
    assert refused(lambda: admin.grant("p-nobody", Terms(Role.CURATOR, ("*",)))) == "no_such_member"
    assert refused(lambda: admin.grant(bob, Terms(Role.CURATOR, ()))) == "grant_terms"
    assert refused(lambda: team.titles("bob")) == "no_grant"
    assert admin.member("bob").card.id == bob == admin.member(bob[:8]).card.id
    assert refused(lambda: admin.member("nobody")) == "no_such_member"


def test_an_open_library_denies_somebody_within_two_seconds_of_their_revocation(team: Team) -> None:
    bob = team.join("bob", Role.CURATOR)
    theirs = team.library("bob")
    lease = theirs.gate.lease(Request(Action.OPEN, TrackClass.MASKED, "curation", ONE))
    lease.check()
    team.admin().revoke(bob)
    time.sleep(0.3)  # a lease in use trusts what the log said a quarter of a second ago
    with pytest.raises(Denied):
        lease.check()
    assert refused(lambda: team.titles("bob")) == "revoked"


def test_nobody_revokes_themselves_and_a_revoked_identity_stays_out(team: Team) -> None:
    admin = team.admin()
    assert refused(lambda: admin.revoke(team.identity("Maker").card.id)) == "own_revocation"
    bob = team.join("bob", Role.CURATOR)
    revoke(team.library(), bob, silent)
    assert refused(lambda: admin.add(team.identity("bob").card)) == "roster_known_member"
    assert refused(lambda: admin.grant(bob, Terms(Role.CURATOR, ("*",)))) == "no_such_member"


def test_revoking_somebody_who_held_no_keys_is_done_at_once(team: Team) -> None:
    bob = team.join("bob", Role.AUDITOR)
    done = revoke(team.library(), bob, silent)
    assert (done.status, done.rotated.objects) == ("done", 0)
    assert refused(lambda: team.library("bob").gate.permit(Action.READ_LOG)) == "revoked"


def test_what_a_revoked_custodian_granted_still_holds(team: Team) -> None:
    carol = team.join("carol", Role.CUSTODIAN)
    for name, sessions in (("dora", None), ("emil", (ONE,))):
        card = new_identity(team.home(name), name).card
        team.admin("carol").add(card)
        team.admin("carol").grant(card.id, Terms(Role.UNMASKER, ("*",), sessions))
    for moment in ("revoked", "rotated"):
        if moment == "revoked":
            team.admin().revoke(carol)
        else:
            assert revoke(team.library(), carol, silent).status == "done"
        for name in ("dora", "emil"):
            store = SessionStore(team.library(name), unmasked("care"))
            assert store.read_table(ONE, "windows")["title"][0].as_py() == TITLE
    assert all(g.issued_by != carol for g in team.admin().grants())


def test_a_roster_left_by_a_crash_hinders_nobody(team: Team) -> None:
    """A version that the log never named, signed by a custodian who meant it."""
    bob, dora = team.join("bob", Role.CURATOR), team.join("dora", Role.CURATOR)
    spare = team.copied(team.folder.parent / "spare")
    spare.admin().revoke(dora)
    orphan = max((spare.path / "roster").iterdir(), key=lambda path: int(path.stem))
    (team.path / "roster" / orphan.name).write_bytes(orphan.read_bytes())
    open_before = team.library("dora")
    assert team.titles("dora") == team.titles("bob")
    assert revoke(team.library(), bob, silent).status == "done"
    assert team.titles("dora") == team.titles()
    assert refused(lambda: team.titles("bob")) == "revoked"
    assert SessionStore(open_before).read_table(ONE, "windows").num_rows == 1


def test_a_maker_who_lost_everything_comes_back_by_the_recovery_key(team: Team) -> None:
    (key,) = recovery_keys_in(team.home("Maker"))
    moved = key.rename(team.folder / "in-a-safe.txt")
    maker = team.identity("Maker").card.id
    (team.home("Maker") / "identity.keys").unlink()
    new_identity(team.home("back"), "Back again")
    card = team.identity("back").card
    gate = gate_of(team.path, marker_id(team.path), load_recovery(moved), team.home("back"))
    Administration(gate).recover(card)
    gate.log.close()
    assert team.titles("back").keys() == {ONE, TWO}
    assert team.edit_titles("back") == ["A telling title"]
    assert revoke(team.library("back"), maker, silent).status == "done"
    assert team.edit_titles("back") == ["A telling title"]
    roles = {g.role for g in team.admin("back").grants() if g.person == card.id}
    assert roles == set(Role) - {Role.SUBJECT}
