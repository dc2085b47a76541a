"""What the import parent and its worker say to each other: one JSON document a line, bounded, no captured content.

parent → worker   {"find": …}, then {"read": …} for one source at a time
worker → parent   {"progress": …}* then one of {"found": …}, {"done": …}, {"error": …}
"""

from __future__ import annotations

from typing import Final

import msgspec

from curation.worker_failure import Failed

MAX_LINE: Final = 1 << 22


class Find(msgspec.Struct, frozen=True, tag="find"):
    path: str
    format: str


class FoundSource(msgspec.Struct, frozen=True):
    index: int
    name: str  # fit to be shown
    format: str
    importer_version: str
    files: tuple[tuple[str, str], ...]  # (relative path, sha256)
    refused: Failed | None = None  # one of its files cannot be opened; the others' hashes are then left out


class Found(msgspec.Struct, frozen=True, tag="found"):
    sources: tuple[FoundSource, ...]


class Read(msgspec.Struct, frozen=True, tag="read"):
    index: int
    staging: str
    session_id: str
    subject_id: str
    consent_status: str
    consent_purposes: tuple[str, ...]
    imported_at_utc_ns: int
    derive: bool


class Progress(msgspec.Struct, frozen=True, tag="progress"):
    done: int
    total: int
    what: str


class Done(msgspec.Struct, frozen=True, tag="done"):
    import_s: float
    derive_s: float


Request = Find | Read
Reply = Found | Progress | Done | Failed

request_decoder: Final = msgspec.json.Decoder(Request)
reply_decoder: Final = msgspec.json.Decoder(Reply)
