"""What the intake parents and their worker say to each other: one JSON document a line, bounded, no captured content.

parent → worker   {"find": …}, then {"read": …} for one source at a time; or {"screen": …} or {"prepare": …} for one
                  session at a time
worker → parent   {"progress": …}* then one of {"found": …}, {"done": …}, {"screened": …}, {"prepared": …}, {"error": …}
"""

from __future__ import annotations

from typing import Final

import msgspec

from curation.worker_failure import Failed
from replay.store.manifest import Screening
from replay.store.staging import StagedTrack
from replay.vault.handed import Handed

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
    library_id: str
    library_key: bytes
    minted: bytes  # from which the keys of the tracks to be written are made; of no use for any other
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
    tracks: tuple[StagedTrack, ...] = ()
    screening: Screening | None = None


class Screen(msgspec.Struct, frozen=True, tag="screen"):
    """One published session: `keys` open this one alone, `version` is what its fresh tracks are called by."""

    library: str
    staging: str
    minted: bytes
    session_id: str
    version: int
    keys: Handed


class Screened(msgspec.Struct, frozen=True, tag="screened"):
    """`hidden`: how much, in numbers alone."""

    tracks: tuple[StagedTrack, ...]
    screening: Screening
    hidden: dict[str, int]


class Prepare(msgspec.Struct, frozen=True, tag="prepare"):
    """As `Screen`; the keys are of masked tracks alone."""

    library: str
    staging: str
    minted: bytes
    session_id: str
    version: int
    keys: Handed


class Prepared(msgspec.Struct, frozen=True, tag="prepared"):
    """`left_out`: kinds of fast pictures that could not be made."""

    tracks: tuple[StagedTrack, ...]
    left_out: tuple[str, ...]


Request = Find | Read | Screen | Prepare
Reply = Found | Progress | Done | Screened | Prepared | Failed

request_decoder: Final = msgspec.json.Decoder(Request)
reply_decoder: Final = msgspec.json.Decoder(Reply)
