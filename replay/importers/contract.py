"""What an importer is, what it may call, and what it must never decide.

An importer turns the files of one foreign session into rows of `replay.schema`, media and Problems. It streams, it
never clamps or invents, it puts no name, e-mail or host name from a path or from metadata into an id, and it refuses
(BadInput with file, row and reason) what cannot be trusted. Session ids, consent and publishing are the intake's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import pyarrow as pa

from replay.problems import Problem
from replay.sync import SyncModel


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of a source session; `role` is what it is ("events", "video", …), never what it was called."""

    role: str
    path: Path
    relative: str  # POSIX path relative to the session's root; hashed into the session id, stored nowhere


@dataclass(frozen=True, slots=True)
class SourceSession:
    """The files that together are one captured session, found but not yet read."""

    format: str
    root: Path
    files: tuple[SourceFile, ...]

    def file(self, role: str) -> SourceFile | None:
        return next((f for f in self.files if f.role == role), None)


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What the recorder said about the session as a whole; everything optional."""

    recorder: str
    recorder_version: str | None = None
    started_at_utc_ns: int | None = None
    os: str | None = None
    os_version: str | None = None
    locale: str | None = None
    keyboard_layout: str | None = None
    task_goal: str | None = None


class ImportSink(Protocol):
    """Where an importer puts what it read. Rows may come in any order of tables, in any number of calls.

    `clock` comes first: the sink turns every row's `t_src_ns` into `t_ns` with it. Rows are mappings or Arrow batches
    with the columns of `replay.schema` minus `session_id` (missing optional columns are null); `seq` defaults to the
    ordinal of the row in its table. A row of the wrong type raises BadInput.
    """

    def clock(self, sync: SyncModel) -> None: ...

    def info(self, info: SourceInfo) -> None: ...

    def rows(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None: ...

    def batch(self, table: str, batch: pa.RecordBatch) -> None: ...

    def media(self, track: str) -> BinaryIO:
        """A new media track ("video", "audio", …) to write in order; registered by `media_ready`."""
        ...

    def media_in_memory(self, track: str) -> BinaryIO:
        """Like `media`, readable and seekable too: for what a muxer writes, held in memory until it is closed."""
        ...

    def media_ready(self, track: str, *, codec: str, width: int, height: int, time_base: str, sha256: str) -> None: ...

    def problem(self, problem: Problem) -> None:
        """Problems with the same code are merged and their counts added."""
        ...

    def progress(self, done: int, total: int, what: str) -> None:
        """Report progress (units are the importer's own); raises Cancelled when the work should stop."""
        ...


class Importer(Protocol):
    """One capture format; registered under the entry-point group `safelight.importers`."""

    name: str
    version: str

    def find(self, path: Path) -> list[SourceSession]:
        """The sessions of this format at `path` (a file, or a folder that is one session or holds some)."""
        ...

    def read(self, source: SourceSession, sink: ImportSink) -> None:
        """Read one session into `sink`. Runs in a worker process; raises BadInput, never anything else on purpose."""
        ...
