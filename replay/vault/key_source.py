"""What the store asks for keys: the gate itself, or, in a worker, the leases it was handed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from replay.vault.actions import Action
from replay.vault.lease import Lease, Request


@dataclass(frozen=True, slots=True)
class ConsentNow:
    """What the person has agreed to, as the newest statement about the session or its subject says."""

    status: str
    purposes: tuple[str, ...]
    at_ms: int | None = None


class KeySource(Protocol):
    """One library's keys, object lists and facts, as far as somebody may have them. Safe to use from any thread."""

    @property
    def library_id(self) -> str: ...

    def library_key(self) -> bytes:
        """32 bytes that make session ids, pseudonyms and hashes of secrets unguessable; raises Denied."""
        ...

    def collection_key(self, name: str, epoch: int | None = None) -> tuple[int, bytes]:
        """(epoch, key) of a catalogue object; the newest epoch unless one is named. Raises Denied."""
        ...

    def session_ids(self) -> tuple[str, ...]:
        """Ids of the published sessions, sorted."""
        ...

    def manifest_body(self, session: str) -> Mapping[str, Any]:
        """The session's object list, its signature checked. Raises NotFound, BadInput."""
        ...

    def consent(self, session: str) -> ConsentNow: ...

    def stated_consents(self) -> Mapping[str, ConsentNow]:
        """What was stated after the import, by session id or subject handle."""
        ...

    def handle_of(self, subject_id: str) -> str:
        """The name under which a person's key slots lie: it says nothing about the pseudonym."""
        ...

    def labels_epoch(self) -> int:
        """The epoch that decisions are sealed under at this moment."""
        ...

    def decided_head(self, session: str) -> int:
        """How far the session's edit log must have come, as the audit log has it; 0 where nothing was decided."""
        ...

    def note_decided(self, session: str, head: int) -> None:
        """Write down that the edit log has come to `head`. Raises StorageFailed."""
        ...

    def labels_lease(self, session: str, action: Action) -> Lease:
        """A lease on decisions: of the whole collection where that is granted, else of the session. Raises Denied."""
        ...

    def lease(self, request: Request) -> Lease:
        """Raises Denied; what was decided is in the log either way."""
        ...
