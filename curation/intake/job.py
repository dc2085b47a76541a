"""The import job: one call imports everything at some paths; each session is published whole or not at all."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from curation.intake.child import IntakeChild, Report
from curation.intake.protocol import Done, Find, Found, FoundSource, Read
from replay.errors import BadInput, NotFound, SafelightError, storage_failed
from replay.problems import Problem
from replay.shown_name import shown_name
from replay.store.library import Library
from replay.store.publish import Staged, publish
from replay.store.sessions import SessionStore
from replay.vault.actions import Action
from replay.vault.objects import MintedKeys
from replay.vault.sealing import NewSession, SessionErased, refuse_erased

STALE_STAGING_S: Final = 3600.0


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What to import and on whose word. `purposes` are those of a limited consent."""

    paths: tuple[Path, ...]
    format: str = "auto"
    subject_id: str | None = None
    consent: str = "unknown"
    purposes: tuple[str, ...] = ()
    derive: bool = True


@dataclass(frozen=True, slots=True)
class ImportedSession:
    """One session now in the library. `is_new` is False where the same bytes had been imported before."""

    id: str
    format: str
    duration_s: float
    frames: int
    events: int
    import_s: float
    derive_s: float
    is_new: bool
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class FailedImport:
    """One source that was refused; the rest went on. `name` is the source's own name, safe to show."""

    name: str
    error: SafelightError


@dataclass(frozen=True, slots=True)
class ImportResult:
    sessions: tuple[ImportedSession, ...]
    failed: tuple[FailedImport, ...]


def session_id_of(library_key: bytes, files: Sequence[tuple[str, str]]) -> str:
    """First 26 characters of base32(HMAC-SHA256(library key, sorted (relative path, sha256) of the source))."""
    mac = hmac.new(library_key, digestmod=hashlib.sha256)
    for relative, digest in sorted(files):
        for part in (relative.encode("utf-8", "surrogateescape"), digest.encode()):
            mac.update(len(part).to_bytes(8, "big") + part)
    return base64.b32encode(mac.digest()).decode()[:26]


def _as_text(path: Path) -> str:
    """`path` for the worker; raises BadInput where the system's name of it is not text."""
    text = str(path)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadInput("name_not_text", "This path has a name that is not text.", "Rename it and try again.") from None
    return text


class ImportJob:
    """Imports into one library; `report(done, total, what)` and `cancelled()` are called from the calling thread."""

    def __init__(self, library: Library, report: Report, cancelled: Callable[[], bool]) -> None:
        self._library = library
        self._store = SessionStore(library)
        self._report = report
        self._cancelled = cancelled

    def run(self, request: ImportRequest) -> ImportResult:
        """Import every session at the request's paths. Raises Cancelled; refusals of single sources are in the result.

        What was published before a cancel stays.
        """
        self._library.gate.permit(Action.IMPORT, "import")
        self._library.sweep_staging(older_than_s=STALE_STAGING_S, now_s=time.time())
        sessions: list[ImportedSession] = []
        failed: list[FailedImport] = []
        for path in request.paths:
            self._import_path(path, request, sessions, failed)
        return ImportResult(tuple(sessions), tuple(failed))

    def _import_path(
        self, path: Path, request: ImportRequest, sessions: list[ImportedSession], failed: list[FailedImport]
    ) -> None:
        """Every session at one path. A worker that crashes takes one session with it; the next gets another worker."""
        next_source, count = 0, 1
        while next_source < count:
            with IntakeChild() as child:
                try:
                    sources = self._find(child, path, request.format)
                except (BadInput, NotFound) as e:
                    failed.append(FailedImport(shown_name(path.name), e))
                    return
                count = len(sources)
                while next_source < count:
                    source = sources[next_source]
                    next_source += 1
                    if source.refused is not None:
                        failed.append(FailedImport(source.name, source.refused.error("The import")))
                        continue
                    try:
                        sessions.append(self._import_source(child, source, request))
                    except SessionErased as e:
                        failed.append(FailedImport(source.name, e))
                    except (BadInput, NotFound) as e:
                        failed.append(FailedImport(source.name, e))
                        break

    def _find(self, child: IntakeChild, path: Path, format: str) -> tuple[FoundSource, ...]:
        found = child.ask(Find(_as_text(path.absolute()), format), self._report, self._cancelled)
        if not isinstance(found, Found) or not found.sources:
            raise BadInput("import_inconsistent", "The import worker did not say which sessions it found.")
        return found.sources

    def _import_source(self, child: IntakeChild, source: FoundSource, request: ImportRequest) -> ImportedSession:
        session_id = session_id_of(self._library.key, source.files)
        if session_id in self._library.session_ids():
            return self._summary(session_id, Done(0.0, 0.0), is_new=False)
        refuse_erased(self._library.gate, session_id)
        staging = self._library.staging / secrets.token_hex(8)
        try:
            staging.mkdir(mode=0o700, parents=True)
        except OSError as e:
            raise storage_failed(e) from e
        try:
            subject = request.subject_id or f"subject-{secrets.token_hex(8)}"
            minted = MintedKeys.mint(self._library.id, session_id)
            read = Read(
                index=source.index,
                staging=str(staging),
                library_id=self._library.id,
                library_key=self._library.key,
                minted=minted.secret,
                session_id=session_id,
                subject_id=subject,
                consent_status=request.consent,
                consent_purposes=request.purposes,
                imported_at_utc_ns=time.time_ns(),
                derive=request.derive,
            )
            done = child.ask(read, self._report, self._cancelled)
            if not isinstance(done, Done):
                raise BadInput("import_inconsistent", "The import worker did not say that it was done.")
            session = NewSession(session_id, subject, request.consent, request.purposes)
            publish(self._library, Staged(staging, done.tracks, done.screening), session, minted)
        except BaseException:
            shutil.rmtree(staging, ignore_errors=True)
            raise
        return self._summary(session_id, done, is_new=True)

    def _summary(self, session_id: str, done: Done, *, is_new: bool) -> ImportedSession:
        info = self._store.info(session_id)
        frames = self._store.read_table(session_id, "frames").num_rows
        row = self._store.own_catalogue_row(session_id)
        return ImportedSession(
            id=session_id,
            format=info.importer,
            duration_s=info.duration_ns / 1e9,
            frames=frames,
            events=row["events"],
            import_s=done.import_s,
            derive_s=done.derive_s,
            is_new=is_new,
            problems=self._store.problems(session_id),
        )
