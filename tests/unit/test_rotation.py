"""After a completed revocation nothing that the person held or copied opens anything, and the others notice nothing."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import pytest

from app.access import revoke, rotate
from replay.errors import SafelightError, StorageFailed
from replay.store.library import Library
from replay.store.sessions import SessionStore, unmasked
from replay.vault.actions import Action, Role
from replay.vault.classes import TrackClass
from replay.vault.collection import epoch_of_sealed, opened_under
from replay.vault.container import ContentAltered, SealedReader
from replay.vault.keys import ClassKey, KeyRefused, KeyRing, SessionKey, collection_key, open_data_key
from replay.vault.lease import Denied, Request
from replay.vault.log.device_log import LogRolledBack
from replay.vault.objects import TrackName
from replay.vault.subject_keys import open_slots, read_slots
from tests.teams import ONE, TITLE, TWO, Team


def silent(done: int, total: int, what: str) -> None:
    del done, total, what


@dataclass(frozen=True, slots=True)
class Loot:
    """Everything that Mallory copied while she was a curator: the library, her home, and every key they gave her."""

    world: Team
    class_keys: tuple[ClassKey, ...]
    session_keys: tuple[SessionKey, ...]
    data_keys: tuple[tuple[TrackName, bytes], ...]
    payloads: tuple[bytes, ...]


def looted(team: Team, world: Path) -> Loot:
    library = team.library("mallory")
    gate = library.gate
    leases = {
        c: gate.lease(Request(a, c, p))
        for a, c, p in (
            (Action.OPEN, TrackClass.MASKED, "curation"),
            (Action.BROWSE, TrackClass.CATALOGUE, "browse"),
            (Action.EDIT, TrackClass.LABELS, "curation"),
        )
    }
    class_keys = tuple(gate.ring().get(c, 1) for c in leases)
    session_keys = tuple(leases[c].key(s, 1) for c in leases for s in (ONE, TWO))
    data_keys = []
    for session in (ONE, TWO):
        for track in library.manifest(session).tracks:
            name = TrackName(library.id, session, track.track, track.version)
            for key in track.keys:
                if key.track_class in leases:
                    opened = leases[key.track_class].key(session, key.epoch)
                    data_keys.append((name, _data_key(opened, name, key.sealed, key.part)))
    payloads = tuple(_payloads(team))
    assert data_keys
    assert payloads
    return Loot(team.copied(world), class_keys, session_keys, tuple(data_keys), payloads)


def _data_key(key: SessionKey, name: TrackName, sealed: bytes, part: str) -> bytes:
    return open_data_key(
        key, sealed, library=name.library, session=name.session, track=name.track, version=name.version, part=part
    )


def _payloads(team: Team) -> Iterator[bytes]:
    connection = sqlite3.connect(team.path / "edits.sqlite")
    try:
        for table in ("edits", "transactions"):
            yield from (row[0] for row in connection.execute(f"SELECT payload FROM {table}"))
    finally:
        connection.close()


@dataclass(frozen=True, slots=True)
class Affair:
    """A library before and after Mallory's revocation."""

    team: Team
    loot: Loot
    mallory: str


def begun(folder: Path) -> Affair:
    """Mallory is revoked, and nothing is sealed anew yet; Carol goes on as a curator, Dora unmasks one session."""
    team = Team.founded(folder / "world")
    mallory = team.join("mallory", Role.CURATOR)
    team.join("carol", Role.CURATOR)
    team.join("dora", Role.UNMASKER, sessions=(ONE,))
    loot = looted(team, folder / "loot")
    team.admin().revoke(mallory)
    return Affair(team, loot, mallory)


@pytest.fixture(scope="module")
def pending(tmp_path_factory: pytest.TempPathFactory) -> Affair:
    return begun(tmp_path_factory.mktemp("pending"))


@pytest.fixture(scope="module")
def finished(pending: Affair, tmp_path_factory: pytest.TempPathFactory) -> Affair:
    team = pending.team.copied(tmp_path_factory.mktemp("finished") / "world")
    assert revoke(team.library(), pending.mallory, silent).status == "done"
    return Affair(team, pending.loot, pending.mallory)


