"""How keys hang together: class keys, the session keys that follow from them, and the data keys these seal.

    class key (per class and epoch) ‖ subject key ──HKDF──> session key ──AES-256-GCM──> data key of one track version
    class key ──HKDF──> key of one object that belongs to the whole collection (catalogue segment, slot, library key)

Everything a key is for is bound into its derivation or its seal, so a key moved to another library, session, track,
version, class or epoch opens nothing. HKDF is RFC 5869 with SHA-256.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from replay.errors import BadInput
from replay.vault.canonical import canonical
from replay.vault.classes import TrackClass

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_SEALED_BYTES: Final = _NONCE_BYTES + KEY_BYTES + _TAG_BYTES


class KeyRefused(BadInput):
    """A key is not held, or does not open what it was asked to open.

    Codes: key_missing, key_conflict, key_does_not_open.
    """


@dataclass(frozen=True, slots=True)
class ClassKey:
    """Opens one class of the whole collection, as far as it is sealed in `epoch` (1, 2, …)."""

    track_class: TrackClass
    epoch: int
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        _check_secret(self.secret)


@dataclass(frozen=True, slots=True)
class SessionKey:
    """Opens one class of one session, as far as it is sealed in `epoch`."""

    session: str
    track_class: TrackClass
    epoch: int
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        _check_secret(self.secret)


class KeyRing:
    """The class keys that somebody holds."""

    def __init__(self, keys: Iterable[ClassKey]) -> None:
        # Two grants may wrap the same key. Two different keys of one name mean that a custodian wrapped a wrong one:
        # neither can be told to be right, so None stands there and asking for it is refused.
        self._keys: dict[tuple[TrackClass, int], ClassKey | None] = {}
        for key in keys:
            name = (key.track_class, key.epoch)
            self._keys[name] = key if self._keys.get(name, key) == key else None

    @property
    def classes(self) -> frozenset[TrackClass]:
        return frozenset(c for c, _ in self._keys)

    def epochs(self, track_class: TrackClass) -> tuple[int, ...]:
        """The epochs that are held of a class, ascending."""
        return tuple(sorted(epoch for c, epoch in self._keys if c is track_class))

    def get(self, track_class: TrackClass, epoch: int) -> ClassKey:
        """Raises KeyRefused (key_missing, key_conflict)."""
        name = (track_class, epoch)
        if name not in self._keys:
            raise _missing(track_class)
        key = self._keys[name]
        if key is None:
            raise KeyRefused(
                "key_conflict",
                f"Two grants hold different keys for the class {track_class}, epoch {epoch}.",
                "Have a custodian look at who issued them and issue them again.",
            )
        return key

    def newest(self, track_class: TrackClass) -> ClassKey:
        """The key of the highest epoch held; what is written is sealed under the roster's epoch, not under this.

        Raises KeyRefused.
        """
        held = self.epochs(track_class)
        if not held:
            raise _missing(track_class)
        return self.get(track_class, held[-1])


def new_class_key(track_class: TrackClass, epoch: int) -> ClassKey:
    """A fresh random key."""
    return ClassKey(track_class, epoch, os.urandom(KEY_BYTES))


def session_key(class_key: ClassKey, subject_key: bytes, *, library: str, session: str) -> SessionKey:
    """The key of a session in the class and epoch of `class_key`: neither half is enough to derive it."""
    _check_secret(subject_key)
    info = {
        "use": "session",
        "library": library,
        "session": session,
        "track_class": class_key.track_class.value,
        "epoch": class_key.epoch,
    }
    secret = _derived(class_key.secret + subject_key, info)
    return SessionKey(session, class_key.track_class, class_key.epoch, secret)


def collection_key(class_key: ClassKey, *, library: str, name: str) -> bytes:
    """The key of one object of the whole collection, in the class and epoch of `class_key`."""
    info = {
        "use": "collection",
        "library": library,
        "name": name,
        "track_class": class_key.track_class.value,
        "epoch": class_key.epoch,
    }
    return _derived(class_key.secret, info)


def seal_data_key(
    key: SessionKey, data_key: bytes, *, library: str, session: str, track: str, version: int, part: str
) -> bytes:
    """The data key of one part of a track version under the session's key: nonce ‖ AES-256-GCM (60 bytes)."""
    _check_secret(data_key)
    return seal_key(key.secret, _bound(key, library, session, track, version, part), data_key)


def open_data_key(
    key: SessionKey, sealed: bytes, *, library: str, session: str, track: str, version: int, part: str
) -> bytes:
    """What `seal_data_key` sealed. Raises KeyRefused when anything of it, its place or the key is another."""
    return open_key(key.secret, _bound(key, library, session, track, version, part), sealed)


def seal_key(key: bytes, bound: bytes, secret: bytes) -> bytes:
    """`secret` (32 bytes) under `key`, bound to the bytes `bound`: nonce (12) ‖ ciphertext ‖ tag."""
    # A random nonce: no counter outlives a crash, and a key here seals thousands, far below the 2^32 of SP 800-38D.
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, secret, bound)


def open_key(key: bytes, bound: bytes, sealed: bytes) -> bytes:
    """What `seal_key` sealed. Raises KeyRefused (key_does_not_open)."""
    if len(sealed) != _SEALED_BYTES:
        raise _does_not_open()
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound)
    except InvalidTag:
        raise _does_not_open() from None


def _bound(key: SessionKey, library: str, session: str, track: str, version: int, part: str) -> bytes:
    if session != key.session:
        raise _does_not_open()
    return canonical(
        {
            "library": library,
            "session": session,
            "track": track,
            "version": version,
            "track_class": key.track_class.value,
            "part": part,
            "epoch": key.epoch,
        }
    )


def _derived(ikm: bytes, info: Mapping[str, str | int]) -> bytes:
    # No salt (RFC 5869 §3.1): the input is uniformly random, and everything that must differ stands in `info`.
    return HKDF(SHA256(), KEY_BYTES, None, canonical(dict(info))).derive(ikm)


def _check_secret(secret: bytes) -> None:
    if len(secret) != KEY_BYTES:
        raise KeyRefused("key_does_not_open", f"A key that is not {KEY_BYTES} bytes long opens nothing.")


def _missing(track_class: TrackClass) -> KeyRefused:
    return KeyRefused(
        "key_missing", f"You hold no key that opens this in the class {track_class}.", "Ask a custodian for a grant."
    )


def _does_not_open() -> KeyRefused:
    return KeyRefused(
        "key_does_not_open",
        "A sealed key does not open: it was altered, or belongs to something else.",
        "Restore the library's files from a backup.",
    )
