"""A library's log with real identities, for tests: people, homes and a clock that a test turns."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from replay.vault.disk import Disk
from replay.vault.identity import Card, Identity
from replay.vault.log.library_log import LibraryLog
from replay.vault.log.memory import Memory
from tests.vault_people import person

LIBRARY = "0123456789abcdef0123456789abcdef"


@dataclass
class Clock:
    ms: int = 1_700_000_000_000
    step_ms: int = 1000

    def __call__(self) -> int:
        self.ms += self.step_ms
        return self.ms


@dataclass
class Bench:
    """One library folder whose members and revocations a test sets as it likes."""

    path: Path
    clock: Clock = field(default_factory=Clock)
    cards: dict[str, Card] = field(default_factory=dict)
    limits: dict[str, int] = field(default_factory=dict)

    def member(self, name: str = "Ada") -> Identity:
        identity = person(name)
        self.cards[identity.card.id] = identity.card
        return identity

    def log(self, identity: Identity | None, home: str | None = None, disk: Disk | None = None) -> LibraryLog:
        """A fresh look at the log, as a process that has just started has it."""
        home = home or (identity.card.id if identity else "reader")
        return LibraryLog(
            self.folder,
            identity,
            lambda: self.cards,
            Memory(self.path / "homes" / home, LIBRARY),
            log_limits=lambda: self.limits,
            now_ms=self.clock,
            disk=disk,
        )

    @property
    def folder(self) -> Path:
        return self.path / "library" / "log"

    def file(self, identity: Identity) -> Path:
        return self.folder / identity.card.id / "entries.log"