@pytest.fixture
def affair(finished: Affair, tmp_path: Path) -> Affair:
    return Affair(finished.team.copied(tmp_path / "world"), finished.loot, finished.mallory)


def others_read(team: Team) -> None:
    """What the maker, a curator and the unmasker of one session see is what they always saw."""
    assert team.titles() == team.titles("carol") == dict.fromkeys((ONE, TWO), TITLE)
    assert team.edit_titles() == team.edit_titles("carol") == ["A telling title"]
    store = SessionStore(team.library("dora"), unmasked("care"))
    assert store.read_table(ONE, "windows")["title"][0].as_py() == TITLE
    with SessionStore(team.library(), unmasked("care")).open_track(ONE, "video") as video:
        assert video.read() == b"film" * 20_000
    assert SessionStore(team.library()).catalogue().num_rows == 2


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(SafelightError) as caught:
        act()
    return caught.value.code


# -- after it: the gate and the files, with everything that was copied ----------------------------------------------


def test_the_others_read_what_they_always_read(affair: Affair) -> None:
    others_read(affair.team)
    assert affair.team.admin().outstanding(affair.mallory) == ()
    assert affair.team.library().gate.log.verify().ok


def test_the_gate_denies_her_whatever_her_home_remembers(affair: Affair) -> None:
    assert refused(lambda: affair.team.titles("mallory")) == "revoked"
    shutil.rmtree(affair.team.home("mallory") / "memory")
    assert refused(lambda: affair.team.titles("mallory")) == "revoked"
    log = affair.team.library().gate.log
    log.refresh()
    denied = [e for e in log.uncounted() if e.device == affair.mallory]
    assert denied  # what she tries leaves traces, and counts for nothing


def test_old_grants_put_back_give_her_nothing_and_hinder_nobody(affair: Affair) -> None:
    for old in (affair.loot.world.path / "grants").iterdir():
        shutil.copy(old, affair.team.path / "grants" / old.name)
    assert refused(lambda: affair.team.titles("mallory")) == "revoked"
    others_read(affair.team)


def test_old_objects_and_lists_put_back_are_read_by_nobody(affair: Affair) -> None:
    for folder in ("objects", "subjects", "catalogue"):
        shutil.copytree(affair.loot.world.path / folder, affair.team.path / folder, dirs_exist_ok=True)
    assert refused(lambda: affair.team.titles("mallory")) == "revoked"
    assert affair.team.titles() == dict.fromkeys((ONE, TWO), TITLE)
    assert SessionStore(affair.team.library()).catalogue().num_rows == 2
    assert affair.team.edit_titles("carol") == ["A telling title"]


def test_an_old_object_under_the_name_of_the_one_in_force_is_refused(affair: Affair) -> None:
    library = affair.team.library()
    entry = library.manifest(ONE).entry("windows_masked")
    old = affair.loot.world.path / "objects" / ONE / f"windows_masked.{entry.version - 1}"
    shutil.copy(old, affair.team.path / "objects" / ONE / f"windows_masked.{entry.version}")
    assert refused(lambda: affair.team.titles()) == "content_altered"


def test_an_old_log_and_roster_put_back_are_noticed_by_whoever_was_here_since(affair: Affair) -> None:
    others_read(affair.team)
    for folder in ("log", "roster", "grants"):
        shutil.rmtree(affair.team.path / folder)
        shutil.copytree(affair.loot.world.path / folder, affair.team.path / folder)
    for name in ("Maker", "carol"):
        with pytest.raises(LogRolledBack):
            affair.team.titles(name)


def test_she_herself_with_the_old_log_reads_nothing_of_the_store(affair: Affair) -> None:
    """With a fresh memory her gate believes the old log; the lists that it names are gone, and so are the objects."""
    for folder in ("log", "roster", "grants"):
        shutil.rmtree(affair.team.path / folder)
        shutil.copytree(affair.loot.world.path / folder, affair.team.path / folder)
    shutil.rmtree(affair.team.home("mallory") / "memory")
    assert refused(lambda: affair.team.titles("mallory")) == "record_missing"
    for session in (ONE, TWO):
        for old in (affair.loot.world.path / "objects" / session).glob("manifest.*"):
            shutil.copy(old, affair.team.path / "objects" / session / old.name)
    for old in (affair.loot.world.path / "subjects").iterdir():
        shutil.copy(old, affair.team.path / "subjects" / old.name)
    assert refused(lambda: affair.team.titles("mallory")) == "no_such_track"


