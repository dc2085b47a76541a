"""Members come, work, are revoked and recover, each by their own command line and with their own home."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli import Answer, run
from tests.teams import ONE, TITLE, Team


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return Team.founded(tmp_path / "world")


def code(answer: Answer) -> str:
    assert answer.code == 1
    return str(answer.json["error"]["code"])


def test_somebody_is_let_in_works_and_is_revoked(team: Team) -> None:
    lib, maker, bob = team.path, team.home("Maker"), team.home("bob")
    card = run("whoami", "--new", "Bob", "--card", team.folder / "bob.json", home=bob).json
    assert code(run("sessions", lib, home=bob)) == "not_a_member"
    added = run("roster", "add", lib, team.folder / "bob.json", home=maker)
    assert added.json == {"id": card["id"], "name": "Bob", "status": "added"}
    assert card["id"] in added.stderr
    granted = run("grant", lib, "Bob", "--role", "curator", "--purpose", "curation", "--days", "30", home=maker)
    assert (granted.code, granted.json["status"], granted.json["person"]) == (0, "granted", card["id"])
    assert granted.json["not_after_ms"] - granted.json["not_before_ms"] == 30 * 24 * 3600 * 1000
    assert len(run("sessions", lib, home=bob).json["sessions"]) == 2
    assert run("cut", "list", lib, ONE[:4], home=bob).code == 0
    listed = {m["name"]: m for m in run("roster", "list", lib, home=bob).json["members"]}
    assert (listed["Bob"]["roles"], listed["Recovery key"]["recovery"]) == (["curator"], True)
    revoked = run("revoke", lib, card["id"][:8], home=maker).json
    assert (revoked["status"], revoked["missing"], revoked["rotation"]["sessions"]) == ("done", [], 2)
    assert revoked["denied_after_s"] < 2
    assert code(run("sessions", lib, home=bob)) == "revoked"
    assert run("revoke", lib, "Bob", home=maker).json["rotation"]["sessions"] == 0
    assert run("rotate", lib, home=maker).json["status"] == "done"
    assert [g["name"] for g in run("grant", "list", lib, home=maker).json["grants"]].count("Bob") == 0
    assert len(run("sessions", lib, home=maker).json["sessions"]) == 2


def test_a_grant_needs_a_role_and_a_purpose(team: Team) -> None:
    lib, maker = team.path, team.home("Maker")
    assert run("grant", lib, "Maker", "--role", "curator", home=maker).code == 2
    assert run("grant", lib, "Maker", "--purpose", "x", home=maker).code == 2
    assert code(run("grant", lib, "Zoe", "--role", "curator", "--purpose", "x", home=maker)) == "no_such_member"
    assert code(run("roster", "add", lib, team.folder / "none.json", home=maker)) == "card_unreadable"
    (team.folder / "none.json").write_text(f'{{"id": "{TITLE}"}}')
    assert code(run("roster", "add", lib, team.folder / "none.json", home=maker)) == "card_damaged"
    assert code(run("revoke", lib, "Maker", home=maker)) == "own_revocation"


def test_a_maker_whose_home_is_lost_comes_back_by_the_recovery_key(team: Team) -> None:
    lib, back = team.path, team.home("back")
    (key,) = team.home("Maker").glob("safelight-recovery-*.txt")
    lost = team.identity("Maker").card.id
    moved = key.rename(team.folder / "from-the-safe.txt")
    for left in sorted(team.home("Maker").rglob("*"), reverse=True):
        left.rmdir() if left.is_dir() else left.unlink()
    assert code(run("sessions", lib, home=back)) == "not_a_member"
    (team.folder / "wrong.txt").write_text("no key")
    assert code(run("recover", lib, "--key", team.folder / "wrong.txt", home=back)) == "recovery_damaged"
    recovered = run("recover", lib, "--key", moved, home=back)
    assert recovered.json["status"] == "recovered"
    assert [c["id"] for c in recovered.json["other_custodians"]] == [lost]
    assert run("revoke", lib, lost, home=back).json["status"] == "done"
    assert len(run("sessions", lib, home=back).json["sessions"]) == 2
    assert run("show", lib, ONE, home=back).code == 0
