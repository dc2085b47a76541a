"""The manifest: what an export is, what it was made from and by, what was hidden where, and what the proof said.

Sessions appear as pseudonyms. It holds counts, geometry and times only: no captured content, no path, no person.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from curation.export.session_export import ExportedSession
from curation.export.source import SessionSource
from curation.model import KeysRedaction, RectRedaction, TextRedaction, WindowRedaction
from curation.redaction.plan import Int64s, RedactionPlan
from replay.errors import BadInput
from replay.timebase import TimeRange
from replay.vault.log.log_proof import LogProof

NAME: Final = "manifest.json"
FORMAT: Final = "safelight-export"
VERSION: Final = 1
REVIEW: Final = "not independently reviewed"
_KINDS: Final = {RectRedaction: "rect", KeysRedaction: "keys", TextRedaction: "text", WindowRedaction: "window"}


class FileEntry(msgspec.Struct, frozen=True):
    path: str
    sha256: str
    bytes: int


class SessionEntry(msgspec.Struct, frozen=True):
    """One exported session. Frame numbers are the source's; `masks` are [first, last, boxes] of half-open runs."""

    session: str
    head: int
    episodes: int
    steps: int
    counts: dict[str, int]
    has_video: bool
    frame_size: tuple[int, int] | None
    kept: list[tuple[int, int]]
    cuts_ns: list[tuple[int, int]]
    margin_ns: int
    masks: list[tuple[int, int, list[tuple[int, int, int, int]]]]
    redactions: dict[str, int]
    unplaced: dict[str, int]
    sync_method: str
    sync_sigma_ns: int

    def cuts(self) -> tuple[TimeRange, ...]:
        return tuple(TimeRange(a, b) for a, b in self.cuts_ns)

    def kept_frames(self) -> Int64s:
        return np.concatenate([np.zeros(0, np.int64), *(np.arange(a, b, dtype=np.int64) for a, b in self.kept)])


class RefusedEntry(msgspec.Struct, frozen=True):
    session: str
    code: str
    reason: str


class ProofEntry(msgspec.Struct, frozen=True):
    ok: bool
    checked: list[str]
    not_looked: list[str]


class Manifest(msgspec.Struct, frozen=True):
    format: str
    version: int
    name: str
    created_utc: str
    safelight: str
    recipe: dict[str, Any]
    review: str
    sessions: list[SessionEntry]
    refused: list[RefusedEntry]
    files: list[FileEntry]
    policy_sha256: str | None = None
    log: LogProof | None = None
    proof: ProofEntry | None = None

    def encoded(self) -> bytes:
        return msgspec.json.format(msgspec.json.encode(self, order="deterministic"), indent=1) + b"\n"


def read_manifest(folder: Path) -> Manifest:
    """The manifest of an export; raises BadInput where there is none or it is damaged."""
    try:
        manifest = msgspec.json.decode((folder / NAME).read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError):
        raise BadInput(
            "not_an_export", "This folder has no readable export manifest.", "Name a folder made by “safelight export”."
        ) from None
    if manifest.format != FORMAT or manifest.version != VERSION:
        raise BadInput("export_too_new", "This export was made by another version.", "Update Safelight.")
    return manifest


def session_entry(source: SessionSource, plan: RedactionPlan, exported: ExportedSession) -> SessionEntry:
    episodes = exported.redacted.episodes
    kinds = Counter(_KINDS[type(r)] for r in source.state.redactions.values())
    return SessionEntry(
        session=exported.redacted.session,
        head=source.head,
        episodes=len(episodes),
        steps=sum(len(e.steps) for e in episodes),
        counts={name: t.rows.num_rows for name, t in sorted(exported.redacted.tables.items())},
        has_video=exported.has_video,
        frame_size=plan.frame_size,
        kept=runs_of(plan.kept_frames),
        cuts_ns=[(c.start_ns, c.end_ns) for c in plan.cuts],
        margin_ns=plan.margin_ns,
        masks=mask_entries(plan),
        redactions=dict(sorted(kinds.items())),
        unplaced=dict(plan.unplaced),
        sync_method=source.session.sync.method,
        sync_sigma_ns=source.session.sync.sigma_ns,
    )


def mask_entries(plan: RedactionPlan) -> list[tuple[int, int, list[tuple[int, int, int, int]]]]:
    return [(a, b, [(x.x0, x.y0, x.x1, x.y1) for x in boxes]) for a, b, boxes in plan.masks.spans()]


def runs_of(indexes: Int64s) -> list[tuple[int, int]]:
    """Ascending indexes as half-open runs."""
    if not len(indexes):
        return []
    breaks = np.flatnonzero(np.diff(indexes) > 1)
    starts = indexes[np.concatenate([[0], breaks + 1])]
    ends = indexes[np.concatenate([breaks, [len(indexes) - 1]])] + 1
    return list(zip(starts.tolist(), ends.tolist(), strict=True))


def file_entries(folder: Path) -> list[FileEntry]:
    """Every file below `folder` but the manifest, sorted by path, with its sha256."""
    entries = []
    for path in sorted(p for p in folder.rglob("*") if not p.is_dir()):
        relative = path.relative_to(folder).as_posix()
        if relative != NAME:
            with open(path, "rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            entries.append(FileEntry(relative, digest, path.stat().st_size))
    return entries
