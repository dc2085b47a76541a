"""Who this identity is in a library: the roster in force, the grants it holds, and the class keys they give it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path

from replay.errors import BadInput, storage_failed
from replay.vault.actions import Role
from replay.vault.classes import TrackClass
from replay.vault.grants import Grant, open_keys, read_grant
from replay.vault.identity import Card, Identity
from replay.vault.keys import ClassKey, KeyRing, SessionKey
from replay.vault.log.library_log import LibraryLog
from replay.vault.records import Records
from replay.vault.roster import Roster, RosterChain, read_chain

ROSTER = "roster"
GRANTS = "grant/"


class RosterFolder:
    """Every roster version of a library. They prove each other from the genesis on, so they need no log to be read."""

    def __init__(self, folder: Path, library_id: str, founding: bytes | None = None) -> None:
        """`founding`: the first roster of a library that is being made, before it lies in its folder."""
        self._founding = founding
        self._folder = folder
        self._library_id = library_id
        self._versions = 0
        self._in_force = 0
        self._chain: RosterChain | None = None
        self._custodians: frozenset[str] = frozenset()

    def chain(self) -> RosterChain:
        """Read anew where a version was added. Raises BadInput where a link does not hold, StorageFailed."""
        versions = self._count()
        if self._chain is None or versions != self._versions:
            try:
                documents = [(self._folder / f"{v}.json").read_bytes() for v in range(1, versions + 1)]
            except OSError as e:
                raise storage_failed(e) from e
            if not documents and self._founding is not None:
                documents = [self._founding]
            self._chain = read_chain(documents, self._library_id)
            self._versions = versions
            rosters = self._chain.rosters
            self._custodians = frozenset(m.card.id for r in rosters for m in r.members if m.is_custodian)
        return self._chain

    def _count(self) -> int:
        """How many versions lie there from the first on without a gap, whatever else does."""
        there = {p.name for p in self._folder.glob("[0-9]*.json")}
        return next(v for v in itertools.count() if f"{v + 1}.json" not in there)

    def in_force(self, version: int) -> RosterChain:
        """The chain up to the version that the log names: a crash may have left one beyond it. Raises BadInput."""
        self._in_force = max(self._in_force, version)
        return self.chain().until(version)

    def cards(self) -> Mapping[str, Card]:
        return self.chain().cards

    def custodians(self) -> frozenset[str]:
        """Everybody who ever was one, by the id of their card."""
        self.chain()
        return self._custodians

    def log_limits(self, version: int) -> Mapping[str, int]:
        """How many entries of revoked members count, as of the version that the log names.

        Before the log was read (0) every version counts: whoever was revoked must not say which roster is in force.
        """
        newest = max(version, self._in_force)
        return (self.chain().until(newest) if newest else self.chain()).log_limits


class Membership:
    """One identity's standing, following the log's heads. Not safe across threads: the gate locks."""

    def __init__(self, identity: Identity, rosters: RosterFolder, log: LibraryLog, records: Records) -> None:
        self._identity = identity
        self._rosters = rosters
        self._log = log
        self._records = records
        self._read: dict[str, tuple[int, Grant]] = {}
        self._all: tuple[Grant, ...] = ()
        self._all_at = -1
        self._opened: dict[str, tuple[int, tuple[ClassKey | SessionKey, ...]]] = {}

    @property
    def roster(self) -> Roster:
        """The version in force. Raises BadInput where the folder does not hold what the log says."""
        head = self._log.heads.get(ROSTER)
        if head is None:
            raise BadInput("roster_missing", "The library's log names no roster.", "Restore the library from a backup.")
        chain = self.chain
        if head.sha256 is None or head.sha256 != chain.digests[-1]:
            raise BadInput("roster_altered", "The library's roster is not the one its log names.", "Restore a backup.")
        return chain.current

    @property
    def chain(self) -> RosterChain:
        """Every roster up to the one in force."""
        return self._rosters.in_force(self._log.roster_version)

    def publishers(self) -> frozenset[str]:
        """Who may have signed an object list: custodians, who holds a grant to import, and who was revoked as either.

        What a revoked member wrote after the revocation never came into force, so what is in force counts.
        """
        roster = self.roster
        able = {g.person for g in self.all_grants() if g.role is Role.INGEST}
        revoked = {m.card.id for m in roster.members if m.is_revoked}
        once = self._log.ingesters | self._rosters.custodians()
        return frozenset(able | set(roster.custodians) | (revoked & once))

    def custodians_ever(self) -> frozenset[str]:
        """Everybody who is or was a custodian."""
        return self._rosters.custodians()

    def all_grants(self) -> tuple[Grant, ...]:
        """Every grant in force, whoever holds it. Raises BadInput where one does not verify.

        What somebody who is no custodian put in a grant's place is none, and keeps nobody else out.
        """
        if self._all_at == self._log.generation:
            return self._all
        found, chain = [], self.chain
        custodians = chain.current.custodians
        for name in self._records.names(GRANTS):
            head = self._log.heads[name]
            if head.device not in custodians:
                continue
            known = self._read.get(name)
            if known is None or known[0] != head.version:
                known = (head.version, self._verified_grant(name, chain))
                self._read[name] = known
            found.append(known[1])
        self._all, self._all_at = tuple(found), self._log.generation
        return self._all

    def _verified_grant(self, name: str, chain: RosterChain) -> Grant:
        grant = _named(name, read_grant(self._records.read(name), chain))
        self._records.check_author(name, (grant.issued_by,))
        return grant

    def grants(self) -> tuple[Grant, ...]:
        """This identity's own."""
        return tuple(g for g in self.all_grants() if g.person == self._identity.card.id)

    def _keys(self, now_ms: int) -> list[ClassKey | SessionKey]:
        keys: list[ClassKey | SessionKey] = []
        for grant in self.grants():
            if not grant.not_before_ms <= now_ms or (grant.not_after_ms is not None and now_ms >= grant.not_after_ms):
                continue
            name = GRANTS + grant.id
            version = self._log.heads[name].version
            known = self._opened.get(name)
            if known is None or known[0] != version:
                known = (version, open_keys(grant, self._identity))
                self._opened[name] = known
            keys += known[1]
        return keys

    def ring(self, now_ms: int) -> KeyRing:
        """Class keys of every grant that is valid now."""
        return KeyRing(tuple(k for k in self._keys(now_ms) if isinstance(k, ClassKey)))

    def granted_session_key(self, session: str, track_class: TrackClass, epoch: int, now_ms: int) -> SessionKey | None:
        """A key granted for one session alone, where there is one."""
        for key in self._keys(now_ms):
            if isinstance(key, SessionKey) and (key.session, key.track_class, key.epoch) == (
                session,
                track_class,
                epoch,
            ):
                return key
        return None


def _named(name: str, grant: Grant) -> Grant:
    if name != GRANTS + grant.id:
        raise BadInput("grant_misplaced", "A grant lies under another grant's name.", "Restore it from a backup.")
    return grant
