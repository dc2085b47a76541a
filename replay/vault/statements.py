"""Signed statements: what members say to each other, so that nobody can change, replay or retype it.

A statement is a DSSE envelope (https://github.com/secure-systems-lab/dsse, v1.0.2) in canonical JSON. What is signed
is DSSE's pre-authentication encoding of the payload's type and bytes, so a grant can never be read as a roster.
One byte string is one statement: every part has one spelling, and signatures stand in the order of their signers.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from replay.errors import BadInput
from replay.vault.canonical import NotCanonical, canonical, read_canonical
from replay.vault.card import Card

_KIND: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")
_TYPE: Final = re.compile(r"application/vnd\.safelight\.([a-z][a-z0-9-]{0,39})\+json")


class StatementRefused(BadInput):
    """A statement that cannot be relied on.

    Codes: statement_damaged, statement_not_canonical, statement_wrong_kind, statement_unknown_signer,
    statement_bad_signature, statement_quorum.
    """


class Signer(Protocol):
    """Whoever can sign: an `Identity`."""

    @property
    def card(self) -> Card: ...

    def sign(self, payload: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement whose every signature was checked. `signers` are card ids, sorted, each once."""

    kind: str
    body: Mapping[str, Any]
    signers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Envelope:
    kind: str
    payload: bytes
    signatures: tuple[tuple[str, bytes], ...]

    def encode(self) -> bytes:
        signatures = [{"keyid": signer, "sig": _b64(signature)} for signer, signature in sorted(self.signatures)]
        return canonical({"payload": _b64(self.payload), "payloadType": _type(self.kind), "signatures": signatures})

    def signed_bytes(self) -> bytes:
        return pre_authentication_encoding(_type(self.kind), self.payload)


def sign(identity: Signer, kind: str, body: Mapping[str, Any]) -> bytes:
    """A statement of `kind` (“grant”, “roster” …) with one signature. Raises NotCanonical for such a body."""
    if not _KIND.fullmatch(kind):
        raise ValueError("a statement's kind is lower-case letters, digits and hyphens")
    return _signed(_Envelope(kind, canonical(dict(body)), ()), identity)


def cosign(untrusted_document: bytes, identity: Signer) -> bytes:
    """The same statement with this identity's signature too; unchanged if it stands there already.

    It does not check the other signatures: the reader does. Raises StatementRefused (damaged, not canonical).
    """
    return _signed(_read(untrusted_document), identity)


def verify(untrusted_document: bytes, kind: str, cards: Mapping[str, Card], *, quorum: int = 1) -> Statement:
    """The statement, if it is of `kind`, every signature on it is right and known, and at least `quorum` signed.

    `cards`: who may sign, by card id. One unknown or wrong signature refuses the whole: nobody can hang a
    dead signature on somebody else's statement. Raises StatementRefused.
    """
    envelope = _of_kind(untrusted_document, kind)
    signed = envelope.signed_bytes()
    for signer, signature in envelope.signatures:
        card = cards.get(signer)
        if card is None:
            raise StatementRefused("statement_unknown_signer", f"A {kind} is signed by somebody who is not known here.")
        if card.id != signer or not card.verifies(signature, signed):
            raise StatementRefused("statement_bad_signature", f"A {kind} carries a signature that is not genuine.")
    if len(envelope.signatures) < max(quorum, 1):
        raise StatementRefused("statement_quorum", f"A {kind} needs {max(quorum, 1)} signatures and carries fewer.")
    return Statement(envelope.kind, _body(envelope), tuple(signer for signer, _ in envelope.signatures))


def untrusted_body(untrusted_document: bytes, kind: str) -> Mapping[str, Any]:
    """What a statement says before anybody checked who said it; for finding whose cards to check it with.

    Raises StatementRefused (damaged, not canonical, wrong kind).
    """
    return _body(_of_kind(untrusted_document, kind))


def pre_authentication_encoding(payload_type: str, payload: bytes) -> bytes:
    """DSSE's PAE: what is signed. Lengths stand before the parts, so no two pairs share an encoding."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def _signed(envelope: _Envelope, identity: Signer) -> bytes:
    signatures = dict(envelope.signatures)
    signatures[identity.card.id] = identity.sign(envelope.signed_bytes())
    return _Envelope(envelope.kind, envelope.payload, tuple(signatures.items())).encode()


def _of_kind(untrusted_document: bytes, kind: str) -> _Envelope:
    envelope = _read(untrusted_document)
    if envelope.kind != kind:
        raise StatementRefused("statement_wrong_kind", f"A statement of another kind stands where a {kind} belongs.")
    return envelope


def _read(untrusted_document: bytes) -> _Envelope:
    untrusted = _read_canonical(untrusted_document)
    try:
        kind = _TYPE.fullmatch(untrusted["payloadType"])
        payload = base64.b64decode(untrusted["payload"], validate=True)
        signatures = tuple((s["keyid"], base64.b64decode(s["sig"], validate=True)) for s in untrusted["signatures"])
        envelope = _Envelope(kind[1] if kind else "", payload, signatures)
        # Written again it must be the same bytes: no further members, no second spelling in base64, no other order.
        if kind is None or len(dict(signatures)) != len(signatures) or envelope.encode() != untrusted_document:
            raise _damaged()
    except (KeyError, TypeError, ValueError) as e:
        raise _damaged() from e
    return envelope


def _body(envelope: _Envelope) -> Mapping[str, Any]:
    body = _read_canonical(envelope.payload)
    if not isinstance(body, dict):
        raise _damaged()
    return body


def _read_canonical(untrusted: bytes) -> Any:
    try:
        return read_canonical(untrusted)
    except NotCanonical as e:
        raise StatementRefused("statement_not_canonical", "A signed statement is not in its canonical form.") from e


def _type(kind: str) -> str:
    return f"application/vnd.safelight.{kind}+json"


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _damaged() -> StatementRefused:
    return StatementRefused("statement_damaged", "A signed statement is damaged.", "Restore it from a backup.")
