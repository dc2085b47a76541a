"""Grants: who may do what with which sessions, why, for how long, and the keys that it takes, in one signed statement.

Every key in a grant is sealed to its person, and the seal is bound to all that the grant says: altered scope, purpose
or expiry opens nothing, even for somebody who could sign. Rejected: an access list beside the keys, because a list can
be changed without anybody holding a key.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from replay.errors import BadInput
from replay.vault import statements
from replay.vault.actions import Role
from replay.vault.bodies import body_of, value_of
from replay.vault.canonical import canonical
from replay.vault.card import Card, seal_to
from replay.vault.classes import TrackClass
from replay.vault.identity import Identity, SealRefused
from replay.vault.keys import KEY_BYTES, ClassKey, SessionKey
from replay.vault.roster import RosterChain

KIND: Final = "grant"
EVERY_PURPOSE: Final = "*"
_ID_BYTES: Final = 8

ROLE_CLASSES: Final[Mapping[Role, frozenset[TrackClass]]] = MappingProxyType(
    {
        Role.CURATOR: frozenset({TrackClass.CATALOGUE, TrackClass.MASKED, TrackClass.LABELS}),
        Role.UNMASKER: frozenset({TrackClass.CATALOGUE, TrackClass.MASKED, TrackClass.RAW}),
        Role.REVIEWER: frozenset(TrackClass),
        Role.EXPORTER: frozenset(TrackClass),
        Role.INGEST: frozenset(TrackClass),
        Role.CUSTODIAN: frozenset(TrackClass),  # whoever wraps a key must hold it
        Role.AUDITOR: frozenset(),
        Role.SUBJECT: frozenset(),
    }
)
"""The most that a role may hold. A grant of fewer keys is a grant; a grant of more is refused by every reader."""


class GrantRefused(BadInput):
    """A grant that cannot be issued, or that nobody may rely on.

    Codes: grant_unfounded (its signer is no custodian), grant_of_another_library, grant_terms (what it says contradicts
    itself or the roster), grant_not_yours, grant_altered.
    """


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A class key (`session` None) or a session key, sealed to the grant's person."""

    track_class: TrackClass
    epoch: int
    session: str | None
    sealed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Grant:
    """`sessions` None is the whole collection. Times are UTC ms since the Unix epoch, [not_before, not_after)."""

    id: str
    library: str
    person: str
    role: Role
    purposes: tuple[str, ...]  # ("*",) is every purpose
    sessions: tuple[str, ...] | None
    not_before_ms: int
    not_after_ms: int | None
    policy_sha256: str
    roster_version: int
    issued_by: str
    keys: tuple[WrappedKey, ...]


def new_grant_id() -> str:
    """A grant's id: the record `grant/<id>` holds it."""
    return secrets.token_hex(_ID_BYTES)


def issue(
    custodian: Identity,
    card: Card,
    chain: RosterChain,
    *,
    role: Role,
    purposes: Sequence[str],
    keys: Iterable[ClassKey | SessionKey],
    policy_sha256: str,
    not_before_ms: int,
    not_after_ms: int | None = None,
    sessions: Sequence[str] | None = None,
    grant_id: str | None = None,
) -> bytes:
    """A grant to `card` under the newest roster of `chain`, signed.

    Of `keys` it wraps those that the role may hold: class keys for the whole collection, session keys of the named
    sessions otherwise. Raises GrantRefused (grant_terms, grant_unfounded) for a grant that no reader would accept.
    """
    terms = Grant(
        id=grant_id or new_grant_id(),
        library=chain.library,
        person=card.id,
        role=role,
        purposes=tuple(purposes),
        sessions=None if sessions is None else tuple(sessions),
        not_before_ms=not_before_ms,
        not_after_ms=not_after_ms,
        policy_sha256=policy_sha256,
        roster_version=chain.current.version,
        issued_by=custodian.card.id,
        keys=(),
    )
    return _sealed(terms, custodian, card, chain, keys)


def rewrap(
    grant: Grant,
    custodian: Identity,
    chain: RosterChain,
    keys: Iterable[ClassKey | SessionKey],
    *,
    policy_sha256: str | None = None,
) -> bytes:
    """The same grant (id, person, role, purposes, scope, times) with `keys` in place of its own, issued anew.

    While a rotation runs, `keys` must hold the old epoch as well as the fresh one: objects of both exist.
    Raises GrantRefused.
    """
    card = chain.cards.get(grant.person)
    if card is None:
        raise _terms("it is for somebody who is not a member")
    terms = replace(
        grant,
        policy_sha256=policy_sha256 or grant.policy_sha256,
        roster_version=chain.current.version,
        issued_by=custodian.card.id,
        keys=(),
    )
    return _sealed(terms, custodian, card, chain, keys)


