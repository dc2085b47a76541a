"""Cobblestone-256: chunked authenticated encryption as specified at c2sp.org/chunked-encryption, on bytes alone.

    sealed = salt (24) ‖ commitment (32) ‖ chunk 0 ‖ chunk 1 ‖ …
    chunk = AES-256-GCM of at most 16 KiB, with its tag (16)
    key ‖ base nonce ‖ commitment = HKDF-Expand-SHA-512(input key, label ‖ salt ‖ context)
    nonce of chunk n = base nonce XOR n

All chunks but the last are 16 KiB; the last one is shorter and may be empty, which is how an end is told from a cut.
The context is bound into the keys, so bytes that were sealed as something else fail before any of them is decrypted.
"""

from __future__ import annotations

import hmac
import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from replay.errors import BadInput

KEY_SIZE: Final = 32
CHUNK: Final = 16 * 1024
SALT_SIZE: Final = 24
HEADER_SIZE: Final = 56
TAG_SIZE: Final = 16
SEALED_CHUNK: Final = CHUNK + TAG_SIZE
MOST_CHUNKS: Final = 1 << 38
_NONCE_SIZE: Final = 12
_LABEL: Final = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\x00"

Bytes = bytes | bytearray | memoryview


class ContentAltered(BadInput):
    """Sealed bytes are not what was sealed: altered, cut, extended, swapped, or of another key or context."""

    def __init__(self) -> None:
        super().__init__(
            "content_altered",
            "A sealed file is not what was sealed: it was altered, cut, swapped or damaged.",
            "Restore it from a backup.",
        )


def sealed_size(plain_size: int) -> int:
    """The bytes that `plain_size` bytes take when they are sealed."""
    return HEADER_SIZE + plain_size + TAG_SIZE * (plain_size // CHUNK + 1)


def plain_size(sealed_size: int) -> int:
    """The bytes inside `sealed_size` sealed ones; ContentAltered where nothing sealed has that size.

    Claimed, not proven: only decrypting the last chunk proves it.
    """
    whole, last = divmod(sealed_size - HEADER_SIZE, SEALED_CHUNK)
    if not 0 <= whole < MOST_CHUNKS or last < TAG_SIZE:
        raise ContentAltered
    return whole * CHUNK + last - TAG_SIZE


class ChunkCipher:
    """Seals and opens the chunks of one stream, addressed by their number."""

    def __init__(self, key: bytes, salt: bytes, context: bytes) -> None:
        """`key` is 32 uniformly random bytes; ValueError where it has another size."""
        if len(key) != KEY_SIZE:
            raise ValueError("a data key has 32 bytes")
        derived = HKDFExpand(SHA512(), KEY_SIZE + _NONCE_SIZE + 32, _LABEL + salt + context).derive(key)
        self._aead = AESGCM(derived[:KEY_SIZE])
        self._base_nonce = int.from_bytes(derived[KEY_SIZE : KEY_SIZE + _NONCE_SIZE], "big")
        self.header = salt + derived[KEY_SIZE + _NONCE_SIZE :]

    @classmethod
    def fresh(cls, key: bytes, context: bytes) -> ChunkCipher:
        """The cipher of a stream to be sealed, under a salt of its own."""
        return cls(key, os.urandom(SALT_SIZE), context)

    @classmethod
    def of_header(cls, key: bytes, header: Bytes, context: bytes) -> ChunkCipher:
        """The cipher of a sealed stream that begins with `header`; ContentAltered where key or context are not its."""
        cipher = cls(key, bytes(header[:SALT_SIZE]), context)
        if not hmac.compare_digest(cipher.header, header):
            raise ContentAltered
        return cipher

    def seal(self, number: int, plain: Bytes) -> bytes:
        """One sealed chunk. Never twice with the same number: that would give both of them away."""
        return self._aead.encrypt(self._nonce(number), plain, None)

    def open(self, number: int, sealed: Bytes) -> bytes:
        """What one sealed chunk holds; ContentAltered where it is not chunk `number` of this stream."""
        try:
            return self._aead.decrypt(self._nonce(number), sealed, None)
        except InvalidTag:
            raise ContentAltered from None

    def _nonce(self, number: int) -> bytes:
        if not 0 <= number < MOST_CHUNKS:
            raise ValueError("a sealed stream has at most 2³⁸ chunks")
        return (self._base_nonce ^ number).to_bytes(_NONCE_SIZE, "big")
