"""Keyring backends for tests, given to the keyring library by its own API; the person's keyring is never asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import keyring
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked


class MemoryKeyring(KeyringBackend):
    """A keyring that works."""

    priority = 5

    def __init__(self) -> None:
        super().__init__()
        self.entries: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.entries[service, username]


class PlainFileKeyring(MemoryKeyring):
    """What `keyrings.alt` offers says of itself: it works, and it protects nothing."""

    priority = 0.5


class LockedKeyring(MemoryKeyring):
    """A keyring whose owner is not there to unlock it."""

    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked("locked")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise KeyringLocked("locked")


class ForgetfulKeyring(MemoryKeyring):
    """Takes everything and keeps nothing."""

    def set_password(self, service: str, username: str, password: str) -> None:
        pass


class HangingKeyring(MemoryKeyring):
    """Waits for a desktop that is not there, until `end`."""

    def __init__(self) -> None:
        super().__init__()
        self.end = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        self.end.wait(60)
        return None

    def set_password(self, service: str, username: str, password: str) -> None:
        self.end.wait(60)


class ChainOfKeyrings(MemoryKeyring):
    """Hands a secret to the next in line, as the library's own chain does."""

    priority = 10

    def __init__(self, *backends: KeyringBackend) -> None:
        super().__init__()
        self.backends = list(backends)


@contextmanager
def system_keyring(backend: KeyringBackend) -> Iterator[None]:
    """For the block, `backend` is what this process has for a keyring."""
    before = keyring.get_keyring()
    keyring.set_keyring(backend)
    try:
        yield
    finally:
        keyring.set_keyring(before)
