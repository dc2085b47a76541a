"""The intake worker: the only process that reads foreign bytes. Bounded in memory, leaves no core dump, dies alone."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from curation.intake import derive, prepare_worker, screen_worker
from curation.intake.clock import put_on_measured_clock
from curation.intake.protocol import (
    Done,
    Find,
    Found,
    FoundSource,
    Prepare,
    Progress,
    Read,
    Reply,
    Request,
    request_decoder,
)
from curation.worker_failure import Failed
from replay.core_dumps import leave_no_core
from replay.errors import BadInput, Cancelled, SafelightError, storage_failed
from replay.importers.contract import Importer, SourceFile, SourceSession
from replay.importers.registry import find_sources, importer_named
from replay.importers.untrusted_files import opened
from replay.shown_name import shown_name
from replay.store.staging import Admission, StagedSession
from replay.vault.objects import MintedKeys

MEMORY_BYTES: Final = 12 << 30  # address space, of which Arrow, DuckDB and the codecs reserve far more than they use
PROGRESS_EVERY_S: Final = 0.1


def limit_resources() -> None:
    """Bound what a hostile file can make this process take, where the system has such bounds."""
    leave_no_core()
    try:
        import resource
    except ImportError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = MEMORY_BYTES if hard == resource.RLIM_INFINITY else min(MEMORY_BYTES, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


class Worker:
    """Answers requests until its input ends; a source is found first, then read."""

    def __init__(self, reply: Callable[[Reply], None]) -> None:
        self._reply = reply
        self._sources: list[tuple[Importer, SourceSession, dict[str, str]]] = []
        self._said_at = 0.0

    def handle(self, request: Request) -> None:
        try:
            self._reply(self._answer(request))
        except SafelightError as e:
            self._reply(Failed.of(e))
        except MemoryError:
            self._reply(Failed("BadInput", "import_too_large", "Reading this session needs too much memory.", ""))
        except OSError as e:
            self._reply(Failed.of(storage_failed(e)))
        except Exception as e:  # noqa: BLE001
            # The boundary: a bug or a file no importer foresaw. The type is named, its text may quote the file.
            sentence = f"The importer could not make sense of this session ({type(e).__name__})."
            self._reply(Failed("BadInput", "import_failed", sentence, "Please report this with the file's format."))

    def _answer(self, request: Request) -> Reply:
        if isinstance(request, Find):
            return self._find(request)
        if isinstance(request, Read):
            return self._read(request)
        if isinstance(request, Prepare):
            return prepare_worker.prepared(request, self.progress)
        return screen_worker.screened(request, self.progress)

    def _find(self, request: Find) -> Found:
        self._sources = []
        return Found(tuple(self._described(s) for s in find_sources(Path(request.path), request.format)))

    def _described(self, source: SourceSession) -> FoundSource:
        """What the parent needs to know of a source: a file that cannot be opened refuses no other source."""
        importer = importer_named(source.format)
        files: list[tuple[SourceFile, str]] = []
        refused = None
        try:
            files = [(f, self._sha256(source, f)) for f in source.files]
        except BadInput as e:
            refused = Failed.of(e)
        hashes: dict[str, str] = {}
        for n, (f, digest) in enumerate(files):
            hashes[f.role if f.role not in hashes else f"{f.role}-{n}"] = digest
        paths = tuple((f.relative, digest) for f, digest in files)
        name = shown_name(source.root.name if len(source.files) > 1 else source.files[0].path.name)
        self._sources.append((importer, source, hashes))
        return FoundSource(len(self._sources) - 1, name, source.format, importer.version, paths, refused)

    def _sha256(self, source: SourceSession, file: SourceFile) -> str:
        digest = hashlib.sha256()
        with opened(source, file, f"“{shown_name(file.path.name)}”") as f:
            total = os.fstat(f.fileno()).st_size
            while chunk := f.read(1 << 20):
                digest.update(chunk)
                self.progress(f.tell(), total, "Looking at the files")
        return digest.hexdigest()

    def _read(self, request: Read) -> Done:
        importer, source, hashes = self._sources[request.index]
        admission = Admission(
            request.session_id,
            source.format,
            importer.version,
            request.subject_id,
            request.consent_status,
            request.consent_purposes,
            request.imported_at_utc_ns,
            hashes,
        )
        started = time.monotonic()
        minted = MintedKeys(request.library_id, request.session_id, request.minted)
        with StagedSession(Path(request.staging), admission, minted, self.progress) as staged:
            importer.read(source, staged)
            staged.close_tables()
            imported = time.monotonic()
            if request.derive:
                put_on_measured_clock(staged)
            screening = derive.screened(staged, request.library_key) if request.derive else None
            if screening is None:
                derive.write_unscreened(staged)
            tracks = staged.finish()
        return Done(imported - started, time.monotonic() - imported, tracks, screening)

    def progress(self, done: int, total: int, what: str) -> None:
        """Tell the parent, at most every PROGRESS_EVERY_S."""
        now = time.monotonic()
        if now - self._said_at >= PROGRESS_EVERY_S:
            self._said_at = now
            self._reply(Progress(done, total, what))


def serve(requests: BinaryIO, replies: BinaryIO) -> None:
    """Answer every line of `requests` until it ends or the parent is gone."""

    def reply(message: Reply) -> None:
        try:
            replies.write(msgspec.json.encode(message) + b"\n")
            replies.flush()
        except BrokenPipeError:
            raise Cancelled("The import") from None

    worker = Worker(reply)
    for line in requests:
        worker.handle(request_decoder.decode(line))


if __name__ == "__main__":
    limit_resources()
    # Codecs print to descriptor 1; the protocol keeps a copy of its own so that they cannot speak in it.
    with os.fdopen(os.dup(1), "wb") as protocol:
        os.dup2(2, 1)
        serve(sys.stdin.buffer, protocol)
