"""Grants: the keys in one open for its person alone, and only while every word of it stands as it was issued."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from replay.errors import BadInput
from replay.vault import statements
from replay.vault.actions import Role
from replay.vault.bodies import body_of
from replay.vault.classes import TrackClass
from replay.vault.grants import ROLE_CLASSES, Grant, GrantRefused, WrappedKey, issue, open_keys, read_grant, rewrap
from replay.vault.identity import Identity
from replay.vault.keys import SessionKey
from replay.vault.roster import RosterChain
from tests.vault_people import Founded, class_keys, person

POLICY = "ab" * 32
KEYS = class_keys()
SESSION_KEYS = tuple(SessionKey(s, c, 1, bytes([i]) * 32) for i, s in enumerate(("s1", "s2")) for c in TrackClass)


class House:
    """A library with Ann, a member, and Cus, a second custodian."""

    def __init__(self) -> None:
        self.founded = Founded.fresh()
        self.maker = self.founded.maker
        self.ann = self.founded.join("Ann")
        self.cus = self.founded.join("Cus", is_custodian=True)

    @property
    def chain(self) -> RosterChain:
        return self.founded.chain

    def grant(self, by: Identity | None = None, **terms: Any) -> bytes:
        said = {"role": Role.REVIEWER, "purposes": ["quality"], "keys": KEYS, "policy_sha256": POLICY}
        said |= {"not_before_ms": 1_000, "not_after_ms": 2_000}
        return issue(by or self.maker, self.ann.card, self.chain, **(said | terms))

    def read(self, document: bytes) -> Grant:
        return read_grant(document, self.chain)

    def refused_with(self, document: bytes) -> str:
        with pytest.raises(BadInput) as refused:
            self.read(document)
        return refused.value.code


@pytest.fixture(scope="module")
def house() -> House:
    return House()


@pytest.fixture
def own_house() -> House:
    """One whose roster the test changes."""
    return House()


@pytest.mark.parametrize("role", list(Role))
def test_a_grant_holds_the_keys_of_its_role_and_no_more(house: House, role: Role) -> None:
    grant = house.read(house.grant(role=role))
    assert {k.track_class for k in open_keys(grant, house.ann)} == ROLE_CLASSES[role]
    assert set(open_keys(grant, house.ann)) <= set(KEYS)


def test_a_curator_cannot_unmask_and_an_auditor_holds_nothing() -> None:
    assert TrackClass.RAW not in ROLE_CLASSES[Role.CURATOR]
    assert TrackClass.LABELS not in ROLE_CLASSES[Role.UNMASKER]
    assert ROLE_CLASSES[Role.AUDITOR] == ROLE_CLASSES[Role.SUBJECT] == frozenset()
    assert ROLE_CLASSES.keys() == set(Role)


def test_a_grant_reads_back_as_it_was_issued(house: House) -> None:
    grant = house.read(house.grant(role=Role.CURATOR, purposes=["quality", "safety"], grant_id="g1"))
    assert (grant.id, grant.person, grant.role) == ("g1", house.ann.card.id, Role.CURATOR)
    assert (grant.purposes, grant.sessions) == (("quality", "safety"), None)
    assert (grant.not_before_ms, grant.not_after_ms, grant.policy_sha256) == (1_000, 2_000, POLICY)
    assert (grant.roster_version, grant.issued_by) == (3, house.maker.card.id)
    assert grant.library == house.founded.library


def test_every_grant_has_an_id_of_its_own(house: House) -> None:
    assert len({house.read(house.grant()).id for _ in range(20)}) == 20


def test_no_key_lies_open_in_a_grant(house: House) -> None:
    grant = house.read(house.grant())
    for key in KEYS:
        assert all(key.secret not in wrapped.sealed for wrapped in grant.keys)


def test_a_grant_for_sessions_holds_keys_of_those_sessions_alone(house: House) -> None:
    grant = house.read(house.grant(sessions=["s1"], keys=[*KEYS, *SESSION_KEYS]))
    opened = open_keys(grant, house.ann)
    assert set(opened) == {k for k in SESSION_KEYS if k.session == "s1"}


def test_a_grant_for_the_collection_holds_no_session_keys(house: House) -> None:
    grant = house.read(house.grant(keys=[*KEYS, *SESSION_KEYS]))
    assert set(open_keys(grant, house.ann)) == set(KEYS)


def test_a_grant_opens_for_its_person_alone(house: House) -> None:
    grant = house.read(house.grant())
    for other in (house.maker, house.cus, person("Eve")):
        with pytest.raises(GrantRefused) as refused:
            open_keys(grant, other)
        assert refused.value.code == "grant_not_yours"
        with pytest.raises(GrantRefused) as refused:
            open_keys(replace(grant, person=other.card.id), other)
        assert refused.value.code == "grant_altered"


@pytest.mark.parametrize(
    "change",
    [
        {"id": "other"},
        {"role": Role.EXPORTER},
        {"purposes": ("*",)},
        {"purposes": ("quality", "more")},
        {"not_before_ms": 0},
        {"not_after_ms": 2_001},
        {"not_after_ms": None},
        {"policy_sha256": "cd" * 32},
        {"roster_version": 2},
    ],
    ids=str,
)
def test_changed_terms_open_nothing_even_under_a_custodians_signature(house: House, change: dict[str, Any]) -> None:
    changed = replace(house.read(house.grant()), **change)
    grant = house.read(statements.sign(house.maker, "grant", body_of(changed)))  # rightly signed: it reads
    with pytest.raises(GrantRefused) as refused:
        open_keys(grant, house.ann)
    assert refused.value.code == "grant_altered"


def test_a_wider_scope_opens_nothing(house: House) -> None:
    grant = house.read(house.grant(sessions=["s1"], keys=SESSION_KEYS))
    wider = replace(grant, sessions=("s1", "s2"))
    with pytest.raises(GrantRefused) as refused:
        open_keys(house.read(statements.sign(house.maker, "grant", body_of(wider))), house.ann)
    assert refused.value.code == "grant_altered"


def test_another_custodian_cannot_put_their_name_on_a_grant(house: House) -> None:
    grant = replace(house.read(house.grant()), issued_by=house.cus.card.id)
    with pytest.raises(GrantRefused):
        open_keys(house.read(statements.sign(house.cus, "grant", body_of(grant))), house.ann)


def relabelled(key: WrappedKey) -> WrappedKey:
    return replace(key, track_class=TrackClass.RAW if key.track_class is TrackClass.LABELS else TrackClass.LABELS)


def test_sealed_keys_cannot_change_places(house: House) -> None:
    grant, other = house.read(house.grant()), house.read(house.grant())
    for keys in (other.keys, tuple(relabelled(k) for k in grant.keys), (replace(grant.keys[0], sealed=b""),)):
        with pytest.raises(GrantRefused) as refused:
            open_keys(replace(grant, keys=keys), house.ann)
        assert refused.value.code == "grant_altered"


def test_every_altered_byte_of_a_grant_is_noticed(house: House) -> None:
    document = house.grant(role=Role.CURATOR)
    for i in [*range(0, len(document), 53), len(document) - 1]:
        with pytest.raises(BadInput):
            house.read(document[:i] + bytes([document[i] ^ 1]) + document[i + 1 :])


# -- who may issue -----------------------------------------------------------------------------------------------------


def test_only_custodians_issue(house: House) -> None:
    for nobody in (house.ann, person("Eve")):
        with pytest.raises(GrantRefused) as refused:
            house.grant(by=nobody)
        assert refused.value.code == "grant_unfounded"


def test_a_grant_signed_by_somebody_else_is_refused(house: House) -> None:
    grant = house.read(house.grant())
    self_made = replace(grant, issued_by=house.ann.card.id)
    assert house.refused_with(statements.sign(house.ann, "grant", body_of(self_made))) == "grant_unfounded"
    assert house.refused_with(statements.sign(house.ann, "grant", body_of(grant))) == "grant_unfounded"
    assert house.refused_with(statements.sign(house.cus, "grant", body_of(grant))) == "grant_unfounded"
    assert house.refused_with(statements.sign(person("Eve"), "grant", body_of(grant))) == "statement_unknown_signer"


def test_a_second_signature_makes_it_another_statement(house: House) -> None:
    assert house.refused_with(statements.cosign(house.grant(), house.cus)) == "grant_unfounded"


def test_a_revoked_custodian_can_neither_issue_nor_date_back(own_house: House) -> None:
    before = own_house.grant(by=own_house.cus)
    own_house.read(before)
    own_house.founded.add(own_house.chain.draft().with_revocation(own_house.cus.card.id, 5))
    with pytest.raises(GrantRefused):
        own_house.grant(by=own_house.cus)
    assert own_house.refused_with(before) == "grant_unfounded"  # it cannot be told from one that was dated back


def test_a_dismissed_custodians_grants_fall_with_them(own_house: House) -> None:
    before = own_house.grant(by=own_house.cus)
    own_house.founded.add(own_house.chain.draft().with_custodian(own_house.cus.card.id, False))
    assert own_house.refused_with(before) == "grant_unfounded"


def test_a_grant_issued_before_its_signer_was_a_custodian_is_refused(house: House) -> None:
    early = replace(house.read(house.grant(by=house.cus)), roster_version=2)
    assert house.refused_with(statements.sign(house.cus, "grant", body_of(early))) == "grant_unfounded"


def test_a_grant_from_another_library_of_the_same_people_is_refused(house: House) -> None:
    grant = replace(house.read(house.grant()), library="0" * 32)
    assert house.refused_with(statements.sign(house.maker, "grant", body_of(grant))) == "grant_of_another_library"


@pytest.mark.parametrize("version", [0, 4, 2**40])
def test_a_grant_under_a_roster_that_does_not_exist_is_refused(house: House, version: int) -> None:
    grant = replace(house.read(house.grant()), roster_version=version)
    assert house.refused_with(statements.sign(house.maker, "grant", body_of(grant))) == "roster_no_such_version"


# -- what a grant may say ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "terms",
    [
        {"purposes": []},
        {"purposes": [""]},
        {"not_before_ms": 2_000},
        {"not_before_ms": 3_000},
        {"keys": class_keys(2)},
    ],
    ids=str,
)
def test_terms_that_contradict_themselves_are_not_issued(house: House, terms: dict[str, Any]) -> None:
    with pytest.raises(GrantRefused) as refused:
        house.grant(**terms)
    assert refused.value.code == "grant_terms"


def test_nobody_outside_the_roster_is_granted_anything(house: House) -> None:
    with pytest.raises(GrantRefused) as refused:
        issue(
            house.maker,
            person("Eve").card,
            house.chain,
            role=Role.CURATOR,
            purposes=["*"],
            keys=KEYS,
            policy_sha256=POLICY,
            not_before_ms=0,
        )
    assert refused.value.code == "grant_terms"


WIDER: dict[str, Callable[[Grant], Grant]] = {
    "a key beyond its role": lambda g: replace(g, role=Role.CURATOR),
    "keys for an auditor": lambda g: replace(g, role=Role.AUDITOR),
    "a collection's key in a grant for sessions": lambda g: replace(g, sessions=("s1",)),
    "a session's key in a grant for the collection": lambda g: replace(
        g, keys=(replace(g.keys[0], session="s1"), *g.keys[1:])
    ),
    "an epoch to come": lambda g: replace(g, keys=(replace(g.keys[0], epoch=2),)),
    "an epoch before the first": lambda g: replace(g, keys=(replace(g.keys[0], epoch=0),)),
}


@pytest.mark.parametrize("wider", WIDER)
def test_a_custodian_cannot_make_readers_accept(house: House, wider: str) -> None:
    grant = WIDER[wider](house.read(house.grant()))
    assert house.refused_with(statements.sign(house.maker, "grant", body_of(grant))) == "grant_terms"


@pytest.mark.parametrize(
    "change",
    [{"role": "king"}, {"purposes": "quality"}, {"not_after_ms": "never"}, {"more": 1}, {"keys": None}, {"person": 1}],
    ids=str,
)
def test_a_grant_of_another_shape_is_refused(house: House, change: dict[str, Any]) -> None:
    body = body_of(house.read(house.grant())) | change
    assert house.refused_with(statements.sign(house.maker, "grant", body)) == "grant_malformed"


def test_a_roster_is_not_a_grant(house: House) -> None:
    assert house.refused_with(house.founded.documents[-1]) == "statement_wrong_kind"


# -- a fresh epoch -----------------------------------------------------------------------------------------------------


def test_rewrapping_gives_the_same_grant_with_other_keys(own_house: House) -> None:
    old = own_house.read(own_house.grant(role=Role.CURATOR))
    own_house.founded.add(own_house.chain.draft().with_epochs(TrackClass))
    fresh = class_keys(2)
    grant = own_house.read(rewrap(old, own_house.cus, own_house.chain, [*KEYS, *fresh]))
    assert replace(grant, keys=(), roster_version=3, issued_by=old.issued_by) == replace(old, keys=())
    assert (grant.roster_version, grant.issued_by) == (4, own_house.cus.card.id)
    held = {(k.track_class, k.epoch) for k in open_keys(grant, own_house.ann)}
    assert held == {(c, epoch) for c in ROLE_CLASSES[Role.CURATOR] for epoch in (1, 2)}


def test_a_revoked_custodians_grants_stand_once_another_rewraps_them(own_house: House) -> None:
    issued = own_house.read(own_house.grant(by=own_house.cus))
    own_house.founded.add(own_house.chain.draft().with_revocation(own_house.cus.card.id, 5))
    grant = own_house.read(rewrap(issued, own_house.maker, own_house.chain, KEYS, policy_sha256="ef" * 32))
    assert set(open_keys(grant, own_house.ann)) == set(KEYS)
    assert grant.policy_sha256 == "ef" * 32
