"""Payloads as they are: for tests of the edit log that are not about sealing."""

from __future__ import annotations


class Unsealed:
    def seal(self, session: str, plain: bytes, columns: bytes) -> bytes:
        return plain

    def open(self, session: str, sealed: bytes, columns: bytes) -> bytes:
        return sealed

    def appended(self, session: str, head: int) -> None:
        pass

    def head_at_least(self, session: str) -> int:
        return 0


UNSEALED = Unsealed()
