"""Rotation: after a revocation every object that the person could read is sealed anew, and the old one removed.

Session by session, each in one entry of the log: whoever reads meanwhile finds the old state or the new one, and what
is left to do follows from the records. The replaced keys leave the grants at the very end, when nothing needs them.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, Final

from replay.errors import BadInput, SafelightError, storage_failed
from replay.store.catalogue import object_name
from replay.store.library import Library, write_whole
from replay.store.manifest import Manifest, TrackEntry
from replay.store.tracks import track_path
from replay.vault.gate import SESSIONS
from replay.vault.objects import TrackName
from replay.vault.payloads import LabelKeys
from replay.vault.rekeying import Rekeying, TrackKeys

Report = Callable[[int, int, str], None]

_PARTIAL: Final = ".rotating-"
_UNREADABLE: Final = frozenset({"content_altered", "key_missing"})
"""Of a catalogue segment: nobody can read it any more."""
_TRIES: Final = 5
_PROBED_SESSIONS: Final = 200
_SETTLED_MS: Final = 1_000
"""Whoever looked at the log just before the revocation may still seal one decision under the epoch before it."""
_LEFT_OVER_S: Final = 3600.0
"""An object that no list names may be of somebody's commit to come; older ones were left by a crash."""


@dataclass(frozen=True, slots=True)
class Left:
    """A session that could not be sealed anew, and why."""

    session: str
    code: str
    sentence: str


@dataclass(slots=True)
class Rotated:
    """What one run did. `is_done`: nothing in the library opens with replaced keys, and nobody holds them by grant."""

    sessions: int = 0
    objects: int = 0
    size: int = 0
    probed: int = 0
    is_done: bool = False
    left: list[Left] = field(default_factory=list)


