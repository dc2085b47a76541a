"""How much room the fast pictures of each session take, and when somebody last opened them.

The time of the last opening is the access time of their sealed objects, set by whoever opens them: it needs no right to
read the log, no file of its own, and file systems that keep no such times by themselves keep one that is set.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from replay.store.library import Library
from replay.store.manifest import Manifest
from replay.store.track_classes import DERIVED
from replay.store.tracks import track_path


@dataclass(frozen=True, slots=True)
class SideUse:
    """Sealed bytes of one session's derived tracks; `opened_ns` since the epoch, at least when they were made."""

    session: str
    size: int
    opened_ns: int


def side_uses(library: Library) -> list[SideUse]:
    """Of the sessions that have derived tracks, as their folders show."""
    uses = (_use(library.session_dir(session), session) for session in library.session_ids())
    return [u for u in uses if u is not None]


def _use(folder: Path, session: str) -> SideUse | None:
    size = opened_ns = 0
    try:
        with os.scandir(folder) as found:
            for entry in found:
                if entry.name.rpartition(".")[0] in DERIVED:
                    stat = entry.stat()
                    size += stat.st_size
                    opened_ns = max(opened_ns, stat.st_atime_ns, stat.st_mtime_ns)
    except OSError:
        return None
    return SideUse(session, size, opened_ns) if size else None


def note_opened(session_dir: Path, manifest: Manifest) -> None:
    """Remember that the session was opened just now, as far as the disk lets itself be written to."""
    now_ns = time.time_ns()
    for entry in manifest.tracks:
        if entry.track in DERIVED:
            with suppress(OSError):
                path = track_path(session_dir, entry.track, entry.version)
                os.utime(path, ns=(now_ns, path.stat().st_mtime_ns))
