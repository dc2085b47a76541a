"""The roster: who belongs to a library, who decides about that, and which epochs of keys are in use.

Every change is a whole document, signed by custodians of the version before it and naming that version's hash. The
library's id is the hash of the first, so the chain proves itself from the id alone (the idea is TUF's root role,
https://theupdateframework.github.io/specification/latest/ §5.3).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from replay.errors import BadInput
from replay.vault import statements
from replay.vault.bodies import body_of, value_of
from replay.vault.card import Card
from replay.vault.classes import TrackClass
from replay.vault.statements import Signer

KIND: Final = "roster"
_ID_LENGTH: Final = 32
_NONCE_BYTES: Final = 16


class RosterRefused(BadInput):
    """A roster that does not follow from the one before it, or a change that no roster may make.

    Codes: roster_missing, roster_of_another_library, roster_fork, roster_gap, roster_no_such_version,
    roster_known_member, roster_no_such_member, roster_member_lost, roster_member_changed, roster_revocation,
    roster_quorum, roster_epochs, roster_floors, roster_same_keys.
    """


@dataclass(frozen=True, slots=True)
class Member:
    """Members are never removed, only revoked: their signatures in the log must stay checkable."""

    card: Card
    is_custodian: bool
    is_recovery: bool
    revoked_at_version: int | None = None
    log_size_at_revocation: int | None = None  # entries of this member's log beyond it count for nothing

    @property
    def is_revoked(self) -> bool:
        return self.revoked_at_version is not None


@dataclass(frozen=True, slots=True)
class Roster:
    """One version. `with_…` answers a changed draft; it counts once it is signed and its link to the chain holds."""

    version: int
    previous_sha256: str | None  # of the whole signed document; None in version 1
    nonce: str  # the same in all versions; tells two libraries of the same people apart
    quorum: int
    members: tuple[Member, ...]
    epochs: Mapping[TrackClass, int]  # what is written is sealed under these
    floors: Mapping[TrackClass, int]  # what is sealed under an older epoch is refused

    def member(self, person: str) -> Member | None:
        return next((m for m in self.members if m.card.id == person), None)

    @property
    def custodians(self) -> Mapping[str, Card]:
        """Cards of those who may sign the next version and issue grants, by id."""
        return {m.card.id: m.card for m in self.members if m.is_custodian and not m.is_revoked}

    def with_member(self, card: Card, *, is_custodian: bool = False, is_recovery: bool = False) -> Roster:
        """Raises RosterRefused (roster_known_member): a revoked identity comes back with fresh keys or not at all."""
        if self.member(card.id) is not None:
            raise RosterRefused(
                "roster_known_member",
                "This identity is, or was, a member of the library.",
                "A revoked person makes a fresh identity: safelight whoami --new NAME",
            )
        return replace(self, members=(*self.members, Member(card, is_custodian, is_recovery)))

    def with_custodian(self, person: str, is_custodian: bool = True) -> Roster:
        """Raises RosterRefused (roster_no_such_member)."""
        return self._with(replace(self._active(person), is_custodian=is_custodian))

    def with_revocation(self, person: str, log_size: int) -> Roster:
        """`log_size`: how many entries of the person's log count. Raises RosterRefused (roster_no_such_member)."""
        revoked = replace(self._active(person), revoked_at_version=self.version, log_size_at_revocation=log_size)
        return self._with(revoked)

    def with_quorum(self, quorum: int) -> Roster:
        return replace(self, quorum=quorum)

    def with_epochs(self, classes: Iterable[TrackClass]) -> Roster:
        """A fresh epoch for each of `classes`."""
        bumped = {c: self.epochs[c] + 1 for c in classes}
        return replace(self, epochs={**self.epochs, **bumped})

    def with_floors(self, floors: Mapping[TrackClass, int]) -> Roster:
        """The oldest epoch that still counts, for each class named."""
        return replace(self, floors={**self.floors, **floors})

    def _active(self, person: str) -> Member:
        member = self.member(person)
        if member is None or member.is_revoked:
            raise RosterRefused("roster_no_such_member", "That identity is not an active member of the library.")
        return member

    def _with(self, member: Member) -> Roster:
        members = tuple(member if m.card.id == member.card.id else m for m in self.members)
        return replace(self, members=members)


