"""Consent: every member may shut, only a custodian may open, and nobody says it for another library."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from replay.errors import BadInput
from replay.schema import CONSENT_STATUSES
from replay.vault import statements
from replay.vault.bodies import body_of
from replay.vault.consent import ConsentRefused, issue_consent, read_consent
from tests.vault_people import Founded, person


@pytest.fixture
def founded() -> Founded:
    return Founded.fresh()


def purposes_of(status: str) -> tuple[str, ...]:
    return ("training",) if status == "limited" else ()


@pytest.mark.parametrize("status", CONSENT_STATUSES)
def test_a_custodian_says_any_status(founded: Founded, status: str) -> None:
    purposes = purposes_of(status)
    document = issue_consent(founded.maker, founded.chain, target="s1", status=status, purposes=purposes, at_ms=5)
    consent = read_consent(document, founded.chain)
    assert (consent.target, consent.status, consent.purposes, consent.at_ms) == ("s1", status, purposes, 5)
    assert consent.by == founded.maker.card.id


def test_a_member_may_shut(founded: Founded) -> None:
    ann = founded.join("Ann")
    document = issue_consent(ann, founded.chain, target="s1", status="withdrawn", at_ms=5)
    assert read_consent(document, founded.chain).status == "withdrawn"


@pytest.mark.parametrize("status", ["granted", "limited", "unknown"])  # “unknown” would lift a withdrawal
def test_a_member_who_is_no_custodian_cannot_open(founded: Founded, status: str) -> None:
    ann = founded.join("Ann")
    with pytest.raises(ConsentRefused) as refused:
        issue_consent(ann, founded.chain, target="s1", status=status, purposes=purposes_of(status), at_ms=5)
    assert refused.value.code == "consent_unfounded"


def test_strangers_and_revoked_members_say_nothing(founded: Founded) -> None:
    ann = founded.join("Ann")
    founded.add(founded.chain.draft().with_revocation(ann.card.id, 0))
    for nobody in (ann, person("Eve")):
        with pytest.raises(ConsentRefused) as refused:
            issue_consent(nobody, founded.chain, target="s1", status="withdrawn", at_ms=5)
        assert refused.value.code == "consent_unfounded"


def test_a_consent_outlives_its_custodians_membership(founded: Founded) -> None:
    cus = founded.join("Cus", is_custodian=True)
    document = issue_consent(cus, founded.chain, target="s1", status="granted", at_ms=5)
    founded.add(founded.chain.draft().with_revocation(cus.card.id, 9))
    assert read_consent(document, founded.chain).status == "granted"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"library": "0" * 32}, "consent_of_another_library"),
        ({"status": "sure"}, "consent_terms"),
        ({"status": "limited"}, "consent_terms"),
        ({"status": "limited", "purposes": [""]}, "consent_terms"),
        ({"purposes": ["training"]}, "consent_terms"),
        ({"roster_version": 9}, "roster_no_such_version"),
        ({"at_ms": "today"}, "consent_malformed"),
        ({"more": 1}, "consent_malformed"),
    ],
    ids=str,
)
def test_no_custodian_can_make_readers_accept(founded: Founded, change: dict[str, Any], code: str) -> None:
    consent = read_consent(
        issue_consent(founded.maker, founded.chain, target="s", status="granted", at_ms=5), founded.chain
    )
    document = statements.sign(founded.maker, "consent", body_of(consent) | change)
    with pytest.raises(BadInput) as refused:
        read_consent(document, founded.chain)
    assert refused.value.code == code


def test_a_consent_in_another_members_name_is_refused(founded: Founded) -> None:
    ann = founded.join("Ann")
    consent = read_consent(
        issue_consent(founded.maker, founded.chain, target="s", status="granted", at_ms=5), founded.chain
    )
    for claimed in (consent, replace(consent, by=ann.card.id)):
        with pytest.raises(ConsentRefused) as refused:
            read_consent(statements.sign(ann, "consent", body_of(claimed)), founded.chain)
        assert refused.value.code == "consent_unfounded"
