"""Keys that travel to a worker by pipe: session keys of the sessions it works on, and nothing else.

A worker has no identity and no gate. What it was handed lasts as long as its parent's lease does: the parent asks its
gate while the worker runs, and ends it when the answer is no.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from replay.errors import NotFound
from replay.vault.actions import Action
from replay.vault.classes import TrackClass
from replay.vault.gate import Gate
from replay.vault.key_source import ConsentNow
from replay.vault.keys import SessionKey
from replay.vault.lease import Denied, Lease, Request


class HandedKey(msgspec.Struct, frozen=True):
    track_class: TrackClass
    epoch: int
    secret: bytes

    def __repr__(self) -> str:
        return f"HandedKey({self.track_class}, {self.epoch})"


class HandedSession(msgspec.Struct, frozen=True):
    id: str
    manifest: dict[str, Any]
    consent: ConsentNow
    decided_head: int
    keys: tuple[HandedKey, ...]


class Handed(msgspec.Struct, frozen=True):
    """What the pipe carries. `library_key` as `KeySource.library_key`."""

    library_id: str
    library_key: bytes
    sessions: tuple[HandedSession, ...]

    def __repr__(self) -> str:
        return f"Handed({len(self.sessions)} sessions)"


def handed(gate: Gate, leases: Mapping[str, Sequence[Lease]]) -> Handed:
    """What `leases`, by session, give a worker: every epoch that its objects and decisions are sealed under."""
    sessions = []
    for session, given in leases.items():
        body = dict(gate.manifest_body(session))
        epochs = {(TrackClass(k["track_class"]), int(k["epoch"])) for t in body["tracks"] for k in t["keys"]}
        keys = [
            HandedKey(key.track_class, key.epoch, key.secret)
            for lease in given
            for epoch in sorted(_epochs_of(lease, epochs, gate))
            for key in (lease.key(session, epoch),)
        ]
        sessions.append(HandedSession(session, body, gate.consent(session), gate.decided_head(session), tuple(keys)))
    return Handed(gate.library_id, gate.library_key(), tuple(sessions))


def _epochs_of(lease: Lease, sealed: set[tuple[TrackClass, int]], gate: Gate) -> set[int]:
    track_class = lease.request.track_class
    if track_class is TrackClass.LABELS:
        return set(gate.epochs(track_class))
    return {epoch for found, epoch in sealed if found is track_class}


class HandedKeys:
    """A worker's key source. Safe to use from any thread."""

    def __init__(self, handed: Handed) -> None:
        self._handed = handed
        self._sessions = {s.id: s for s in handed.sessions}

    @property
    def library_id(self) -> str:
        return self._handed.library_id

    def library_key(self) -> bytes:
        return self._handed.library_key

    def collection_key(self, name: str, epoch: int | None = None) -> tuple[int, bytes]:
        raise Denied("not_handed", "A worker does not read the library's catalogue.")

    def session_ids(self) -> tuple[str, ...]:
        return tuple(sorted(self._sessions))

    def manifest_body(self, session: str) -> Mapping[str, Any]:
        return self._session(session).manifest

    def consent(self, session: str) -> ConsentNow:
        return self._session(session).consent

    def stated_consents(self) -> Mapping[str, ConsentNow]:
        return {s.id: s.consent for s in self._handed.sessions}

    def handle_of(self, subject_id: str) -> str:
        raise Denied("not_handed", "A worker does not look people up.")

    def labels_epoch(self) -> int:
        raise Denied("not_handed", "A worker decides nothing.")

    def decided_head(self, session: str) -> int:
        return self._session(session).decided_head

    def note_decided(self, session: str, head: int) -> None:
        raise Denied("not_handed", "A worker decides nothing.")

    def labels_lease(self, session: str, action: Action) -> Lease:
        return self.lease(Request(action, TrackClass.LABELS, "", session))

    def lease(self, request: Request) -> Lease:
        keys = {
            (s.id, k.epoch): SessionKey(s.id, k.track_class, k.epoch, k.secret)
            for s in self._handed.sessions
            for k in s.keys
            if k.track_class is request.track_class and request.session in (None, s.id)
        }
        if not keys:
            raise Denied("not_handed", "The worker was not handed a key to this track.")

        def key_of(session: str, epoch: int) -> SessionKey:
            try:
                return keys[session, epoch]
            except KeyError:
                raise Denied("not_handed", "The worker was not handed a key to this track.") from None

        return Lease(request, key_of, lambda _: None)

    def _session(self, session: str) -> HandedSession:
        try:
            return self._sessions[session]
        except KeyError:
            raise NotFound("no_such_session", "The worker was handed no such session.") from None