@dataclass(frozen=True, slots=True)
class RosterChain:
    """Every version up to one, each link checked. `digests` are SHA-256 (hex) of the documents, in order."""

    library: str
    rosters: tuple[Roster, ...]
    digests: tuple[str, ...]

    @property
    def current(self) -> Roster:
        return self.rosters[-1]

    @property
    def cards(self) -> Mapping[str, Card]:
        """Of everybody who ever was a member, by id."""
        return {m.card.id: m.card for m in self.current.members}

    @property
    def log_limits(self) -> Mapping[str, int]:
        """How many log entries of a revoked member count, by id."""
        limits = ((m.card.id, m.log_size_at_revocation) for m in self.current.members)
        return {person: limit for person, limit in limits if limit is not None}

    def at(self, version: int) -> Roster:
        """Raises RosterRefused (roster_no_such_version)."""
        return self.until(version).current

    def until(self, version: int) -> RosterChain:
        """The chain as it stood at `version`. Raises RosterRefused (roster_no_such_version)."""
        if not 1 <= version <= len(self.rosters):
            raise RosterRefused(
                "roster_no_such_version",
                "The library's roster has no such version.",
                "Restore the library's roster folder from a backup.",
            )
        if version == len(self.rosters):
            return self
        return RosterChain(self.library, self.rosters[:version], self.digests[:version])

    def draft(self) -> Roster:
        """The next version, unchanged: what `with_…` is called on."""
        return replace(self.current, version=self.current.version + 1, previous_sha256=self.digests[-1])

    def extended(self, untrusted_documents: Sequence[bytes]) -> RosterChain:
        """With further versions. Raises RosterRefused, StatementRefused, MalformedStatement, CardRefused."""
        rosters, digests = list(self.rosters), list(self.digests)
        for document in untrusted_documents:
            rosters.append(_next(document, rosters[-1], digests[-1]))
            digests.append(_digest(document))
        return RosterChain(self.library, tuple(rosters), tuple(digests))


def library_id_of(genesis_document: bytes) -> str:
    """A library is named after its first roster."""
    return _digest(genesis_document)[:_ID_LENGTH]


def genesis(maker: Signer, recovery: Card) -> bytes:
    """Version 1: the maker and the recovery identity are custodians, one signature is enough, epochs start at 1."""
    first = dict.fromkeys(TrackClass, 1)
    members = (Member(maker.card, True, False), Member(recovery, True, True))
    roster = Roster(1, None, secrets.token_hex(_NONCE_BYTES), 1, members, first, first)
    return sign_roster(roster, maker)


def sign_roster(roster: Roster, custodian: Signer) -> bytes:
    """A draft as a document; further custodians add theirs with `statements.cosign`.

    Raises RosterRefused for a draft that no reader would take.
    """
    _check_roster(roster)
    return statements.sign(custodian, KIND, body_of(roster))


def read_chain(untrusted_documents: Sequence[bytes], library: str) -> RosterChain:
    """The chain of the documents of version 1, 2, … of the library with this id, every link checked.

    Raises RosterRefused, StatementRefused (a signature is missing or not genuine), MalformedStatement, CardRefused.
    """
    if not untrusted_documents:
        raise RosterRefused("roster_missing", "The library has no roster.", "Restore it from a backup.")
    first = untrusted_documents[0]
    if library_id_of(first) != library:
        raise RosterRefused(
            "roster_of_another_library",
            "The first roster is not the one that the library is named after.",
            "Restore the library's roster folder from a backup.",
        )
    roster = _roster_of(statements.untrusted_body(first, KIND), None)
    statements.verify(first, KIND, roster.custodians)
    if roster.version != 1 or roster.previous_sha256 is not None:
        raise _gap()
    _check_roster(roster)
    return RosterChain(library, (roster,), (_digest(first),)).extended(untrusted_documents[1:])