def test_cached_data_keys_open_no_file_of_the_library(affair: Affair) -> None:
    found = [p for p in affair.team.path.rglob("*") if p.is_file()]
    for path in found:
        content = path.read_bytes()
        for name, key in affair.loot.data_keys:
            for version in (name.version, name.version + 1):
                context = TrackName(name.library, name.session, name.track, version).context()
                with pytest.raises(ContentAltered):
                    SealedReader(cast(BinaryIO, io.BytesIO(content)), key, context)


def test_old_session_keys_open_no_data_key_of_any_object_list(affair: Affair) -> None:
    library = affair.team.library()
    tried = 0
    for old in affair.loot.session_keys:
        for track in library.manifest(old.session).tracks:
            name = TrackName(library.id, old.session, track.track, track.version)
            for key in track.keys:
                for epoch in (old.epoch, key.epoch):
                    relabelled = SessionKey(old.session, key.track_class, epoch, old.secret)
                    with pytest.raises(KeyRefused):
                        _data_key(relabelled, name, key.sealed, key.part)
                    tried += 1
    assert tried > 100


def test_old_class_keys_open_no_slot_no_list_of_rows_and_no_library_key(affair: Affair) -> None:
    library = affair.team.library()
    stolen = affair.loot.class_keys
    relabelled = KeyRing(ClassKey(k.track_class, 2, k.secret) for k in stolen)
    for path in (affair.team.path / "subjects").iterdir():
        slots = read_slots(path.read_bytes(), library.gate.membership.chain.cards)
        for ring in (KeyRing(stolen), relabelled):
            with pytest.raises(KeyRefused):
                open_slots(slots, ring, library.id)
    sealed = [(f"catalogue/{p.name}", p) for p in (affair.team.path / "catalogue").iterdir()]
    sealed += [("library-key", p) for p in affair.team.path.glob("library-key.*")]
    assert len(sealed) == 3
    catalogue = next(k for k in stolen if k.track_class is TrackClass.CATALOGUE)
    for name, path in sealed:
        assert epoch_of_sealed(path.read_bytes()) == 2
        for epoch in (1, 2):
            key = collection_key(ClassKey(TrackClass.CATALOGUE, epoch, catalogue.secret), library=library.id, name=name)
            with pytest.raises(ContentAltered):
                opened_under(library.id, name, key, path.read_bytes())


def test_no_payload_that_she_could_open_is_left_in_the_edit_log(affair: Affair) -> None:
    left = b"".join(p.read_bytes() for p in affair.team.path.glob("edits.sqlite*"))
    assert all(payload not in left for payload in affair.loot.payloads)
    before = b"".join(p.read_bytes() for p in affair.loot.world.path.glob("edits.sqlite*"))
    assert all(payload in before for payload in affair.loot.payloads)


def test_nobody_holds_a_replaced_key_by_grant(affair: Affair) -> None:
    for name in ("Maker", "carol"):
        ring = affair.team.library(name).gate.ring()
        affair.team.library(name)
        assert all(1 not in ring.epochs(c) for c in (TrackClass.MASKED, TrackClass.CATALOGUE, TrackClass.LABELS))
    keys = [k for g in affair.team.admin().grants() for k in g.keys if k.track_class is not TrackClass.RAW]
    assert {k.epoch for k in keys} == {2}


def test_tracks_that_she_could_not_read_are_left_alone(affair: Affair) -> None:
    manifest = affair.team.library().manifest(ONE)
    versions = {t.track: t.version for t in manifest.tracks}
    assert (versions["video"], versions["windows"], versions["windows_masked"]) == (1, 1, 2)


def test_somebody_revoked_while_a_rotation_is_pending_is_rotated_away_too(pending: Affair, tmp_path: Path) -> None:
    team = pending.team.copied(tmp_path / "world")
    dora = team.admin().member("dora").card.id
    team.admin().revoke(dora)
    assert rotate(team.library(), silent).is_done
    assert team.admin().outstanding(pending.mallory) == team.admin().outstanding(dora) == ()
    assert team.titles("carol") == dict.fromkeys((ONE, TWO), TITLE)
    versions = {t.track: t.version for t in team.library().manifest(ONE).tracks}
    assert (versions["video"], versions["windows"]) == (2, 2)