class Rotation:
    """One run over one library. For one thread; several at once do the work twice and harm nothing."""

    def __init__(self, library: Library, reseal_decisions: Callable[[LabelKeys], None], report: Report) -> None:
        """`reseal_decisions` seals the edit log anew with the keys it is given. Raises Denied."""
        self._library = library
        self._rekeying = Rekeying(library.gate)
        self._reseal_decisions = reseal_decisions
        self._report = report
        self._seen: dict[str, int] = {}
        self._done = Rotated()

    def run(self) -> Rotated:
        """Go on until nothing is left, or only what `left` names. Raises Denied, BadInput, StorageFailed."""
        if not self._rekeying.is_pending:
            return Rotated(is_done=True)
        try:
            self._run()
        except OSError as e:
            raise storage_failed(e) from e
        return self._done

    def _run(self) -> None:
        rekeying = self._rekeying
        rekeying.widen()
        rekeying.reseal_library_key()
        self._sessions()
        rekeying.reseal_subjects(lambda done, total: self._report(done, total, "people"))
        self._segments()
        self._reseal_decisions(rekeying)
        if not self._done.left:
            self._finish()

    # -- sessions --------------------------------------------------------------------------------------------------

    def _sessions(self) -> None:
        """Every session whose list changed since it was last seen under fresh keys, until there is none."""
        while changed := [s for s in self._library.gate.published_ids() if self._seen.get(s) != self._version(s)]:
            for n, session in enumerate(changed, 1):
                self._session(session)
                self._report(n, len(changed), "sessions")

    def _version(self, session: str) -> int:
        head = self._library.gate.log.heads.get(SESSIONS + session)
        return 0 if head is None else head.version

    def _session(self, session: str) -> None:
        for _ in range(_TRIES):
            version = self._version(session)
            try:
                manifest = self._library.manifest(session)
                stale = [t for t in manifest.tracks if not self._rekeying.is_track_current(self._keys(session, t))]
                if not stale or self._replaced(manifest, version, stale):
                    break
            except SafelightError as e:
                if self._version(session) == version:
                    self._done.left.append(Left(session, e.code, e.sentence))
                    break
        self._seen[session] = self._version(session)
        self._sweep(session)

    def _replaced(self, manifest: Manifest, version: int, stale: list[TrackEntry]) -> bool:
        folder = self._library.session_dir(manifest.session)
        moves: dict[Path, Path] = {}
        try:
            entries = {t.track: self._rekeyed(manifest, t, moves) for t in stale}
            body = manifest.with_tracks(entries, manifest.screening).body()
            if not self._rekeying.commit_session(manifest.session, version, body, lambda: _install(moves)):
                return False
        finally:
            for partial in moves:
                partial.unlink(missing_ok=True)
        for t in stale:
            if entries[t.track].version != t.version:
                track_path(folder, t.track, t.version).unlink(missing_ok=True)
        self._done.sessions += 1
        return True

    def _rekeyed(self, manifest: Manifest, entry: TrackEntry, moves: dict[Path, Path]) -> TrackEntry:
        """The track's next version, written beside the place that `moves` gives it."""
        folder = self._library.session_dir(manifest.session)
        keys = self._keys(manifest.session, entry)
        partial = folder / f"{_PARTIAL}{secrets.token_hex(8)}"
        try:
            source = track_path(folder, entry.track, entry.version).open("rb", buffering=0)
        except FileNotFoundError:
            return replace(entry, keys=self._rekeying.carried(manifest.subject, keys))
        moves[partial] = track_path(folder, entry.track, entry.version + 1)
        with source, open(partial, "xb", opener=_private) as target:
            sealed = self._rekeying.rekey(manifest.subject, keys, source, target)
            target.flush()
            os.fsync(target.fileno())
            size = target.tell()
        self._done.objects += 1
        self._done.size += size
        return replace(entry, version=entry.version + 1, size=size, keys=sealed)

    def _keys(self, session: str, entry: TrackEntry) -> TrackKeys:
        name = TrackName(self._library.id, session, entry.track, entry.version)
        return TrackKeys(name, entry.keys, entry.segments)

    def _sweep(self, session: str) -> None:
        """Remove objects that were replaced and outlived a crash."""
        try:
            versions = {t.track: t.version for t in self._library.manifest(session).tracks}
            found = list(os.scandir(self._library.session_dir(session)))
        except (SafelightError, FileNotFoundError):
            return
        for entry in found:
            track, _, version = entry.name.rpartition(".")
            if not version.isdigit() or track == "manifest":
                is_left = entry.name.startswith(_PARTIAL) and _is_old(entry)
            elif int(version) < versions.get(track, 0):
                is_left = True
            else:
                is_left = versions.get(track) != int(version) and _is_old(entry)
            if is_left:
                os.unlink(entry.path)

    # -- the catalogue ---------------------------------------------------------------------------------------------

    def _segments(self) -> None:
        """A segment that does not open is removed: the sessions' own rows stand in for it."""
        folder = self._library.catalogue_dir
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            try:
                sealed = self._rekeying.resealed_for_collection(object_name(path.name), path.read_bytes())
            except FileNotFoundError:
                continue
            except BadInput as e:
                if e.code not in _UNREADABLE:
                    raise
                path.unlink(missing_ok=True)
                continue
            if sealed is not None:
                write_whole(path, sealed)

    # -- the end ---------------------------------------------------------------------------------------------------

    def _finish(self) -> None:
        gate = self._library.gate
        settled_ms = gate.log.heads["roster"].ts_ms + _SETTLED_MS
        time.sleep(max(0, min(settled_ms - gate.now_ms(), _SETTLED_MS)) / 1000)
        gate.log.refresh()
        self._sessions()
        self._reseal_decisions(self._rekeying)
        gate.records.sweep()
        self._done.probed = self._probe()
        self._done.is_done = not self._done.left and self._rekeying.finish(self._done.probed)

    def _probe(self) -> int:
        ids = self._library.gate.published_ids()
        sample = ids[:: max(1, len(ids) // _PROBED_SESSIONS)]
        manifests = [self._library.manifest(s) for s in sample]
        tracks = [(m.subject, self._keys(m.session, t)) for m in manifests for t in m.tracks]
        return self._rekeying.probe(tracks, self._open)

    def _open(self, name: TrackName) -> BinaryIO:
        return track_path(self._library.session_dir(name.session), name.track, name.version).open("rb")


def _install(moves: dict[Path, Path]) -> None:
    for partial, final in moves.items():
        os.replace(partial, final)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _is_old(entry: os.DirEntry[str]) -> bool:
    return time.time() - entry.stat().st_mtime > _LEFT_OVER_S
