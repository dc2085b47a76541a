"""Attacks by whoever can write to the library's folder: objects, databases, roster and log are altered or set back."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from msgspec.structs import replace

from app.attack.arena import Arena
from app.attack.by_people import after_revocation
from app.attack.scene import MASKED_TRACK, Finding, Scene, opening, unmasking
from app.attack.tasks import Try
from replay.store.tracks import track_path
from replay.vault.actions import Action
from replay.vault.gate import SESSIONS
from replay.vault.log.device_log import FILE_NAME

_ALTERED = "content_altered"
_RECORD = ("record_altered", "record_missing")
_ROSTER = ("roster_altered", "roster_missing", "roster_no_such_version", "roster_gap", "log_rolled_back", *_RECORD)
_LOG = ("log_altered", "log_rolled_back")
_KEYS_OF_EXPORT = 2
"""Raw tracks are released with the masked ones."""
_DISK = ("storage_failed", "library_not_writable")


def altered_object(scene: Scene) -> Finding:
    return _of_object(scene, "altered_object", "one bit of an object is flipped", _flip)


def swapped_object(scene: Scene) -> Finding:
    def swap(path: Path) -> None:
        shutil.copyfile(path.with_name("sync.1"), path)

    found = _of_object(scene, "swapped_object", "an object takes another's place, and is opened under its name", swap)
    arena = scene.base.forked("moved")
    task = replace(opening(arena, scene.canaries.first), keeps=True)
    has_keys = scene.read("curator", task)
    moved = scene.refused("curator", replace(task, what=Try.MOVED, other="frames"), _ALTERED)
    return Finding(found.name, found.on, found.denied and moved, found.logged, found.control and has_keys, found.how)


def rolled_back_object(scene: Scene) -> Finding:
    """After a rotation the old object, and then the old list of objects, stand in the place of the current ones."""
    after = after_revocation(scene)
    arena = after.forked("rolled-back")
    session = scene.canaries.first
    task = opening(arena, session)
    control = scene.read("curator", task)
    manifest = arena.library.manifest(session)
    old = arena.library.session_dir(session)
    current = track_path(old, MASKED_TRACK, manifest.entry(MASKED_TRACK).version)
    before = scene.base.library.session_dir(session)
    shutil.copyfile(track_path(before, MASKED_TRACK, 1), current)
    objects = scene.repelled("curator", arena, task, _ALTERED)
    gate = arena.library.gate
    gate.log.refresh()
    name = SESSIONS + session
    first = scene.base.library.gate.records.path_of(name, scene.base.library.gate.log.heads[name].version)
    shutil.copyfile(first, gate.records.path_of(name, gate.log.heads[name].version))
    lists = scene.repelled("curator", arena, task, *_RECORD)
    both = objects & lists
    how = "an object, and then a session's signed list of objects, are set back to what they were"
    return Finding("rolled_back_object", "copy", both.denied, both.logged, control, how)


def _of_object(scene: Scene, name: str, how: str, break_it: Callable[[Path], None]) -> Finding:
    arena = scene.base.forked(name)
    session = scene.canaries.first
    control = scene.read("curator", opening(arena, session))
    break_it(track_path(arena.library.session_dir(session), MASKED_TRACK, 1))
    found = scene.repelled("curator", arena, opening(arena, session), _ALTERED)
    return Finding(name, "copy", found.denied, found.logged, control, how)


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def forged_rows(scene: Scene) -> Finding:
    """Decisions of one session are given to another and to another author; a made-up table calls itself a grant."""
    arena = scene.base.forked("forged-rows")
    first, second = scene.canaries.first, scene.canaries.second
    reading = replace(opening(arena, first), what=Try.DECISIONS)
    control = all(scene.read("curator", replace(opening(arena, s), what=Try.EDIT)) for s in (first, second))
    control = control and scene.read("curator", reading)
    curator, stranger = scene.people["curator"].card.id, scene.people["stranger"].card.id
    _forge(arena.path / "edits.sqlite", "UPDATE transactions SET author = ? WHERE session = ?", stranger, first)
    author = scene.repelled("curator", arena, reading, "edits_damaged")
    _forge(
        arena.path / "edits.sqlite", "UPDATE edits SET payload = (SELECT payload FROM edits WHERE session = ?)", first
    )
    moved = scene.repelled("curator", arena, replace(reading, session=second), "edits_damaged")
    _forge(arena.path / "exports.sqlite", "CREATE TABLE grants AS SELECT ? AS person, 'raw' AS class", curator)
    raw = scene.repelled("curator", arena, unmasking(arena, first), "no_grant")
    both = author & moved & raw
    how = "rows in the databases change their author, their session, and claim a grant"
    return Finding("forged_rows", "copy", both.denied, both.logged, control, how)


def _forge(database: Path, statement: str, *values: str) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(statement, values)


def stale_roster(scene: Scene) -> Finding:
    """Somebody who was revoked brings back the roster on which they were not, to readers who have not seen more."""
    after = after_revocation(scene)
    session = scene.canaries.first
    missing = after.forked("roster-missing")
    control = scene.read("curator", opening(missing, session))
    newest = _newest_roster(missing)
    newest.unlink()
    gone = _all_refused(scene, missing, session)
    replaced = after.forked("roster-replaced")
    shutil.copyfile(_newest_roster(scene.base), _newest_roster(replaced))
    stale = _all_refused(scene, replaced, session)
    how = "the newest roster is removed, or replaced by an older one; noted here, as the copy's log takes no entry"
    return Finding("stale_roster", "copy", gone and stale, scene.noted("stale_roster"), control, how)


def _all_refused(scene: Scene, arena: Arena, session: str) -> bool:
    leaver = scene.refused("leaver", unmasking(arena, session), *_ROSTER)
    return leaver and scene.refused("curator", opening(arena, session), *_ROSTER)


def _newest_roster(arena: Arena) -> Path:
    return max((arena.path / "roster").glob("[0-9]*.json"), key=lambda p: int(p.stem))


def truncated_log(scene: Scene) -> Finding:
    def cut(log: Path) -> None:
        log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:-1]))

    return _of_log(scene, "truncated_log", "the newest entry of a device is cut off", lambda s, a: cut(_runners_log(a)))


def edited_log(scene: Scene) -> Finding:
    def edit(log: Path) -> None:
        lines = log.read_bytes().splitlines(keepends=True)
        lines[-2] = lines[-2].replace(b'"act":"', b'"act":"x', 1)
        log.write_bytes(b"".join(lines))

    return _of_log(scene, "edited_log", "an entry is edited", lambda s, a: edit(_runners_log(a)))


def forked_log(scene: Scene) -> Finding:
    def fork(scene: Scene, arena: Arena) -> None:
        scene.read("curator", replace(opening(arena, ""), what=Try.REWRITE_LOG))

    return _of_log(scene, "forked_log", "a member writes and signs another history of their own device", fork)


def _of_log(scene: Scene, name: str, how: str, break_it: Callable[[Scene, Arena], None]) -> Finding:
    """A reader who has seen the log opens a track after it was broken."""
    arena = scene.base.forked(name)
    session = scene.canaries.first
    wrote = scene.read("curator", opening(arena, session))
    seen = scene.read("unmasker", unmasking(arena, session))
    break_it(scene, arena)
    denied = scene.refused("unmasker", unmasking(arena, session), *_LOG)
    noticed = scene.refused("unmasker", replace(opening(arena, session), what=Try.CHECK_LOG), "log_altered")
    return Finding(name, "copy", denied, noticed, wrote and seen, f"{how}; the log's own check must notice it")


def _runners_log(arena: Arena) -> Path:
    return arena.path / "log" / arena.library.gate.identity.card.id / FILE_NAME


def unlogged_access(scene: Scene) -> Finding:
    """The disk refuses the reader's entry; afterwards everything that was read must stand in the log."""
    arena = scene.base.forked("unlogged")
    session, reader = scene.canaries.first, scene.people["exporter"].card
    task = replace(unmasking(arena, session, "training"), action=Action.EXPORT)
    obstacle = arena.path / "log" / reader.id / "card.json"
    obstacle.mkdir(parents=True)
    denied = scene.refused("exporter", task, *_DISK)
    os.rmdir(obstacle)
    control = scene.read("exporter", task)
    allowed = 0
    with suppress(FileNotFoundError):
        allowed = (obstacle.parent / FILE_NAME).read_bytes().count(b'"act":"export"')
    how = "a reader whose entry the disk refuses; read afterwards, with an entry for each key that was released"
    return Finding("unlogged_access", "copy", denied, allowed == _KEYS_OF_EXPORT, control, how)
