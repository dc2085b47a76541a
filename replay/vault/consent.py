"""What a person agreed to about a session or about all of theirs, as a signed statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from replay.errors import BadInput
from replay.schema import CONSENT_STATUSES
from replay.vault import statements
from replay.vault.bodies import body_of, value_of
from replay.vault.roster import RosterChain
from replay.vault.statements import Signer

KIND: Final = "consent"
_WITHDRAWN: Final = "withdrawn"


class ConsentRefused(BadInput):
    """A consent statement that cannot be relied on.

    Codes: consent_unfounded, consent_of_another_library, consent_terms.
    """


@dataclass(frozen=True, slots=True)
class Consent:
    """`target` is a session's id or a subject's handle; `purposes` count for the status `limited` alone."""

    library: str
    target: str
    status: str
    purposes: tuple[str, ...]
    at_ms: int  # UTC, since the Unix epoch
    roster_version: int
    by: str


def issue_consent(
    identity: Signer, chain: RosterChain, *, target: str, status: str, purposes: Sequence[str] = (), at_ms: int
) -> bytes:
    """A statement under the newest roster of `chain`. Raises ConsentRefused for one that no reader would accept."""
    consent = Consent(chain.library, target, status, tuple(purposes), at_ms, chain.current.version, identity.card.id)
    _check(consent, chain)
    return statements.sign(identity, KIND, body_of(consent))


def read_consent(untrusted_document: bytes, chain: RosterChain) -> Consent:
    """What a statement says, if its signer may say it: every member may withdraw, only a custodian may say else.

    “Unknown” takes something back from “granted”, but it also takes a withdrawal back.

    Raises ConsentRefused, StatementRefused, MalformedStatement, RosterRefused.
    """
    statement = statements.verify(untrusted_document, KIND, chain.cards)
    consent = value_of(Consent, statement.body, KIND)
    if statement.signers != (consent.by,):
        raise _unfounded()
    _check(consent, chain)
    return consent


def _check(consent: Consent, chain: RosterChain) -> None:
    if consent.library != chain.library:
        raise ConsentRefused("consent_of_another_library", "A consent was given for another library.")
    roster = chain.at(consent.roster_version)
    member = roster.member(consent.by)
    if member is None or member.is_revoked or (consent.status != _WITHDRAWN and not member.is_custodian):
        raise _unfounded()
    if consent.status not in CONSENT_STATUSES:
        raise ConsentRefused("consent_terms", "A consent has a status that does not exist.")
    if (consent.status == "limited") != bool(consent.purposes) or not all(consent.purposes):
        raise ConsentRefused(
            "consent_terms", "A limited consent names its purposes, and no other does.", "Name the purposes."
        )


def _unfounded() -> ConsentRefused:
    return ConsentRefused(
        "consent_unfounded",
        "A consent was signed by somebody who could not give it.",
        "Ask a custodian to record it again.",
    )
