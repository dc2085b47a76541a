"""What every act of a custodian is made of: the keys that they hold, the next roster, grants wrapped anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from replay.errors import storage_failed
from replay.vault.classes import TrackClass
from replay.vault.gate import Gate
from replay.vault.grants import ROLE_CLASSES, Grant, rewrap
from replay.vault.keys import ClassKey, KeyRing, SessionKey, session_key
from replay.vault.membership import ROSTER
from replay.vault.roster import Roster, RosterChain, sign_roster


@dataclass(frozen=True, slots=True)
class HeldKeys:
    """The class keys of a custodian, those that are being made included; what grants are wrapped from."""

    gate: Gate
    keys: tuple[ClassKey, ...]

    @classmethod
    def of(cls, gate: Gate, fresh: Iterable[ClassKey] = ()) -> HeldKeys:
        """Every class key that this identity's grants hold, and `fresh` ones."""
        ring = gate.ring()
        held = (ring.get(c, epoch) for c in sorted(ring.classes) for epoch in ring.epochs(c))
        return cls(gate, (*held, *fresh))

    @property
    def ring(self) -> KeyRing:
        return KeyRing(self.keys)

    def since(self, epochs: Mapping[TrackClass, int]) -> HeldKeys:
        """Without the keys of older epochs."""
        return HeldKeys(self.gate, tuple(k for k in self.keys if k.epoch >= epochs[k.track_class]))

    def for_sessions(self, sessions: Sequence[str], classes: Iterable[TrackClass]) -> tuple[SessionKey, ...]:
        """The keys of single sessions, in every epoch held. Raises NotFound for a session that there is not."""
        wanted = frozenset(classes)
        class_keys = [k for k in self.keys if k.track_class in wanted]
        ring = self.gate.ring()  # the slots may not be sealed under keys that are only being made
        found = []
        for session in sessions if class_keys else ():
            subject = self.gate.subject_key(self.gate.manifest_body(session)["subject"], ring)
            library = self.gate.library_id
            found += [session_key(k, subject, library=library, session=session) for k in class_keys]
        return tuple(found)

    def rewrapped(self, grant: Grant, chain: RosterChain) -> bytes:
        """The grant with these keys in place of its own, issued under the newest roster of `chain`."""
        keys: Sequence[ClassKey | SessionKey] = self.keys
        if grant.sessions is not None:
            there = frozenset(self.gate.published_ids()).intersection(grant.sessions)
            keys = self.for_sessions(sorted(there), ROLE_CLASSES[grant.role])
        return rewrap(grant, self.gate.identity, chain, keys, policy_sha256=self.gate.policy.sha256)


def next_roster(gate: Gate, draft: Roster) -> tuple[RosterChain, dict[str, bytes | None]]:
    """The chain with `draft` as its newest version, and the record to commit; call it while the log is locked.

    Raises RosterRefused for a draft that no reader would take, StorageFailed.
    """
    _remove_unlogged(gate)
    document = sign_roster(draft, gate.identity)
    return gate.membership.chain.extended([document]), {ROSTER: document}


def _remove_unlogged(gate: Gate) -> None:
    """A version beyond the one in force was left by a crash; replaced in place it might stay in somebody's memory."""
    beyond = gate.records.path_of(ROSTER, gate.log.roster_version + 1)
    try:
        beyond.unlink(missing_ok=True)
    except OSError as e:
        raise storage_failed(e) from e
    gate.log.refresh()