def read_grant(untrusted_document: bytes, chain: RosterChain) -> Grant:
    """A grant that somebody had the right to issue, and still has.

    Its signer must be a custodian in the roster version it names and in the newest: a revoked custodian could otherwise
    date a grant back. So whoever revokes a custodian rewraps the grants that they issued, in the same commit.
    Whether its person is active and its time has come is for the policy to say.
    Raises GrantRefused, StatementRefused, MalformedStatement, RosterRefused.
    """
    statement = statements.verify(untrusted_document, KIND, chain.cards)
    grant = value_of(Grant, statement.body, KIND)
    if statement.signers != (grant.issued_by,):
        raise _unfounded()
    _check(grant, chain)
    return grant


def open_keys(grant: Grant, identity: Identity) -> tuple[ClassKey | SessionKey, ...]:
    """The keys of a grant that `read_grant` answered. Raises GrantRefused (grant_not_yours, grant_altered)."""
    if identity.card.id != grant.person:
        raise GrantRefused("grant_not_yours", "This grant was issued to another identity.")
    terms = _terms_digest(grant)
    return tuple(_opened(key, identity, terms) for key in grant.keys)


def _sealed(
    terms: Grant, custodian: Identity, card: Card, chain: RosterChain, keys: Iterable[ClassKey | SessionKey]
) -> bytes:
    scope = None if terms.sessions is None else frozenset(terms.sessions)
    fitting = [k for k in keys if k.track_class in ROLE_CLASSES[terms.role] and _is_in_scope(k, scope)]
    digest = _terms_digest(terms)
    wrapped = tuple(_wrapped(key, card, digest) for key in fitting)
    grant = replace(terms, keys=wrapped)
    _check(grant, chain)
    return statements.sign(custodian, KIND, body_of(grant))


def _is_in_scope(key: ClassKey | SessionKey, sessions: frozenset[str] | None) -> bool:
    if isinstance(key, ClassKey):
        return sessions is None
    return sessions is not None and key.session in sessions


def _wrapped(key: ClassKey | SessionKey, card: Card, terms: str) -> WrappedKey:
    session = key.session if isinstance(key, SessionKey) else None
    place = WrappedKey(key.track_class, key.epoch, session, b"")
    return replace(place, sealed=seal_to(card, key.secret, _info(place, terms)))


def _opened(key: WrappedKey, identity: Identity, terms: str) -> ClassKey | SessionKey:
    try:
        secret = identity.open(key.sealed, _info(key, terms))
    except SealRefused:
        secret = b""
    if len(secret) != KEY_BYTES:
        raise GrantRefused(
            "grant_altered",
            "A key in a grant does not open: the grant was altered, or its key belongs to another grant.",
            "Ask a custodian to issue the grant again.",
        )
    if key.session is None:
        return ClassKey(key.track_class, key.epoch, secret)
    return SessionKey(key.session, key.track_class, key.epoch, secret)


def _terms_digest(grant: Grant) -> str:
    # Hashed once and not spelled out in every seal: a grant of a thousand sessions wraps thousands of keys.
    return hashlib.sha256(canonical(body_of(replace(grant, keys=())))).hexdigest()


def _info(key: WrappedKey, terms: str) -> bytes:
    return canonical(
        {"grant_sha256": terms, "track_class": key.track_class.value, "epoch": key.epoch, "session": key.session}
    )


def _check(grant: Grant, chain: RosterChain) -> None:
    if grant.library != chain.library:
        raise GrantRefused("grant_of_another_library", "A grant was issued for another library.")
    roster = chain.at(grant.roster_version)
    if grant.issued_by not in roster.custodians or grant.issued_by not in chain.current.custodians:
        raise _unfounded()
    if roster.member(grant.person) is None:
        raise _terms("it is for somebody who is not a member")
    if not grant.purposes or not all(grant.purposes):
        raise _terms("it names no purpose")
    if grant.not_after_ms is not None and grant.not_after_ms <= grant.not_before_ms:
        raise _terms("it ends before it begins")
    scope = frozenset(grant.sessions) if grant.sessions is not None else frozenset({None})
    for key in grant.keys:
        if key.track_class not in ROLE_CLASSES[grant.role]:
            raise _terms("it holds a key that its role may not hold")
        if not 1 <= key.epoch <= roster.epochs[key.track_class]:
            raise _terms("it holds a key of an epoch that its roster does not know")
        if key.session not in scope:
            raise _terms("it holds a key beyond its sessions")


def _terms(why: str) -> GrantRefused:
    return GrantRefused("grant_terms", f"A grant cannot stand: {why}.", "Ask a custodian to issue it again.")


def _unfounded() -> GrantRefused:
    return GrantRefused(
        "grant_unfounded",
        "A grant was signed by somebody who is not a custodian of this library.",
        "Ask a custodian to issue it again.",
    )
