"""What an attacker's process can try on a library, through the gate and past it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from app.attack.tasks import Outcome, Task, Try
from curation.edit_log import EditLog, Intent
from curation.edits import SyncNudged
from replay.errors import SafelightError
from replay.store.library import Library, marker_id
from replay.store.sessions import Access, SessionStore
from replay.store.track_classes import class_of
from replay.vault.actions import Action
from replay.vault.break_in import Loot, opened_tracks, opens_under
from replay.vault.classes import TrackClass
from replay.vault.identity import Identity
from replay.vault.lease import Lease, Request
from replay.vault.log.device_log import FILE_NAME
from replay.vault.objects import TrackName
from replay.vault.opening import gate_of
from replay.vault.payloads import LabelsSeal
from replay.vault.policy import Policy

_RAW_ACTIONS = frozenset({Action.UNMASK, Action.REVIEW, Action.EXPORT})


class Attacker:
    """One person with their identity, their home, and what they kept of earlier attempts."""

    def __init__(self, identity: Identity, home: Path) -> None:
        self._identity = identity
        self._home = home
        self._loot = Loot()
        self._kept: tuple[Library, BinaryIO] | None = None
        self._tries: dict[Try, Callable[[Task], Outcome]] = {
            Try.READ: self._read,
            Try.READ_ON: self._read_on,
            Try.FILES: self._files,
            Try.MOVED: self._moved,
            Try.INCOMPLETE: self._incomplete,
            Try.EDIT: self._edit,
            Try.DECISIONS: self._decisions,
            Try.CHECK_LOG: self._check_log,
            Try.REWRITE_LOG: self._rewrite_log,
        }

    def outcome(self, task: Task) -> Outcome:
        """What came of it; a refusal is told by its code."""
        try:
            return self._tries[task.what](task)
        except SafelightError as e:
            return Outcome(False, e.code)

    @contextmanager
    def _library(self, task: Task) -> Iterator[Library]:
        library = self._opened(task)
        try:
            yield library
        finally:
            with suppress(SafelightError):
                library.gate.log.close()

    def _opened(self, task: Task, memory: str = "") -> Library:
        path = Path(task.library)
        ahead_ms = 0 if task.clock_ms is None else task.clock_ms - _now_ms()
        library_id = marker_id(path)
        home = self._home / (memory or task.memory)
        gate = gate_of(path, library_id, self._identity, home, now_ms=lambda: _now_ms() + ahead_ms)
        return Library(path, library_id, gate)

    def _read(self, task: Task) -> Outcome:
        if task.keeps:
            library = self._opened(task)
            self._kept = (library, _track(library, task))
            self._keep(library, task)
            return Outcome(bool(self._kept[1].read(1)))
        with self._library(task) as library, _track(library, task) as file:
            return Outcome(bool(file.read()))

    def _keep(self, library: Library, task: Task) -> None:
        classes = (TrackClass.MASKED, TrackClass.RAW) if task.action in _RAW_ACTIONS else (TrackClass.MASKED,)
        leases: dict[TrackClass, Lease] = {
            c: library.gate.lease(Request(task.action, c, task.purpose, task.session)) for c in classes
        }
        self._loot.keep(library.id, library.gate.manifest_body(task.session), leases)

    def _read_on(self, task: Task) -> Outcome:
        """With the gate, the lease and the file of before; only the bytes must be fetched."""
        assert self._kept is not None
        library, file = self._kept
        try:
            file.seek(0)
            file.read()  # what was decrypted before may still lie in its window
            with _track(library, task) as again:
                return Outcome(bool(again.read()))
        finally:
            with suppress(SafelightError):
                library.gate.log.close()

    def _files(self, task: Task) -> Outcome:
        library = Path(task.library)
        self._loot.keep_granted(library, self._identity)
        found = opened_tracks(library, marker_id(library), task.session, self._loot)
        return Outcome(bool(found), "" if found else "no_key_opens", found)

    def _moved(self, task: Task) -> Outcome:
        """The track's object as `other`'s, in another session, and in another version."""
        with self._library(task) as library:
            manifest = library.manifest(task.session)
            real = TrackName(library.id, task.session, task.track, manifest.entry(task.track).version)
            claims = (
                TrackName(real.library, real.session, task.other, real.version),
                TrackName(real.library, real.session[::-1], real.track, real.version),
                TrackName(real.library, real.session, real.track, real.version + 1),
            )
            if not opens_under(library.path, real, real, self._loot):
                return Outcome(False, "fault:control")
            opens = any(opens_under(library.path, real, claimed, self._loot) for claimed in claims)
            return Outcome(opens, "" if opens else "content_altered")

    def _incomplete(self, task: Task) -> Outcome:
        request = Request(task.action, class_of(task.track), task.purpose, task.session)
        codes = set()
        with self._library(task) as library:
            forgetful = _Forgetful.load()
            library.gate.policy = forgetful
            if not library.gate.decide(request).allowed:
                return Outcome(False, "fault:control")  # what follows must differ in one missing fact alone
            for place in forgetful.places:
                forgetful.lost = place
                try:
                    library.gate.lease(request)
                    return Outcome(True, tracks=place)
                except SafelightError as e:
                    codes.add(e.code)
        return Outcome(False, codes.pop() if len(codes) == 1 else "fault:mixed")

    def _edit(self, task: Task) -> Outcome:
        with self._library(task) as library, _edit_log(library) as log:
            author = self._identity.card.id
            head = log.head(task.session)
            log.append(Intent(task.session, author, head, "canary", (SyncNudged(head + 1),)), at_head=head)
            return Outcome(True)

    def _decisions(self, task: Task) -> Outcome:
        with self._library(task) as library, _edit_log(library) as log:
            return Outcome(bool(log.read(task.session)))

    def _check_log(self, task: Task) -> Outcome:
        with self._library(task) as library:
            report = library.gate.log.verify()
            return Outcome(report.ok, "" if report.ok else "log_altered")

    def _rewrite_log(self, task: Task) -> Outcome:
        log = Path(task.library, "log", self._identity.card.id, FILE_NAME)
        lines = log.read_bytes().splitlines(keepends=True)
        log.write_bytes(b"".join(lines[:-1]))
        library = self._opened(task, memory="forgetful")
        library.gate.audit("note")
        library.gate.log.close()
        return Outcome(True)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _track(library: Library, task: Task) -> BinaryIO:
    is_raw = class_of(task.track) is TrackClass.RAW
    return SessionStore(library, Access(task.action, task.purpose, is_raw)).open_track(task.session, task.track)


@contextmanager
def _edit_log(library: Library) -> Iterator[EditLog]:
    log = EditLog(library.edits_path, LabelsSeal(library.keys))
    try:
        yield log
    finally:
        log.close()


class _Forgetful(Policy):
    """A policy whose requests lose one fact on the way, as a fault in gathering facts would."""

    lost: tuple[str, ...] = ()
    places: tuple[tuple[str, ...], ...] = ()

    def _request(self, facts: Any, asker: Any) -> dict[str, Any]:
        request = super()._request(facts, asker)
        context = request["context"]
        self.places = (*((key,) for key in context), *(("grant", key) for key in context["grant"]))
        if self.lost:
            del (context if len(self.lost) == 1 else context["grant"])[self.lost[-1]]
        return request
