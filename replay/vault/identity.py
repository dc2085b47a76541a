"""An identity: the private half of a card. It signs, and it opens what was sealed to its card.

It rests in its home, a folder of one person on one device, and is made there on first use without a question.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import platformdirs
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey

from replay.errors import BadInput, Refused
from replay.vault.canonical import canonical
from replay.vault.card import HPKE, Card, CardRefused, seal_to
from replay.vault.key_protection import (
    IdentityRefused,
    Protection,
    discard,
    home_failed,
    protect,
    unprotect,
    write_private,
)

__all__ = [
    "Card",
    "CardRefused",
    "Identity",
    "IdentityRefused",
    "Protection",
    "SealRefused",
    "default_home",
    "identity_of",
    "new_identity",
    "new_secret",
    "seal_to",
]

IDENTITY_FILE: Final = "identity.keys"
_FORMAT: Final = 1
_SIGN_BYTES: Final = 32
_MLKEM_BYTES: Final = 64
_X25519_BYTES: Final = 32
SECRET_BYTES: Final = _SIGN_BYTES + _MLKEM_BYTES + _X25519_BYTES


class SealRefused(BadInput):
    """Something sealed does not open: it is for somebody else, was altered, or belongs to another context."""


@dataclass(frozen=True, slots=True)
class Identity:
    """One person on one device. Make it with `from_secret`; `identity_of` finds the one of a home."""

    card: Card
    protection: Protection
    _sign_key: Ed25519PrivateKey = field(repr=False, compare=False)
    _seal_key: MLKEM768X25519PrivateKey = field(repr=False, compare=False)

    @classmethod
    def from_secret(cls, secret: bytes, name: str, protection: Protection) -> Identity:
        """The identity of `secret`: Ed25519 seed (32) ‖ ML-KEM-768 seed (64) ‖ X25519 key (32 bytes).

        An empty `name` becomes one made of the id. Raises CardRefused (bad_name).
        """
        if len(secret) != SECRET_BYTES:
            raise ValueError(f"an identity's secret is {SECRET_BYTES} bytes")
        sign_key = Ed25519PrivateKey.from_private_bytes(secret[:_SIGN_BYTES])
        mlkem = MLKEM768PrivateKey.from_seed_bytes(secret[_SIGN_BYTES : _SIGN_BYTES + _MLKEM_BYTES])
        x25519 = X25519PrivateKey.from_private_bytes(secret[-_X25519_BYTES:])
        seal_key = mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()
        card = Card.of(name or "unnamed", seal_key, sign_key.public_key().public_bytes_raw())
        if not name:
            card = Card.of(f"Person {card.id[2:6]}", card.seal_key, card.sign_key)
        return cls(card, protection, sign_key, MLKEM768X25519PrivateKey(mlkem, x25519))

    def sign(self, payload: bytes) -> bytes:
        """An Ed25519 signature (64 bytes). Statements and checkpoints add what `payload` is; do not sign bare data."""
        return self._sign_key.sign(payload)

    def open(self, sealed: bytes, info: bytes) -> bytes:
        """What `seal_to` sealed to this card with the same `info`. Raises SealRefused (seal_refused)."""
        try:
            return HPKE.decrypt(sealed, self._seal_key, info)
        except (InvalidTag, ValueError):
            raise SealRefused(
                "seal_refused", "A sealed key does not open: it was altered, or sealed for another person or use."
            ) from None


def new_secret() -> bytes:
    """Fresh private keys for `Identity.from_secret`, from the system's random source."""
    return os.urandom(SECRET_BYTES)


def default_home() -> Path:
    """Where the identity lives unless --home says otherwise: SAFELIGHT_HOME, else the user's data folder."""
    named = os.environ.get("SAFELIGHT_HOME")
    return Path(named) if named else Path(platformdirs.user_data_dir("safelight", appauthor=False))


def identity_of(home: Path | None = None) -> Identity:
    """The identity of `home` (None: the default home), made on first use; two first runs at once agree.

    Callers keep it: opening a passphrase takes a third of a second, and a passphrase's descriptor is read once.
    Raises IdentityRefused, StorageFailed.
    """
    path = (home or default_home()) / IDENTITY_FILE
    try:
        return _load(path)
    except FileNotFoundError:
        pass
    except OSError as e:
        raise home_failed(e) from e
    created = _create(path, "")
    if created is not None:
        return created
    try:
        return _load(path)
    except OSError as e:
        raise home_failed(e) from e


def new_identity(home: Path | None, name: str) -> Identity:
    """A fresh identity called `name` in a home that holds none.

    Raises Refused (identity_exists) rather than replace one: its keys may be the only ones to a library. Raises
    CardRefused (bad_name), IdentityRefused, StorageFailed.
    """
    path = (home or default_home()) / IDENTITY_FILE
    created = None if path.exists() else _create(path, name)
    if created is None:
        raise Refused(
            "identity_exists", "This home holds an identity already.", "Choose an empty folder for another with --home."
        )
    return created


def _load(path: Path) -> Identity:
    content = path.read_bytes()
    try:
        document = json.loads(content)
        if document["format"] != _FORMAT:
            raise ValueError("another format")
        card = Card.from_dict(document["card"])
        secret = unprotect(document["keys"], card.id, _bound(card))
        identity = Identity.from_secret(secret, card.name, Protection(document["keys"]["protection"]))
    except (ValueError, KeyError, TypeError, RecursionError, CardRefused):
        # `from None`: an error of a parser quotes what it read, and that may be a key.
        raise _damaged() from None
    if identity.card != card:
        raise _damaged()
    return identity


def _create(path: Path, name: str) -> Identity | None:
    """None if another process was first: its identity stands, and what this one kept is dropped."""
    secret = new_secret()
    card = Identity.from_secret(secret, name, Protection.DEVICE).card
    kept = protect(secret, card.id, _bound(card))
    document: dict[str, Any] = {"format": _FORMAT, "card": card.to_dict(), "keys": kept}
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        is_first = write_private(path, json.dumps(document).encode())
    except OSError as e:
        discard(kept, card.id)
        raise home_failed(e) from e
    if not is_first:
        discard(kept, card.id)
        return None
    return Identity.from_secret(secret, card.name, Protection(kept["protection"]))


def _bound(card: Card) -> bytes:
    return canonical({"use": "identity", "card": card.to_dict()})


def _damaged() -> IdentityRefused:
    return IdentityRefused(
        "identity_damaged",
        "The identity file in the home folder is damaged.",
        f"Restore {IDENTITY_FILE} from a copy, or choose another identity with --home.",
    )
