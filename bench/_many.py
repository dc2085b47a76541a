"""Large libraries for the benchmarks: published sessions by their records alone, without a hundred thousand videos."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from replay.store.library import Library
from replay.store.manifest import Manifest, Screening, TrackEntry
from replay.store.track_classes import SEARCH
from replay.store.tracks import track_path
from replay.vault import statements
from replay.vault.classes import TrackClass
from replay.vault.disk import Disk
from replay.vault.gate import SESSIONS
from replay.vault.log.library_log import LibraryLog
from replay.vault.log.memory import Memory
from replay.vault.membership import RosterFolder
from replay.vault.objects import WHOLE, MintedKeys
from replay.vault.records import Records
from replay.vault.sealing import MANIFEST, NewSession, SessionSealer

_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


class _NoSync(Disk):
    """For making a large library quickly; what is measured uses the real disk."""

    def fsync(self, descriptor: int) -> None:
        pass


def session_id(n: int) -> str:
    """The id of the n-th session of a generated library."""
    digits = ""
    for _ in range(26):
        n, digit = divmod(n, 32)
        digits += _ALPHABET[digit]
    return digits


def write_many(library: Library, home: Path, size: int) -> None:
    """Published sessions of a hundred people, by their records alone: lists, slots and one log entry each."""
    gate = library.gate
    for person in range(100):
        first_session(library, person)
    bodies = [library.manifest(session_id(person)).body() for person in range(100)]
    gate.log.close()
    rosters = RosterFolder(library.path / "roster", library.id)
    memory = Memory(home, library.id)
    log = LibraryLog(
        library.path / "log",
        gate.identity,
        rosters.cards,
        memory,
        log_limits=lambda: rosters.log_limits(log.roster_version),
        disk=_NoSync(),
    )
    records = Records(library.path, log, _NoSync())
    for n in range(100, size):
        session = session_id(n)
        body = {**bodies[n % 100], "session": session}
        document = statements.sign(gate.identity, MANIFEST, body)
        records.commit({SESSIONS + session: document}, "import", session=session)
    log.close()


def first_session(library: Library, person: int) -> None:
    minted = MintedKeys.mint(library.id, session_id(person))
    sealer = SessionSealer(library.gate, NewSession(session_id(person), f"subject-{person}", "granted", ()))
    tracks = []
    for track, track_class in (
        ("frames", TrackClass.MASKED),
        ("keys", TrackClass.RAW),
        ("catalogue", TrackClass.CATALOGUE),
    ):
        tracks.append(TrackEntry(track, 1, 0, (minted.sealed_key(sealer.key(track_class), track, 1, WHOLE),)))
    sealer.publish(Manifest(session_id(person), sealer.handle, "granted", (), None, tuple(tracks)).body())


def write_searchable(library: Library, n: int, words: bytes) -> str:
    """The n-th session with nothing but the words that it is found by; its id."""
    session = session_id(n)
    minted = MintedKeys.mint(library.id, session)
    folder = library.session_dir(session)
    folder.mkdir(parents=True)
    with minted.writer(track_path(folder, SEARCH, 1).open("wb"), SEARCH, 1) as track:
        track.write(words)
    sealer = SessionSealer(library.gate, NewSession(session, f"subject-{n % 100}", "granted", ()))
    key = minted.sealed_key(sealer.key(TrackClass.MASKED), SEARCH, 1, WHOLE)
    entry = TrackEntry(SEARCH, 1, track_path(folder, SEARCH, 1).stat().st_size, (key,))
    sealer.publish(Manifest(session, sealer.handle, "granted", (), Screening(("bench/1",)), (entry,)).body())
    return session
