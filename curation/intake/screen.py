"""The screening job: runs the first pass again over published sessions, each in a worker that shows it to nobody.

What was decided about a session since its last pass, drawn masks and text redactions above all, moves into its masked
tracks. Session by session, each in one entry of the log; run again it takes up what is left.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from curation.edit_log import EditLog
from curation.edits import RedactionAdded, RedactionChanged, RedactionLifted, SyncMeasured, SyncNudged
from curation.intake.child import IntakeChild, Report
from curation.intake.first_pass import DETECTORS
from curation.intake.job import STALE_STAGING_S
from curation.intake.protocol import Screen, Screened
from curation.intake.staging_folder import staging_folder
from replay.errors import BadInput, Cancelled, Refused, SafelightError, StorageFailed
from replay.store.library import Library
from replay.store.manifest import Manifest
from replay.store.publish import Staged
from replay.store.republish import next_version, republish
from replay.vault.actions import Action
from replay.vault.classes import TrackClass
from replay.vault.handed import handed
from replay.vault.lease import Denied
from replay.vault.objects import MintedKeys
from replay.vault.payloads import LabelsSeal
from replay.vault.sealing import SessionResealer

PURPOSE: Final = "screening"
_HANDED: Final = (TrackClass.MASKED, TrackClass.RAW, TrackClass.LABELS)
_HIDING: Final = (RedactionAdded, RedactionChanged, RedactionLifted, SyncMeasured, SyncNudged)
"""Edits after which a pass finds something else."""
_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class ScreenedSession:
    """One session whose masked tracks are up to date. `hidden`: how much, in numbers alone."""

    id: str
    seconds: float
    tracks: int
    hidden: dict[str, int]


@dataclass(frozen=True, slots=True)
class FailedScreening:
    """One session that stays as it was; the rest went on."""

    id: str
    error: SafelightError


@dataclass(frozen=True, slots=True)
class ScreenResult:
    sessions: tuple[ScreenedSession, ...]
    failed: tuple[FailedScreening, ...]


class ScreenJob:
    """Screens sessions of one library; `report(done, total, what)` and `cancelled()` come from the calling thread."""

    def __init__(self, library: Library, report: Report, cancelled: Callable[[], bool]) -> None:
        self._library = library
        self._report = report
        self._cancelled = cancelled

    def pending(self) -> tuple[str, ...]:
        """Sessions that are unscreened, or whose masked tracks lag behind the detectors or what was decided since.

        Raises Denied, BadInput (a session's list or decisions are damaged), Cancelled.
        """
        ids = self._library.session_ids()
        log = EditLog(self._library.edits_path, LabelsSeal(self._library.keys))
        try:
            heads = {session: head.head for session, head in log.heads().items()}
            found = []
            for n, session in enumerate(ids):
                self._say(n, len(ids), "Looking for sessions")
                if self._library.consent(session).status != "withdrawn" and self._lags(session, log, heads):
                    found.append(session)
            return tuple(found)
        finally:
            log.close()

    def _lags(self, session: str, log: EditLog, heads: dict[str, int]) -> bool:
        screening = self._library.manifest(session).screening
        if screening is None or not set(DETECTORS) <= set(screening.detectors):
            return True
        if heads.get(session, 0) <= screening.head:
            return False
        try:
            since = log.read(session, after=screening.head)
        except Denied:
            return True  # whoever may screen but not read decisions cannot tell which they were
        return any(isinstance(e, _HIDING) for t in since for e in t.edits)

    def run(self, sessions: Sequence[str] | None = None) -> ScreenResult:
        """Screen `sessions` (None: those that are pending). Raises Cancelled, StorageFailed, and what `pending` does.

        What was screened before a cancel stays; refusals of single sessions are in the result.
        """
        self._library.sweep_staging(older_than_s=STALE_STAGING_S, now_s=time.time())
        wanted = self.pending() if sessions is None else tuple(sessions)
        done: list[ScreenedSession] = []
        failed: list[FailedScreening] = []
        left = list(wanted)
        while left:
            # A worker that fails at a session takes it with it; the next gets another worker.
            with IntakeChild("screening") as child:
                while left:
                    session = left.pop(0)
                    try:
                        done.append(self._screen(child, session))
                    except (Cancelled, StorageFailed):
                        raise
                    except SafelightError as e:
                        failed.append(FailedScreening(session, e))
                        break
        return ScreenResult(tuple(done), tuple(failed))

    def _screen(self, child: IntakeChild, session: str) -> ScreenedSession:
        began_s = time.monotonic()
        for _ in range(_TRIES):
            sealer = SessionResealer(self._library.gate, session, Action.SCREEN, PURPOSE)
            minted = MintedKeys.mint(self._library.id, session)
            with staging_folder(self._library) as staging:
                made = self._made(child, session, sealer, minted, staging)
                staged = Staged(staging, made.tracks, made.screening)
                if republish(self._library, staged, sealer, minted):
                    return ScreenedSession(session, time.monotonic() - began_s, len(made.tracks), made.hidden)
        raise Refused("session_busy", "This session was replaced again and again meanwhile.", "Try again later.")

    def _made(
        self, child: IntakeChild, session: str, sealer: SessionResealer, minted: MintedKeys, staging: Path
    ) -> Screened:
        work = Screen(
            library=str(self._library.path.absolute()),
            staging=str(staging.absolute()),
            minted=minted.secret,
            session_id=session,
            version=next_version(Manifest.from_body(sealer.body)),
            keys=handed(self._library.gate, {session: [sealer.leases[c] for c in _HANDED]}),
        )

        def report(done: int, total: int, what: str) -> None:
            sealer.check()
            self._report(done, total, what)

        made = child.ask(work, report, self._cancelled)
        if not isinstance(made, Screened):
            raise BadInput("screening_inconsistent", "The screening worker did not say that it was done.")
        return made

    def _say(self, done: int, total: int, what: str) -> None:
        if self._cancelled():
            raise Cancelled("The screening")
        self._report(done, total, what)
