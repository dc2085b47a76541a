"""Sealing what people decided: one payload of the edit log, bound to its session and to its row's plain columns."""

from __future__ import annotations

import secrets
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from replay.errors import BadInput
from replay.vault.actions import Action
from replay.vault.canonical import canonical
from replay.vault.lease import Lease

_VERSION: Final = b"\x01"
_EPOCH_BYTES: Final = 4
_NONCE_BYTES: Final = 12
_HEAD: Final = len(_VERSION) + _EPOCH_BYTES + _NONCE_BYTES


class LabelKeys(Protocol):
    """The part of a `KeySource` that decisions need."""

    @property
    def library_id(self) -> str: ...

    def labels_epoch(self) -> int: ...

    def decided_head(self, session: str) -> int: ...

    def note_decided(self, session: str, head: int) -> None: ...

    def labels_lease(self, session: str, action: Action) -> Lease: ...


class LabelsSeal:
    """Seals and opens payloads under each session's labels key. Safe to use from any thread."""

    def __init__(self, keys: LabelKeys) -> None:
        self._keys = keys

    def seal(self, session: str, plain: bytes, columns: bytes) -> bytes:
        """Version ‖ epoch ‖ nonce ‖ AES-256-GCM of `plain` with session and columns as associated data."""
        epoch = self._keys.labels_epoch()
        key = self._keys.labels_lease(session, Action.EDIT).key(session, epoch).secret
        nonce = secrets.token_bytes(_NONCE_BYTES)
        head = _VERSION + epoch.to_bytes(_EPOCH_BYTES, "big") + nonce
        return head + AESGCM(key).encrypt(nonce, plain, self._bound(session, columns))

    def open(self, session: str, sealed: bytes, columns: bytes) -> bytes:
        """Raises BadInput where payload or columns were altered, or moved from another row."""
        if len(sealed) <= _HEAD or sealed[:1] != _VERSION:
            raise _altered()
        epoch = int.from_bytes(sealed[1 : 1 + _EPOCH_BYTES], "big")
        lease = self._keys.labels_lease(session, Action.OPEN)
        key = lease.key(session, epoch).secret
        try:
            return AESGCM(key).decrypt(
                sealed[_HEAD - _NONCE_BYTES : _HEAD], sealed[_HEAD:], self._bound(session, columns)
            )
        except InvalidTag:
            altered = _altered()
            lease.refused(session, altered.code)
            raise altered from None

    def appended(self, session: str, head: int) -> None:
        """A transaction stands: from here on a log that does not reach it is refused. Raises StorageFailed."""
        self._keys.note_decided(session, head)

    def head_at_least(self, session: str) -> int:
        """How far the session's edit log must have come: one that ends before it was set back."""
        return self._keys.decided_head(session)

    def _bound(self, session: str, columns: bytes) -> bytes:
        return canonical({"library": self._keys.library_id, "session": session}) + columns


def epoch_of(sealed: bytes) -> int:
    """The epoch a payload is sealed under."""
    return int.from_bytes(sealed[1 : 1 + _EPOCH_BYTES], "big")


def _altered() -> BadInput:
    return BadInput(
        "edits_damaged",
        "The library's edit log is damaged: a payload in it was altered or moved.",
        "Restore edits.sqlite from a backup.",
    )