def _next(untrusted_document: bytes, previous: Roster, previous_sha256: str) -> Roster:
    body = statements.verify(untrusted_document, KIND, previous.custodians, quorum=previous.quorum).body
    roster = _roster_of(body, previous)
    if roster.version != previous.version + 1:
        raise _gap()
    if roster.previous_sha256 != previous_sha256 or roster.nonce != previous.nonce:
        raise RosterRefused(
            "roster_fork",
            f"Version {roster.version} of the roster follows another version {previous.version} than this one.",
            "Somebody replaced a roster: ask the custodians, and restore the roster folder from a backup.",
        )
    _check_roster(roster)
    _check_link(previous, roster)
    return roster


def _roster_of(untrusted: Mapping[str, Any], previous: Roster | None) -> Roster:
    roster = value_of(Roster, untrusted, KIND)
    known = {m.card.id: m.card for m in previous.members} if previous else {}
    for member in roster.members:
        if known.get(member.card.id) != member.card:  # hashing the keys of known cards again would dominate a chain
            Card.from_dict(member.card.to_dict())
    return roster


def _check_roster(roster: Roster) -> None:
    """What every version must be by itself."""
    cards = [m.card for m in roster.members]
    for keys in ({c.id for c in cards}, {c.sign_key for c in cards}, {c.seal_key for c in cards}):
        # One signing key under two ids could sign twice and reach a quorum alone.
        if len(keys) != len(cards):
            raise RosterRefused("roster_same_keys", "Two members of the roster share a key.")
    if not 1 <= roster.quorum <= len(roster.custodians):
        raise RosterRefused(
            "roster_quorum",
            "A library needs at least one active custodian, and no more signatures than it has custodians.",
            "Make somebody a custodian first, or lower the quorum.",
        )
    for member in roster.members:
        limit = member.log_size_at_revocation
        if (limit is None) == member.is_revoked or (limit is not None and limit < 0):
            raise _bad_revocation()
    if not roster.epochs.keys() == roster.floors.keys() == set(TrackClass):
        raise RosterRefused("roster_epochs", "A roster does not name an epoch for every class of tracks.")
    if any(not 1 <= roster.floors[c] <= roster.epochs[c] for c in TrackClass):
        raise RosterRefused("roster_floors", "A roster retires keys that are in use, or names an epoch below 1.")


def _check_link(previous: Roster, roster: Roster) -> None:
    """What a version may change of the one before it."""
    _check_members(previous, roster)
    for c in TrackClass:
        if roster.epochs[c] - previous.epochs[c] not in (0, 1):
            raise RosterRefused("roster_epochs", "A roster goes back to older keys, or skips an epoch.")
        if roster.floors[c] < previous.floors[c]:
            raise RosterRefused("roster_floors", "A roster brings retired keys back.")


def _check_members(previous: Roster, roster: Roster) -> None:
    members = {m.card.id: m for m in roster.members}
    for old in previous.members:
        member = members.pop(old.card.id, None)
        if member is None:
            raise RosterRefused("roster_member_lost", "A roster drops a member instead of revoking them.")
        if member.card != old.card or member.is_recovery != old.is_recovery:
            raise RosterRefused("roster_member_changed", "A roster changes who a member is.")
        if old.is_revoked and member != old:
            raise _bad_revocation()
        if member.is_revoked and not old.is_revoked and member.revoked_at_version != roster.version:
            raise _bad_revocation()
    if any(m.is_revoked for m in members.values()):
        raise _bad_revocation()


def _digest(document: bytes) -> str:
    return hashlib.sha256(document).hexdigest()


def _gap() -> RosterRefused:
    return RosterRefused(
        "roster_gap",
        "The versions of the roster do not follow each other without a gap.",
        "Restore the library's roster folder from a backup.",
    )


def _bad_revocation() -> RosterRefused:
    return RosterRefused("roster_revocation", "A roster undoes, rewrites or backdates the revocation of a member.")
