"""Payloads as they are: for tests of the edit log that are not about sealing."""

from __future__ import annotations


class Unsealed:
    def seal(self, session: str, plain: bytes, columns: bytes) -> bytes:
        return plain

    def open(self, session: str, sealed: bytes, columns: bytes) -> bytes:
        return sealed


UNSEALED = Unsealed()
