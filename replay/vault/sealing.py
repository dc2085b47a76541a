"""Keys for a session that is being written: the gate lets the writer in, and signs what was written into the log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from replay.errors import Refused
from replay.vault import statements
from replay.vault.actions import Action
from replay.vault.classes import TrackClass
from replay.vault.gate import SESSIONS, Gate
from replay.vault.keys import ClassKey, SessionKey, session_key
from replay.vault.lease import Lease, Request
from replay.vault.session_keys import SUBJECTS
from replay.vault.subject_keys import make_slots, sign_slots

_PURPOSE: Final = "import"
MANIFEST: Final = "manifest"


@dataclass(frozen=True, slots=True)
class NewSession:
    """What the intake decided about a session: whose it is, what the person agreed to, as part of what it comes in."""

    id: str
    subject: str
    consent: str
    consent_purposes: tuple[str, ...]
    action: Action = Action.IMPORT


class SessionErased(Refused):
    """The session's person was erased: the same bytes do not come back."""

    def __init__(self) -> None:
        super().__init__(
            "session_erased",
            "This recording was in the library, and its person was erased.",
            "Delete the recording too.",
        )


def refuse_erased(gate: Gate, session: str) -> None:
    """Raises SessionErased."""
    head = gate.log.heads.get(SESSIONS + session)
    if head is not None and head.sha256 is None:
        raise SessionErased


class SessionSealer:
    """Session keys of one session that is not published yet; a new person's key slots are made with it."""

    def __init__(self, gate: Gate, session: NewSession) -> None:
        """Raises Denied where this identity may not import, SessionErased."""
        self._gate = gate
        self._session = session
        gate.permit(session.action, _PURPOSE)
        refuse_erased(gate, session.id)
        self.handle = gate.handle_of(session.subject)
        self._ring = gate.ring()
        self._slots: bytes | None = None
        self._subject_key = self._known_or_new()

    def _known_or_new(self) -> bytes:
        if self._gate.records.has(SUBJECTS + self.handle):
            return self._gate.subject_key(self.handle, self._ring)
        newest = tuple(self._class_key(c) for c in sorted(self._ring.classes))
        key, slots = make_slots(self.handle, newest, self._gate.library_id)
        self._slots = sign_slots(self._gate.identity, slots)
        return key

    def _class_key(self, track_class: TrackClass) -> ClassKey:
        return self._ring.get(track_class, self._gate.membership.roster.epochs[track_class])

    def key(self, track_class: TrackClass) -> SessionKey:
        """The session's key of a class, at the newest epoch."""
        class_key = self._class_key(track_class)
        return session_key(class_key, self._subject_key, library=self._gate.library_id, session=self._session.id)

    def publish(self, manifest_body: Mapping[str, Any]) -> None:
        """Sign the object list and commit it: from here on the session exists."""
        changes: dict[str, bytes | None] = {
            SESSIONS + self._session.id: statements.sign(self._gate.identity, MANIFEST, manifest_body)
        }
        if self._slots is not None:
            changes[SUBJECTS + self.handle] = self._slots
        self._gate.records.commit(changes, "import", session=self._session.id)


class SessionResealer:
    """Leases on a published session of which some tracks get new versions, and the commit that brings them in."""

    def __init__(
        self, gate: Gate, session: str, action: Action, purpose: str, classes: Iterable[TrackClass] = TrackClass
    ) -> None:
        """`classes`: those of the tracks that are read or get new versions. Raises Denied, NotFound."""
        self.leases: Mapping[TrackClass, Lease] = {c: gate.lease(Request(action, c, purpose, session)) for c in classes}
        self._gate = gate
        self._session = session
        self._purpose = purpose
        with gate.lock:
            self._version = gate.log.heads[SESSIONS + session].version
            self.body: Mapping[str, Any] = gate.manifest_body(session)
            """The object list that is to be replaced."""

    def check(self) -> None:
        """Raise Denied once the work may not go on."""
        for lease in self.leases.values():
            lease.check()

    def key(self, track_class: TrackClass) -> SessionKey:
        """The session's key of a class, at the newest epoch."""
        return self.leases[track_class].key(self._session, self._gate.membership.roster.epochs[track_class])

    def commit(self, manifest_body: Mapping[str, Any], act: str, install: Callable[[], None]) -> bool:
        """Sign the next object list and commit it, unless the one before was replaced meanwhile.

        `install` puts the objects in place just before. Answers whether it was done.
        """
        name = SESSIONS + self._session
        with self._gate.log.locked():
            head = self._gate.log.heads[name]
            if head.sha256 is None or head.version != self._version:
                return False
            install()
            signed = statements.sign(self._gate.identity, MANIFEST, manifest_body)
            self._gate.records.commit({name: signed}, act, session=self._session, purpose=self._purpose)
        return True
