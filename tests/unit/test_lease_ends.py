"""A lease ends with the grant that allowed it, though nothing new stands in the log."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from replay.store.sessions import SessionStore, unmasked
from replay.vault.actions import Action, Role
from replay.vault.classes import TrackClass
from replay.vault.grants import issue, new_grant_id
from replay.vault.lease import Denied, Request
from replay.vault.membership import GRANTS
from tests.teams import ONE, Team


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return Team.founded(tmp_path / "world")


def lent(team: Team, name: str, seconds: float) -> None:
    """The right to see originals, for a moment."""
    person = team.join(name)
    gate = team.library().gate
    grant_id, chain = new_grant_id(), gate.membership.chain
    document = issue(
        gate.identity,
        chain.cards[person],
        chain,
        role=Role.UNMASKER,
        purposes=("care",),
        keys=[gate.ring().get(c, 1) for c in TrackClass],
        policy_sha256=gate.policy.sha256,
        not_before_ms=gate.now_ms(),
        not_after_ms=gate.now_ms() + round(seconds * 1000),
        grant_id=grant_id,
    )
    gate.records.commit({GRANTS + grant_id: document}, "grant")


def test_what_a_short_grant_opened_closes_when_the_grant_ends(team: Team) -> None:
    lent(team, "Guest", 3.0)
    library = team.library("Guest")
    store = SessionStore(library, unmasked("care"))
    lease = library.gate.lease(Request(Action.UNMASK, TrackClass.RAW, "care", ONE))
    assert store.open_track(ONE, "video").read(4) == b"film"
    lease.check()
    time.sleep(3.1)
    with pytest.raises(Denied):
        lease.check()
    with pytest.raises(Denied):
        store.open_track(ONE, "video")
