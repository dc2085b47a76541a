"""An identity: the private half of a card. It signs, and it opens what was sealed to its card."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey

from replay.errors import BadInput
from replay.vault.card import HPKE, Card, CardRefused, seal_to

__all__ = ["Card", "CardRefused", "Identity", "Protection", "SealRefused", "new_secret", "seal_to"]

_SIGN_BYTES: Final = 32
_MLKEM_BYTES: Final = 64
_X25519_BYTES: Final = 32
SECRET_BYTES: Final = _SIGN_BYTES + _MLKEM_BYTES + _X25519_BYTES


class SealRefused(BadInput):
    """Something sealed does not open: it is for somebody else, was altered, or belongs to another context."""


class Protection(StrEnum):
    """What keeps the private keys: the system's keyring, a passphrase, or nothing but the file's permissions."""

    KEYRING = "keyring"
    PASSPHRASE = "passphrase"
    DEVICE = "device"


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
