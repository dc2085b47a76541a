"""Exports that hold somebody who has withdrawn or was erased since: they may not be used on, and how to rebuild them.

Nothing marks an export as stale: it follows from the audit log at the moment of asking, so no row that somebody
changes in a database hides it, and no crash leaves it unsaid.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from curation.export.lineage import ExportRecord, Lineage
from curation.export.recipe import TRAINING
from curation.utc import utc_text
from replay.store.library import Library
from replay.vault.log.entry import Entry
from replay.vault.subjects import WITHDRAWN, Subjects

BUILT: Final = "export_built"
ERASED: Final = "erased"
_HASH: Final = "manifest_sha256"


@dataclass(frozen=True, slots=True)
class MadeExport:
    """One export of a library. `stale` says of each session that may not be used any more why: erased or withdrawn.

    `name` and `formats` are the list's own words and may be empty where only the audit log remembers the export;
    `is_logged` is false where only the list does, which no export of ours leaves.
    """

    manifest_sha256: str
    name: str
    created_utc: str
    formats: tuple[str, ...]
    purpose: str
    sessions: tuple[str, ...]
    stale: Mapping[str, str]
    is_logged: bool

    @property
    def left(self) -> tuple[str, ...]:
        """The sessions that may still be used."""
        return tuple(s for s in self.sessions if s not in self.stale)

    def rebuild(self, library: str) -> str | None:
        """The command line that makes it again without whoever is gone; None where nothing is left to export."""
        if not self.stale or not self.left:
            return None
        purpose = [] if self.purpose in ("", TRAINING) else ["--purpose", self.purpose]
        words = ["safelight", "export", library, "--format", ",".join(self.formats) or "archive"]
        words += ["--out", f"{self.name or 'export'}-rebuilt", *purpose, "--sessions", ",".join(self.left)]
        return shlex.join(words)


def exports_of(library: Library) -> tuple[MadeExport, ...]:
    """Every export that the audit log or the library's list knows, oldest first. Raises StorageFailed, BadInput."""
    library.gate.log.refresh()
    listed = {r.manifest_sha256: r for r in Lineage(library.path).all()}
    logged = {str(e.detail.get(_HASH)): e for e in library.gate.log.entries() if e.act == BUILT}
    known, withdrawn = frozenset(library.session_ids()), Subjects(library.gate).withdrawn()
    made = []
    for sha256 in {**listed, **logged}:
        record, entry = listed.get(sha256), logged.get(sha256)
        sessions = _sessions(record, entry)
        stale = {s: WITHDRAWN if s in known else ERASED for s in sessions if s in withdrawn or s not in known}
        made.append(_made(sha256, record, entry, sessions, stale))
    return tuple(sorted(made, key=lambda m: (m.created_utc, m.manifest_sha256)))


def _sessions(record: ExportRecord | None, entry: Entry | None) -> tuple[str, ...]:
    listed = () if record is None else tuple(s for s, _, _ in record.sessions)
    return tuple(sorted({*listed, *(() if entry is None else entry.sessions)}))


def _made(
    sha256: str,
    record: ExportRecord | None,
    entry: Entry | None,
    sessions: tuple[str, ...],
    stale: Mapping[str, str],
) -> MadeExport:
    created = "" if entry is None else utc_text(entry.ts_ms)
    return MadeExport(
        manifest_sha256=sha256,
        name="" if record is None else record.name,
        created_utc=created if record is None else record.created_utc,
        formats=() if record is None else record.formats,
        purpose="" if entry is None else entry.purpose or "",
        sessions=sessions,
        stale=stale,
        is_logged=entry is not None,
    )
