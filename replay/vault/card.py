"""A card: the public half of an identity, what people hand to each other and what a roster lists."""

from __future__ import annotations

import base64
import hashlib
import json
import unicodedata
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PublicKey, Suite

from replay.errors import BadInput
from replay.vault.canonical import canonical

NAME_LENGTH: Final = 64
# Hybrid: whoever copies a library today must break both ML-KEM-768 and X25519 to open it later.
HPKE: Final = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)

_MLKEM_BYTES: Final = 1184
_X25519_BYTES: Final = 32
_SEAL_KEY_BYTES: Final = _MLKEM_BYTES + _X25519_BYTES
_SIGN_KEY_BYTES: Final = 32
_MAX_FILE_BYTES: Final = 64 * 1024


class CardRefused(BadInput):
    """A card that is damaged, does not fit its own id, or holds keys nobody can seal to."""


@dataclass(frozen=True, slots=True)
class Card:
    """Who somebody is to a library. `id` follows from the keys alone; `name` is what people call them.

    `seal_key` is ML-KEM-768 (1184 bytes) ‖ X25519 (32 bytes), `sign_key` Ed25519 (32 bytes), all public.
    Make one with `of` or `from_dict`: both see to it that the id fits the keys.
    """

    id: str
    name: str
    seal_key: bytes = field(repr=False)
    sign_key: bytes = field(repr=False)

    @classmethod
    def of(cls, name: str, seal_key: bytes, sign_key: bytes) -> Card:
        """The card of these public keys. Raises CardRefused (card_damaged, bad_name)."""
        _check_name(name)
        if len(seal_key) != _SEAL_KEY_BYTES or len(sign_key) != _SIGN_KEY_BYTES:
            raise _damaged()
        return cls(_id_of(seal_key, sign_key), name, seal_key, sign_key)

    @classmethod
    def from_dict(cls, untrusted: Any) -> Card:
        """The card that `to_dict` wrote. Raises CardRefused (card_damaged, card_id_mismatch, bad_name)."""
        if not isinstance(untrusted, dict) or untrusted.keys() != {"id", "name", "seal_key", "sign_key"}:
            raise _damaged()
        if not isinstance(untrusted["name"], str):
            raise _damaged()
        card = cls.of(untrusted["name"], _key(untrusted["seal_key"]), _key(untrusted["sign_key"]))
        if untrusted["id"] != card.id:
            raise CardRefused(
                "card_id_mismatch", "A card's id does not fit its keys.", "Ask the person for their card again."
            )
        return card

    @classmethod
    def from_json(cls, untrusted: bytes) -> Card:
        """The card in a file that somebody handed over: a card alone, or the answer of `whoami --json`.

        Raises CardRefused.
        """
        try:
            document = json.loads(untrusted) if len(untrusted) <= _MAX_FILE_BYTES else None
        except (ValueError, RecursionError):
            raise _damaged() from None
        return cls.from_dict(document["card"] if isinstance(document, dict) and "card" in document else document)

    def to_dict(self) -> dict[str, str]:
        """For JSON; keys in base64."""
        return {"id": self.id, "name": self.name, **_keys(self.seal_key, self.sign_key)}

    def verifies(self, signature: bytes, payload: bytes) -> bool:
        """Whether this card's identity signed `payload`."""
        try:
            Ed25519PublicKey.from_public_bytes(self.sign_key).verify(signature, payload)
        except (InvalidSignature, ValueError):
            return False
        return True


def seal_to(card: Card, secret: bytes, info: bytes) -> bytes:
    """`secret` (a key, not a file) so that only this card's identity opens it, and only with the same `info`.

    HPKE single shot (RFC 9180): hybrid KEM, HKDF-SHA256, AES-256-GCM. It says nothing about who sealed it.
    Raises CardRefused (card_damaged) when the card's key is no key.
    """
    try:
        public = MLKEM768X25519PublicKey(
            MLKEM768PublicKey.from_public_bytes(card.seal_key[:_MLKEM_BYTES]),
            X25519PublicKey.from_public_bytes(card.seal_key[_MLKEM_BYTES:]),
        )
        return HPKE.encrypt(secret, public, info)
    except ValueError as e:
        raise _damaged() from e


def is_shown_whole(name: str) -> bool:
    """Whether a screen shows all of `name`: 1 to 64 visible characters, no control or direction marks, no edges."""
    visible = all(unicodedata.category(c)[0] in "LNPSM" or c == " " for c in name)
    return 0 < len(name) <= NAME_LENGTH and visible and name == name.strip()


def _check_name(name: str) -> None:
    if not is_shown_whole(name):
        raise CardRefused(
            "bad_name", f"A person's name is 1 to {NAME_LENGTH} visible characters.", "Choose a shorter, plain name."
        )


def _id_of(seal_key: bytes, sign_key: bytes) -> str:
    digest = hashlib.sha256(canonical(_keys(seal_key, sign_key))).digest()
    return "p-" + base64.b32encode(digest).decode().lower()[:16]


def _keys(seal_key: bytes, sign_key: bytes) -> dict[str, str]:
    return {"seal_key": base64.b64encode(seal_key).decode(), "sign_key": base64.b64encode(sign_key).decode()}


def _key(untrusted: Any) -> bytes:
    if not isinstance(untrusted, str):
        raise _damaged()
    try:
        return base64.b64decode(untrusted, validate=True)
    except ValueError as e:
        raise _damaged() from e


def _damaged() -> CardRefused:
    return CardRefused("card_damaged", "That is not a card, or it is damaged.", "Ask the person for their card again.")
