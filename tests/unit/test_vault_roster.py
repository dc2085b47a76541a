"""The roster: only custodians change it, nothing in it goes back, and the chain proves itself from the library's id."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from replay.errors import BadInput
from replay.vault import statements
from replay.vault.bodies import body_of
from replay.vault.card import Card
from replay.vault.classes import TrackClass
from replay.vault.identity import Identity
from replay.vault.roster import Member, Roster, RosterRefused, genesis, library_id_of, read_chain, sign_roster
from tests.vault_people import Founded, person

Body = dict[str, Any]


@pytest.fixture
def founded() -> Founded:
    return Founded.fresh()


def refused_with(founded: Founded, document: bytes) -> str:
    with pytest.raises(BadInput) as refused:
        founded.chain.extended([document])
    return refused.value.code


def forged(founded: Founded, change: Callable[[Body], object], by: Identity | None = None) -> bytes:
    """The next version after `change`, signed by a custodian who has no scruples."""
    body = copy.deepcopy(body_of(founded.chain.draft()))
    change(body)
    return statements.sign(by or founded.maker, "roster", body)


def test_the_first_roster_makes_two_custodians_and_needs_one_signature(founded: Founded) -> None:
    first = founded.chain.current
    assert (first.version, first.previous_sha256, first.quorum) == (1, None, 1)
    assert set(first.custodians) == {founded.maker.card.id, founded.recovery.card.id}
    assert [m.is_recovery for m in first.members] == [False, True]
    assert set(first.epochs.values()) == set(first.floors.values()) == {1}
    assert len(founded.library) == 32


def test_two_libraries_of_the_same_people_differ() -> None:
    maker, recovery = person("Maker"), person("Recovery")
    assert genesis(maker, recovery.card) != genesis(maker, recovery.card)


def test_a_chain_is_read_back_as_it_was_written(founded: Founded) -> None:
    ann = founded.join("Ann")
    founded.add(founded.chain.draft().with_epochs([TrackClass.RAW]).with_floors({TrackClass.RAW: 2}))
    chain = founded.add(founded.chain.draft().with_revocation(ann.card.id, 7))
    assert [r.version for r in chain.rosters] == [1, 2, 3, 4]
    assert chain.current.epochs[TrackClass.RAW] == chain.current.floors[TrackClass.RAW] == 2
    assert chain.current.epochs[TrackClass.MASKED] == 1
    assert chain.cards.keys() == {founded.maker.card.id, founded.recovery.card.id, ann.card.id}
    assert chain.log_limits == {ann.card.id: 7}
    assert chain.at(3).member(ann.card.id) != chain.current.member(ann.card.id)
    assert chain.until(3).log_limits == {}
    assert chain.until(3) == read_chain(founded.documents[:3], founded.library)


def test_reading_on_gives_what_reading_all_gives(founded: Founded) -> None:
    founded.join("Ann")
    founded.join("Bob")
    first = read_chain(founded.documents[:1], founded.library)
    assert first.extended(founded.documents[1:]) == founded.chain
    assert first.extended([]) == first


@pytest.mark.parametrize("version", [-1, 0, 2])
def test_a_version_that_does_not_exist_is_refused(founded: Founded, version: int) -> None:
    with pytest.raises(RosterRefused) as refused:
        founded.chain.at(version)
    assert refused.value.code == "roster_no_such_version"


def test_the_recovery_identity_alone_restores_a_library_whose_maker_lost_their_keys(founded: Founded) -> None:
    heir = person("Heir")
    draft = founded.chain.draft().with_member(heir.card, is_custodian=True)
    draft = draft.with_revocation(founded.maker.card.id, 40).with_epochs(TrackClass)
    chain = founded.add(draft, by=founded.recovery)
    assert founded.maker.card.id not in chain.current.custodians
    founded.add(founded.chain.draft().with_member(person("Ann").card), by=heir)


# -- who signs ---------------------------------------------------------------------------------------------------------


def test_a_stranger_cannot_write_a_version(founded: Founded) -> None:
    assert refused_with(founded, forged(founded, lambda b: None, person("Eve"))) == "statement_unknown_signer"


def test_a_member_cannot_appoint_themselves(founded: Founded) -> None:
    ann = founded.join("Ann")
    document = sign_roster(founded.chain.draft().with_custodian(ann.card.id), ann)
    assert refused_with(founded, document) == "statement_unknown_signer"


def test_a_custodian_appoints_a_member_and_dismisses_them(founded: Founded) -> None:
    ann = founded.join("Ann")
    founded.add(founded.chain.draft().with_custodian(ann.card.id))
    founded.add(founded.chain.draft().with_member(person("Bob").card), by=ann)
    founded.add(founded.chain.draft().with_custodian(ann.card.id, False))
    document = sign_roster(founded.chain.draft().with_member(person("Cid").card), ann)
    assert refused_with(founded, document) == "statement_unknown_signer"


def test_a_revoked_custodian_writes_no_version(founded: Founded) -> None:
    ann = founded.join("Ann", is_custodian=True)
    founded.add(founded.chain.draft().with_revocation(ann.card.id, 0))
    document = sign_roster(founded.chain.draft().with_member(person("Bob").card), ann)
    assert refused_with(founded, document) == "statement_unknown_signer"


def test_a_quorum_of_two_needs_two_custodians(founded: Founded) -> None:
    ann = founded.join("Ann", is_custodian=True)
    founded.add(founded.chain.draft().with_quorum(2))
    alone = sign_roster(founded.chain.draft().with_member(person("Bob").card), founded.maker)
    assert refused_with(founded, alone) == "statement_quorum"
    assert refused_with(founded, statements.cosign(alone, founded.maker)) == "statement_quorum"
    assert refused_with(founded, statements.cosign(alone, person("Eve"))) == "statement_unknown_signer"
    assert founded.chain.extended([statements.cosign(alone, ann)]).current.version == 4


def test_a_lower_quorum_needs_the_signatures_of_the_higher_one(founded: Founded) -> None:
    founded.add(founded.chain.draft().with_quorum(2))
    assert refused_with(founded, sign_roster(founded.chain.draft().with_quorum(1), founded.maker)) == "statement_quorum"


def test_one_signing_key_cannot_stand_for_two_custodians(founded: Founded) -> None:
    twin = Card.of("Twin", person("Other").card.seal_key, founded.maker.card.sign_key)
    with pytest.raises(RosterRefused) as refused:
        sign_roster(founded.chain.draft().with_member(twin, is_custodian=True), founded.maker)
    assert refused.value.code == "roster_same_keys"
    member = {"card": twin.to_dict(), "is_custodian": True, "is_recovery": False}
    member |= {"revoked_at_version": None, "log_size_at_revocation": None}
    assert refused_with(founded, forged(founded, lambda b: b["members"].append(member))) == "roster_same_keys"


def test_one_id_cannot_stand_for_two_cards(founded: Founded) -> None:
    # An id is 80 bits of a hash: two keys made to share one are within reach of somebody who tries long enough.
    twin = replace(person("Twin").card, id=founded.maker.card.id)
    draft = founded.chain.draft()
    with pytest.raises(RosterRefused) as refused:
        sign_roster(replace(draft, members=(*draft.members, Member(twin, False, False))), founded.maker)
    assert refused.value.code == "roster_same_keys"


# -- which documents make a chain --------------------------------------------------------------------------------------


def test_an_empty_folder_is_no_roster() -> None:
    with pytest.raises(RosterRefused) as refused:
        read_chain([], "0" * 32)
    assert refused.value.code == "roster_missing"


def test_a_chain_from_another_beginning_is_refused(founded: Founded) -> None:
    with pytest.raises(RosterRefused) as refused:
        read_chain(Founded.fresh().documents, founded.library)
    assert refused.value.code == "roster_of_another_library"


def test_a_first_roster_not_signed_by_its_own_custodian_is_refused(founded: Founded) -> None:
    document = statements.sign(person("Eve"), "roster", body_of(founded.chain.current))
    with pytest.raises(BadInput) as refused:
        read_chain([document], library_id_of(document))
    assert refused.value.code == "statement_unknown_signer"


@pytest.mark.parametrize("change", [{"version": 2}, {"version": 0}, {"previous_sha256": "0" * 64}], ids=str)
def test_a_first_roster_that_claims_to_be_a_later_one_is_refused(founded: Founded, change: Body) -> None:
    document = statements.sign(founded.maker, "roster", body_of(founded.chain.current) | change)
    with pytest.raises(BadInput) as refused:
        read_chain([document], library_id_of(document))
    assert refused.value.code == "roster_gap"


def test_versions_cannot_be_left_out_repeated_or_reordered(founded: Founded) -> None:
    for name in ("Ann", "Bob", "Cid"):
        founded.join(name)
    one, two, three, four = founded.documents
    for documents in ([one, three, four], [one, two, two], [one, three, two], [one, two, four], [one, two, three, two]):
        with pytest.raises(BadInput):
            read_chain(documents, founded.library)
    assert read_chain([one, two], founded.library).current.version == 2  # older, whole: the log's head tells


def test_a_fork_is_refused_where_it_is_joined(founded: Founded) -> None:
    other = Founded(founded.maker, founded.recovery, list(founded.documents))
    founded.join("Ann")
    other.join("Bob")
    other.join("Cid")
    with pytest.raises(RosterRefused) as refused:
        read_chain([*founded.documents, other.documents[-1]], founded.library)
    assert refused.value.code == "roster_fork"


def test_every_altered_byte_of_a_chain_is_noticed(founded: Founded) -> None:
    founded.join("Ann")
    for which, document in enumerate(founded.documents):
        for i in [*range(0, len(document), 61), len(document) - 1]:
            documents = list(founded.documents)
            documents[which] = document[:i] + bytes([document[i] ^ 1]) + document[i + 1 :]
            with pytest.raises(BadInput):
                read_chain(documents, founded.library)


def test_every_shortened_document_is_noticed(founded: Founded) -> None:
    founded.join("Ann")
    document = founded.documents[1]
    for length in [*range(0, len(document), 97), len(document) - 1]:
        with pytest.raises(BadInput):
            read_chain([founded.documents[0], document[:length]], founded.library)


# -- what a custodian cannot do either ---------------------------------------------------------------------------------


def drop_member(body: Body) -> None:
    del body["members"][-1]


def give_ann_other_keys(body: Body) -> None:
    body["members"][2]["card"] = person("Ann").card.to_dict()


FORGERIES: dict[str, tuple[Callable[[Body], object], str]] = {
    "drop a member": (drop_member, "roster_member_lost"),
    "replace a member": (give_ann_other_keys, "roster_member_lost"),
    "rename a member": (lambda b: b["members"][2]["card"].update(name="Eve"), "roster_member_changed"),
    "make a member a recovery": (lambda b: b["members"][2].update(is_recovery=True), "roster_member_changed"),
    "swap keys under an id": (
        lambda b: b["members"][2]["card"].update(seal_key=b["members"][1]["card"]["seal_key"]),
        "card_id_mismatch",
    ),
    "bring a revoked member back": (
        lambda b: b["members"][3].update(revoked_at_version=None, log_size_at_revocation=None),
        "roster_revocation",
    ),
    "lengthen a revoked member's log": (
        lambda b: b["members"][3].update(log_size_at_revocation=99),
        "roster_revocation",
    ),
    "make a revoked member a custodian": (lambda b: b["members"][3].update(is_custodian=True), "roster_revocation"),
    "backdate a revocation": (
        lambda b: b["members"][2].update(revoked_at_version=2, log_size_at_revocation=0),
        "roster_revocation",
    ),
    "revoke without a limit": (lambda b: b["members"][2].update(revoked_at_version=5), "roster_revocation"),
    "limit without a revocation": (lambda b: b["members"][2].update(log_size_at_revocation=5), "roster_revocation"),
    "a limit below nothing": (
        lambda b: b["members"][2].update(revoked_at_version=5, log_size_at_revocation=-1),
        "roster_revocation",
    ),
    "lower an epoch": (lambda b: b["epochs"].update(masked=1), "roster_epochs"),
    "skip an epoch": (lambda b: b["epochs"].update(raw=5), "roster_epochs"),
    "forget an epoch": (lambda b: b["epochs"].pop("raw"), "roster_epochs"),
    "forget a floor": (lambda b: b["floors"].pop("raw"), "roster_epochs"),
    "lower a floor": (lambda b: b["floors"].update(raw=1), "roster_floors"),
    "a floor above its epoch": (lambda b: b["floors"].update(raw=4), "roster_floors"),
    "no signatures needed": (lambda b: b.update(quorum=0), "roster_quorum"),
    "more signatures than custodians": (lambda b: b.update(quorum=3), "roster_quorum"),
    "nobody decides": (lambda b: [m.update(is_custodian=False) for m in b["members"][:2]], "roster_quorum"),
    "another beginning": (lambda b: b.update(nonce="0" * 32), "roster_fork"),
    "another previous version": (lambda b: b.update(previous_sha256="0" * 64), "roster_fork"),
    "no previous version": (lambda b: b.update(previous_sha256=None), "roster_fork"),
    "the same version": (lambda b: b.update(version=4), "roster_gap"),
    "a later version": (lambda b: b.update(version=6), "roster_gap"),
    "a version in words": (lambda b: b.update(version="5"), "roster_malformed"),
    "something more": (lambda b: b.update(more=1), "roster_malformed"),
    "something more of a member": (lambda b: b["members"][0].update(more=1), "roster_malformed"),
    "something missing": (lambda b: b.pop("nonce"), "roster_malformed"),
    "a default left out": (lambda b: b["members"][0].pop("revoked_at_version"), "roster_malformed"),
    "an unheard-of class": (lambda b: b["epochs"].update(gold=1), "roster_malformed"),
    "a member twice": (lambda b: b["members"].append(b["members"][0]), "roster_same_keys"),
}


@pytest.fixture(scope="module")
def aged() -> Founded:
    """Version 4: members maker, recovery, Ann, and Bob, who is revoked; raw and masked are in their second epoch."""
    founded = Founded.fresh()
    founded.join("Ann")
    bob = founded.join("Bob")
    draft = founded.chain.draft().with_revocation(bob.card.id, 3)
    founded.add(draft.with_epochs([TrackClass.RAW, TrackClass.MASKED]).with_floors({TrackClass.RAW: 2}))
    return founded


@pytest.mark.parametrize("forgery", FORGERIES)
def test_no_custodian_can(aged: Founded, forgery: str) -> None:
    change, code = FORGERIES[forgery]
    assert refused_with(aged, forged(aged, change)) == code


def test_the_forgeries_start_from_a_version_that_would_be_accepted(aged: Founded) -> None:
    assert aged.chain.extended([forged(aged, lambda b: None)]).current.version == 5


def test_a_member_who_arrives_revoked_is_refused(aged: Founded) -> None:
    draft = aged.chain.draft().with_member(person("Cid").card)
    cid = replace(draft.members[-1], revoked_at_version=5, log_size_at_revocation=0)
    document = sign_roster(replace(draft, members=(*draft.members[:-1], cid)), aged.maker)
    assert refused_with(aged, document) == "roster_revocation"


# -- changes that are refused before anybody signs ---------------------------------------------------------------------


def test_nobody_joins_twice_and_no_revoked_identity_returns(aged: Founded) -> None:
    for member in aged.chain.current.members:
        with pytest.raises(RosterRefused) as refused:
            aged.chain.draft().with_member(member.card)
        assert refused.value.code == "roster_known_member"


def test_only_active_members_are_revoked_or_appointed(aged: Founded) -> None:
    bob = aged.chain.current.members[3].card.id
    for change in (
        lambda r: r.with_revocation(bob, 1),
        lambda r: r.with_revocation("p-nobody", 1),
        lambda r: r.with_custodian(bob),
    ):
        with pytest.raises(RosterRefused) as refused:
            change(aged.chain.draft())
        assert refused.value.code == "roster_no_such_member"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda r: r.with_quorum(3), "roster_quorum"),
        (lambda r: r.with_floors({TrackClass.LABELS: 2}), "roster_floors"),
        (
            lambda r: r.with_revocation(r.members[0].card.id, 0).with_revocation(r.members[1].card.id, 0),
            "roster_quorum",
        ),
    ],
)
def test_a_draft_that_no_reader_would_take_is_not_signed(
    aged: Founded, change: Callable[[Roster], Roster], code: str
) -> None:
    with pytest.raises(RosterRefused) as refused:
        sign_roster(change(aged.chain.draft()), aged.maker)
    assert refused.value.code == code
