"""The proof: what the last `safelight verify` found, as a signed record that the gate reads.

A library whose proof failed or is too old takes no edits, imports, grants or exports until it was proven again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from replay.errors import BadInput
from replay.vault import statements
from replay.vault.bodies import body_of, value_of
from replay.vault.roster import RosterChain
from replay.vault.statements import Signer

KIND: Final = "proof"
DUE_MS: Final = 7 * 24 * 3600 * 1000
_AHEAD_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class Tried:
    """How one attack went. It was `withstood` where it was denied and logged and its control succeeded."""

    name: str
    withstood: bool


@dataclass(frozen=True, slots=True)
class Proof:
    """`at_ms` is UTC since the Unix epoch, by the clock of whoever ran it."""

    library: str
    ok: bool
    at_ms: int
    policy_sha256: str
    attacks: tuple[Tried, ...]


def sign_proof(identity: Signer, library: str, at_ms: int, policy_sha256: str, attacks: Sequence[Tried]) -> bytes:
    """The record of one run; it is ok where there were attacks and each was withstood."""
    ok = bool(attacks) and all(a.withstood for a in attacks)
    return statements.sign(identity, KIND, body_of(Proof(library, ok, at_ms, policy_sha256, tuple(attacks))))


def read_proof(untrusted_document: bytes, chain: RosterChain, *, by: str) -> Proof:
    """What was proven, if a custodian says so: somebody who may do less must not call the library sound.

    `by` is who brought the record into force: a proof that was replaced is not put back by somebody else.

    Raises StatementRefused, MalformedStatement, BadInput (proof_of_another_library).
    """
    cards = {i: card for i, card in chain.current.custodians.items() if i == by}
    body = statements.verify(untrusted_document, KIND, cards).body
    proof = value_of(Proof, body, KIND)
    if proof.library != chain.library:
        raise BadInput("proof_of_another_library", "The proof is another library's.", "Run: safelight verify LIB")
    return proof


def is_due(proof: Proof, now_ms: int) -> bool:
    """Whether the library must be proven again; a proof from the future proves nothing."""
    return not proof.ok or not -_AHEAD_MS <= now_ms - proof.at_ms <= DUE_MS
