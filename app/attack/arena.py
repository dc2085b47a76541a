"""A copy of a library's records with the canaries alone: what an attack must change, it changes there.

The copy holds sealed bytes only, and grants on it are for canaries. What is signed on it would be a second history of
the runner's own log, so it lies in a private folder that is removed at the end, whatever happens.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.attack.canaries import Canaries
from replay.store.library import Library
from replay.vault.card import Card
from replay.vault.disk import Disk
from replay.vault.gate import PROOF, SESSIONS
from replay.vault.log.device_log import DeviceLog
from replay.vault.log.entry import DENIED, Entry
from replay.vault.opening import gate_of
from replay.vault.proof import Tried, sign_proof
from replay.vault.session_keys import SUBJECTS

_COPIED: Final = ("roster", "grants", "consent", "log")
_MEMORY: Final = "memory"
_BASE: Final = "library"


@dataclass(frozen=True, slots=True)
class Arena:
    """`library` is the copy, under the runner's identity, which remembers the copy's log beside it."""

    name: str
    library: Library

    @property
    def path(self) -> Path:
        return self.library.path

    def forked(self, name: str, now_ms: Callable[[], int] | None = None) -> Arena:
        """A copy of the copy, to be broken. `now_ms` is what the runner's clock says on it, UTC."""
        self.library.gate.log.close()
        path = self.path.with_name(name)
        shutil.copytree(self.path, path)
        return _opened(path, self.library, name, now_ms)

    def denials(self, card: Card) -> list[Entry]:
        """What the log holds of somebody's refusals, each line checked."""
        log = DeviceLog(self.path / "log", self.library.id, card, Disk())
        return [e for e in log.read_tail() if e.decision == DENIED]


def arena_of(live: Library, canaries: Canaries, folder: Path) -> Arena:
    """Raises StorageFailed, BadInput; OSError where the copy cannot be written."""
    path = folder / _BASE
    path.mkdir(mode=0o700)
    with live.gate.log.locked():
        for name in _COPIED:
            if (live.path / name).is_dir():
                shutil.copytree(live.path / name, path / name)
        for found in (live.path / "library.json", *live.path.glob("library-key.*")):
            shutil.copy2(found, path)
        for session in canaries.all:
            shutil.copytree(live.session_dir(session), path / "objects" / session)
        subjects = {str(live.gate.manifest_body(s)["subject"]) for s in canaries.all}
        (path / "subjects").mkdir()
        for found in (p for s in subjects for p in live.path.glob(f"subjects/{s}.*.json")):
            shutil.copy2(found, path / "subjects")
    arena = _opened(path, live, _BASE, None)
    _leave_only(arena, {SESSIONS + s for s in canaries.all} | {SUBJECTS + s for s in subjects})
    return arena


def _opened(path: Path, like: Library, name: str, now_ms: Callable[[], int] | None) -> Arena:
    clock = now_ms or (lambda: time.time_ns() // 1_000_000)
    memory = path.with_name(f"{_MEMORY}-{name}")
    return Arena(name, Library(path, like.id, gate_of(path, like.id, like.gate.identity, memory, now_ms=clock)))


def _leave_only(arena: Arena, kept: set[str]) -> None:
    """The copy knows no session but the canaries, and is not read-only, however the library's own proof stands."""
    gate = arena.library.gate
    gate.log.refresh()
    others = [n for prefix in (SESSIONS, SUBJECTS) for n in gate.records.names(prefix) if n not in kept]
    document = sign_proof(gate.identity, gate.library_id, gate.now_ms(), gate.policy.sha256, [Tried("copy", True)])
    changes: dict[str, bytes | None] = {**dict.fromkeys(others), PROOF: document}
    gate.records.commit(changes, "attack_copy")