# -- while it is pending: everybody but her, whatever breaks ----------------------------------------------------------


def test_she_is_denied_and_the_others_work_before_anything_is_sealed_anew(pending: Affair, tmp_path: Path) -> None:
    team = pending.team.copied(tmp_path / "world")
    assert refused(lambda: team.titles("mallory")) == "revoked"
    assert team.admin().outstanding(pending.mallory) == ("rotation",)
    others_read(team)


def killed(team: Team, at: int) -> bool:
    """Whether a rotation was killed at its `at`-th change of the disk; False when there were fewer."""
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            _die_at(at)
            rotate(team.library(), silent)
            os._exit(0)
        os._exit(1)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, 9), code
    return code == 9


def _die_at(at: int) -> None:
    count = 0

    def counted(real: Callable[..., object]) -> Callable[..., object]:
        def operation(*given: object, **named: object) -> object:
            nonlocal count
            count += 1
            if count > at:
                os._exit(9)
            return real(*given, **named)

        return operation

    for name in ("fsync", "replace", "unlink", "write"):
        setattr(os, name, counted(getattr(os, name)))


def test_killed_at_any_change_of_the_disk_it_leaves_a_library_that_works_and_is_taken_up(
    pending: Affair, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    step = 1 if request.config.getoption("--soak") else 17
    at = 0
    while True:
        team = pending.team.copied(tmp_path / f"world-{at}")
        was_killed = killed(team, at)
        assert refused(lambda t=team: t.titles("mallory")) == "revoked"
        others_read(team)
        assert rotate(team.library(), silent).is_done
        assert team.admin().outstanding(pending.mallory) == ()
        others_read(team)
        left = [p.name for p in (team.path / "objects").rglob("*.1") if "masked" in p.name]
        assert left == []
        shutil.rmtree(team.folder)
        if not was_killed:
            break
        at += step
    assert at > 50


def test_a_disk_that_fails_at_any_moment_leaves_a_library_that_works_and_is_taken_up(
    pending: Affair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    step = 3 if request.config.getoption("--soak") else 31
    for at in range(0, 1_000, step):
        team = pending.team.copied(tmp_path / f"world-{at}")
        library: Library = team.library()
        count = 0
        real = os.fsync

        def fail_once(descriptor: int, at: int = at, real: Callable[[int], None] = real) -> None:
            nonlocal count
            count += 1
            if count - 1 == at:
                raise OSError(errno.ENOSPC, "planted")
            real(descriptor)

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", fail_once)
            with contextlib.suppress(StorageFailed, Denied):
                rotate(library, silent)
        others_read(team)
        assert rotate(team.library(), silent).is_done
        others_read(team)
        shutil.rmtree(team.folder)
        if count <= at:
            return
    pytest.fail("it never ended")


def test_a_damaged_session_holds_up_no_other_and_keeps_the_revocation_pending(pending: Affair, tmp_path: Path) -> None:
    team = pending.team.copied(tmp_path / "world")
    entry = team.library().manifest(ONE).entry("windows_masked")
    damaged = team.path / "objects" / ONE / f"windows_masked.{entry.version}"
    content = bytearray(damaged.read_bytes())
    content[100] ^= 1
    damaged.write_bytes(content)
    done = revoke(team.library(), pending.mallory, silent)
    assert (done.status, done.missing) == ("pending", ("rotation",))
    assert [(x.session, x.code) for x in done.rotated.left] == [(ONE, "content_altered")]
    assert team.library().manifest(TWO).entry("windows_masked").version == 2
    damaged.unlink()
    assert revoke(team.library(), pending.mallory, silent).status == "done"


def test_what_she_writes_into_the_log_afterwards_counts_for_nobody(affair: Affair) -> None:
    theirs = affair.team.library("mallory").gate.records
    theirs.commit({f"session/{ONE}": None}, "erase")
    assert affair.team.library().session_ids() == (ONE, TWO)
    assert affair.team.library("carol").session_ids() == (ONE, TWO)
