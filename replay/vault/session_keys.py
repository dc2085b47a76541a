"""The keys of sessions, as they follow from what an identity holds: a granted one, or class key and subject key."""

from __future__ import annotations

from collections.abc import Callable

from replay.errors import NotFound
from replay.vault.classes import TrackClass
from replay.vault.keys import KeyRing, SessionKey, session_key
from replay.vault.membership import Membership
from replay.vault.records import Records
from replay.vault.subject_keys import open_slots, read_slots

SUBJECTS = "subject/"


class SessionKeys:
    """Derives on demand and remembers until the log says anything else. Not safe across threads: the gate locks."""

    def __init__(self, library_id: str, membership: Membership, records: Records, ring: Callable[[], KeyRing]) -> None:
        self._library_id = library_id
        self._membership = membership
        self._records = records
        self._ring = ring
        self._known: dict[tuple[str, TrackClass, int], SessionKey] = {}
        self._known_at = -1

    def key(self, session: str, subject: str, track_class: TrackClass, epoch: int, now_ms: int) -> SessionKey:
        """`subject` is the handle of the person's slots. Raises NotFound (erased), BadInput (no key is held)."""
        generation = self._records.log.generation
        if self._known_at != generation:
            self._known.clear()
            self._known_at = generation
        wanted = (session, track_class, epoch)
        if wanted not in self._known:
            granted = self._membership.granted_session_key(*wanted, now_ms)
            self._known[wanted] = granted or self._derived(session, subject, track_class, epoch)
        return self._known[wanted]

    def _derived(self, session: str, subject: str, track_class: TrackClass, epoch: int) -> SessionKey:
        ring = self._ring()
        class_key = ring.get(track_class, epoch)
        return session_key(class_key, self.subject_key(subject, ring), library=self._library_id, session=session)

    def subject_key(self, handle: str, ring: KeyRing) -> bytes:
        """Raises NotFound where the person was erased, BadInput where no held key opens the slots."""
        if not self._records.has(SUBJECTS + handle):
            raise NotFound("subject_erased", "The keys of this person were destroyed.")
        slots = read_slots(self._records.read(SUBJECTS + handle), self._membership.chain.cards)
        return open_slots(slots, ring, self._library_id)
