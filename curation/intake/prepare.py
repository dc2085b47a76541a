"""The job that makes fast pictures: of published sessions, session by session, in a worker with masked keys alone.

Each session comes into force in one entry of the log; run again it takes up what is left. The room that all of them
take is bounded: beyond it those of sessions go that nobody has opened for the longest time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from curation.intake.child import IntakeChild, Report
from curation.intake.job import STALE_STAGING_S
from curation.intake.protocol import Prepare, Prepared
from curation.intake.staging_folder import staging_folder
from replay import schema
from replay.errors import BadInput, Cancelled, NotFound, Refused, SafelightError, StorageFailed
from replay.store.library import Library
from replay.store.manifest import Manifest
from replay.store.republish import next_version
from replay.store.side_publish import drop_side, publish_side
from replay.store.side_use import SideUse, side_uses
from replay.store.track_classes import CHECKPOINTS, MEZZANINE_FRAMES, SKIM_FRAMES, class_of
from replay.vault.actions import Action
from replay.vault.classes import TrackClass
from replay.vault.handed import handed
from replay.vault.lease import Denied
from replay.vault.log.device_log import LOG_REFUSED
from replay.vault.objects import MintedKeys
from replay.vault.sealing import SessionResealer

DEFAULT_BUDGET: Final = 20 << 30
PURPOSE: Final = "fast pictures"
_MARKS: Final = (SKIM_FRAMES, MEZZANINE_FRAMES, CHECKPOINTS)
"""Tracks that are written even where what they stand for could not be made; they say so by being empty."""
_CLASSES: Final = (TrackClass.MASKED,)
_SIDE_SHARE: Final = 3.0  # of the video's bytes: what fast pictures of a session are likely to take, for the budget
_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class PreparedSession:
    """One session with fast pictures. `size`: their sealed bytes; `left_out`: kinds that could not be made."""

    id: str
    seconds: float
    size: int
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FailedPreparing:
    """One session that stays as it was; the rest went on."""

    id: str
    error: SafelightError


@dataclass(frozen=True, slots=True)
class PrepareResult:
    """`dropped`: sessions whose fast pictures went to keep the budget. `no_room`: those not begun for want of room."""

    sessions: tuple[PreparedSession, ...]
    failed: tuple[FailedPreparing, ...]
    dropped: tuple[str, ...]
    no_room: tuple[str, ...]


class PrepareJob:
    """Works on one library; `report(done, total, what)` and `cancelled()` are called from the calling thread."""

    def __init__(
        self,
        library: Library,
        report: Report,
        cancelled: Callable[[], bool],
        budget_bytes: int = DEFAULT_BUDGET,
    ) -> None:
        """`budget_bytes`: the most that the fast pictures of all sessions may take."""
        self._library = library
        self._report = report
        self._cancelled = cancelled
        self._budget_bytes = budget_bytes
        self._spared: set[str] = set()  # sessions whose fast pictures could not be dropped

    def pending(self, among: Sequence[str] | None = None) -> tuple[str, ...]:
        """Screened sessions with media that have none, of `among` or of all; also those whose list is damaged, so that
        the run says so of them and goes on.

        Raises Denied, BadInput (the log is altered), Cancelled.
        """
        found = []
        ids = self._library.session_ids() if among is None else among
        for n, session in enumerate(ids):
            if self._cancelled():
                raise Cancelled("The preparing")
            self._report(n, len(ids), "Looking for sessions")
            if self._wants(session):
                found.append(session)
        return tuple(found)

    def _wants(self, session: str) -> bool:
        try:
            return self._library.consent(session).status != "withdrawn" and _lacks(self._library.manifest(session))
        except LOG_REFUSED:
            raise  # what the library says of itself is in doubt, not one session
        except BadInput:
            return True

    def run(self, sessions: Sequence[str] | None = None) -> PrepareResult:
        """Make the fast pictures of `sessions` anew; None: those that are pending, as far as there is room.

        Raises Cancelled, StorageFailed, and what `pending` does. What was made before a cancel stays; refusals of
        single sessions are in the result.
        """
        self._library.sweep_staging(older_than_s=STALE_STAGING_S, now_s=time.time())
        left = list(self.pending() if sessions is None else sessions)
        done: list[PreparedSession] = []
        failed: list[FailedPreparing] = []
        dropped: list[str] = []
        no_room: list[str] = []
        while left:
            # A worker that fails at a session takes it with it; the next gets another worker.
            with IntakeChild("preparing") as child:
                while left:
                    session = left.pop(0)
                    try:
                        if sessions is None and not self._has_room(session):
                            no_room.append(session)
                            continue
                        done.append(self._prepare(child, session))
                    except (Cancelled, StorageFailed):
                        raise
                    except SafelightError as e:
                        failed.append(FailedPreparing(session, e))
                        break
                    dropped += self._keep_budget()
        dropped += self._keep_budget()
        return PrepareResult(tuple(done), tuple(failed), tuple(dropped), tuple(no_room))

    def _prepare(self, child: IntakeChild, session: str) -> PreparedSession:
        began_s = time.monotonic()
        for _ in range(_TRIES):
            sealer = SessionResealer(self._library.gate, session, Action.SCREEN, PURPOSE, _CLASSES)
            if Manifest.from_body(sealer.body).screening is None:
                raise Refused("unscreened", "The first pass has not looked at this session yet.", "Run it first.")
            minted = MintedKeys.mint(self._library.id, session)
            with staging_folder(self._library) as staging:
                made = self._made(child, session, sealer, minted, staging)
                if publish_side(self._library, staging, made.tracks, sealer, minted):
                    size = sum(t.size for t in made.tracks)
                    return PreparedSession(session, time.monotonic() - began_s, size, made.left_out)
        raise Refused("session_busy", "This session was replaced again and again meanwhile.", "Try again later.")

    def _made(
        self, child: IntakeChild, session: str, sealer: SessionResealer, minted: MintedKeys, staging: Path
    ) -> Prepared:
        work = Prepare(
            library=str(self._library.path.absolute()),
            staging=str(staging.absolute()),
            minted=minted.secret,
            session_id=session,
            version=next_version(Manifest.from_body(sealer.body)),
            keys=handed(self._library.gate, {session: list(sealer.leases.values())}),
        )

        def report(done: int, total: int, what: str) -> None:
            sealer.check()
            self._report(done, total, what)

        made = child.ask(work, report, self._cancelled)
        if not isinstance(made, Prepared):
            raise BadInput("prepare_inconsistent", "The worker did not say that it was done.")
        return made

    # -- room ------------------------------------------------------------------------------------------------------

    def _has_room(self, session: str) -> bool:
        manifest = self._library.manifest(session)
        likely = _SIDE_SHARE * sum(t.size for t in manifest.tracks if _is_media(t.track))
        return sum(u.size for u in self._uses()) + likely <= self._budget_bytes

    def _keep_budget(self) -> list[str]:
        """Drop the fast pictures of sessions until all fit, those first that were opened longest ago.

        Those of sessions that this person may not touch stay: withdrawn ones, which go when they are erased, those of
        others, and damaged ones.
        """
        uses = sorted(self._uses(), key=lambda u: u.opened_ns)
        over = sum(u.size for u in uses) - self._budget_bytes
        dropped = []
        for use in uses:
            if over <= 0:
                break
            if self._give_up(use.session):
                dropped.append(use.session)
                over -= use.size
        return dropped

    def _give_up(self, session: str) -> bool:
        """Whether a session's fast pictures are gone; it is asked once only, since each refusal is an entry."""
        if session in self._spared:
            return False
        try:
            sealer = SessionResealer(self._library.gate, session, Action.SCREEN, PURPOSE, _CLASSES)
            return drop_side(self._library, sealer)
        except LOG_REFUSED:
            raise
        except (BadInput, Denied, NotFound):
            self._spared.add(session)
            return False

    def _uses(self) -> list[SideUse]:
        return side_uses(self._library)


def _lacks(manifest: Manifest) -> bool:
    is_made = all(manifest.has(track) for track in _MARKS)
    return manifest.screening is not None and not is_made and any(_is_media(t.track) for t in manifest.tracks)


def _is_media(track: str) -> bool:
    return class_of(track) is TrackClass.RAW and track not in schema.TABLES
