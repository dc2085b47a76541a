"""What the export parent and its worker say to each other: one JSON document a line, bounded, no captured content.

parent → worker   one `Work`; the pipe then stays open, and its end means that the parent is gone or has published
worker → parent   `Progress`*, then one of `Done`, `Leaked`, `Failed`
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from curation.worker_failure import Failed
from replay.vault.handed import Handed
from replay.vault.log.log_proof import LogProof

MAX_LINE: Final = 1 << 22
MAX_LEAKS: Final = 1000


class Work(msgspec.Struct, frozen=True):
    """`sessions` are (id, head of its edit log); `keys` open these alone; `partial` is the folder to fill."""

    library: str
    keys: Handed
    sessions: tuple[tuple[str, int], ...]
    refused: tuple[tuple[str, str, str], ...]  # (pseudonym, code, reason)
    recipe: dict[str, Any]
    partial: str
    name: str
    created_utc: str
    log: LogProof
    policy_sha256: str


class Progress(msgspec.Struct, frozen=True, tag="progress"):
    done: int
    total: int
    what: str


class Done(msgspec.Struct, frozen=True, tag="done"):
    manifest_sha256: str


class LeakLine(msgspec.Struct, frozen=True):
    file: str
    where: str
    what_hash: str


class Leaked(msgspec.Struct, frozen=True, tag="leaked"):
    leaks: tuple[LeakLine, ...]


Reply = Progress | Done | Leaked | Failed
work_decoder: Final = msgspec.json.Decoder(Work)
reply_decoder: Final = msgspec.json.Decoder(Reply)
