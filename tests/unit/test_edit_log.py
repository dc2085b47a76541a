"""The edit log keeps what it said it kept: through crashes, full disks, damage and other processes."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from curation.edit_log import EditLog, HeadMoved, Intent, Purpose
from curation.edit_tables import METADATA
from curation.editor import Editor
from curation.reducer import fold
from replay.errors import BadInput, Refused, StorageFailed
from replay.importers.contract import SourceInfo
from replay.store.library import Library
from replay.sync import SyncModel
from replay.vault.payloads import LabelsSeal
from tests.edit_worker import label
from tests.staged import ADMISSION, stage
from tests.unsealed import UNSEALED

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def path(tmp_path):
    return tmp_path / "edits.sqlite"


@pytest.fixture
def log(path):
    made = EditLog(path, UNSEALED)
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def any_log(request, path):
    """The same log on every database; a PostgreSQL server is used where SAFELIGHT_TEST_POSTGRES names one."""
    url = os.environ.get("SAFELIGHT_TEST_POSTGRES")
    if request.param == "sqlite":
        made = EditLog(path, UNSEALED)
    elif url:
        engine = sa.create_engine(url)
        METADATA.drop_all(engine)
        engine.dispose()
        made = EditLog(url, UNSEALED)
    else:
        pytest.skip("SAFELIGHT_TEST_POSTGRES names no PostgreSQL server")
    yield made
    made.close()


def worker(mode, path, count):
    command = [sys.executable, "-m", "tests.edit_worker", mode, str(path), str(count)]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def intent(*ids, session="S", author="ann", base=0):
    return Intent(session, author, base, "Add label", tuple(label(i) for i in ids))


def fill(editor):
    for i in range(50):
        editor.commit([label(f"n{i}-{k}") for k in range(60)], title="Add labels")


def test_looking_at_a_library_without_edits_makes_no_file(log, path):
    assert (log.head("S"), log.read("S"), log.heads(), log.seen("S")) == (0, (), {}, ())
    assert not path.exists()


def test_what_was_appended_is_read_back_by_session_and_in_order(any_log):
    first = any_log.append(intent("a", "b"), at_head=0)
    any_log.append(intent("z", session="T", author="bob"), at_head=0)
    second = any_log.append(intent("c", base=1), at_head=1)
    assert any_log.read("S") == (first, second)
    assert any_log.read("S", after=1) == (second,)
    assert [e.label.id for e in first.edits] == ["a", "b"]
    assert len({*first.edit_ids, *second.edit_ids}) == 3
    assert {s: (h.head, h.author) for s, h in any_log.heads().items()} == {"S": (2, "ann"), "T": (1, "bob")}


def test_a_stale_head_is_refused_and_appends_nothing(any_log):
    any_log.append(intent("a"), at_head=0)
    with pytest.raises(HeadMoved):
        any_log.append(intent("b"), at_head=0)
    assert any_log.head("S") == 1


def test_who_has_read_a_session_and_how_far_is_remembered(any_log):
    any_log.mark_seen("S", "bob", Purpose.OPEN, 3)
    any_log.mark_seen("S", "bob", Purpose.OPEN, 2)
    any_log.mark_seen("S", "bob", Purpose.EXPORT, 5)
    assert sorted((s.author, s.purpose, s.head) for s in any_log.seen("S")) == [
        ("bob", "export", 5),
        ("bob", "open", 3),
    ]


def test_people_editing_at_once_lose_nothing_on_any_database(any_log):
    editors = [Editor(any_log, "S", name) for name in ("ann", "bob", "cleo")]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda e: [e.commit([label(f"{e.author}{i}")], title="t") for i in range(10)], editors))
    assert [t.head for t in any_log.read("S")] == list(range(1, 31))
    assert len(Editor(any_log, "S", "ann").state.labels) == 30


def test_several_processes_read_while_one_writes(log, path):
    log.append(intent("a"), at_head=0)
    reader = EditLog(path, UNSEALED)
    with reader._database.reading() as connection:
        before = connection.execute(sa.text("SELECT count(*) FROM edits")).scalar()
        log.append(intent("b", base=1), at_head=1)
        assert connection.execute(sa.text("SELECT count(*) FROM edits")).scalar() == before == 1
    assert reader.head("S") == 2
    reader.close()


def test_two_processes_editing_one_session_lose_nothing(log, path):
    log.append(intent("seed"), at_head=0)
    workers = [worker("labels", path, 15) for _ in range(2)]
    assert [w.stdout.readline() for w in workers] == ["ready\n", "ready\n"]
    for w in workers:
        w.stdin.write("go\n")
        w.stdin.flush()
    for w in workers:
        w.communicate(timeout=120)
    assert [w.returncode for w in workers] == [0, 0]
    logged = log.read("S")
    assert [t.head for t in logged] == list(range(1, 32))
    assert len(fold(e for t in logged for e in t.edits).labels) == 61
    assert any(t.intent.base < t.head - 1 for t in logged), "the two never met; the merge was not exercised"


def test_a_process_killed_while_appending_leaves_whole_transactions_only(log, path):
    for _ in range(3):
        doomed = worker("until_killed", path, 100_000)
        said = [int(doomed.stdout.readline()) for _ in range(4)]
        os.kill(doomed.pid, signal.SIGKILL)
        said += [int(line) for line in doomed.communicate(timeout=30)[0].split("\n")[:-1]]
        logged = log.read("S")
        assert len(logged) >= said[-1], "an append that was reported done is gone"
        assert all(len(t.edits) == 2 for t in logged)
        assert [t.head for t in logged] == list(range(1, len(logged) + 1))
        with sqlite3.connect(path) as raw:
            assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        raw.close()


def test_a_full_disk_fails_the_append_and_keeps_what_was_there(log, path):
    """The limit on file size stands in for the disk: writing past it fails as it does where no space is left."""
    editor = Editor(log, "S", "ann")
    editor.commit([label("a")], title="Add label")
    before, state = log.read("S"), editor.state
    size = max(f.stat().st_size for f in path.parent.iterdir())
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, old[1]))
    try:
        with pytest.raises(StorageFailed) as failed:
            editor.commit([label("b" * 60)] + [label(f"c{i}") for i in range(3000)], title="Add labels")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert str(path.parent) not in failed.value.sentence
    assert editor.state is state
    assert log.read("S") == before
    with pytest.raises(StorageFailed, match="read-only") as refused:
        editor.commit([label("d")], title="Add label")
    assert refused.value.code == "session_read_only"
    assert editor.read_only_because is failed.value
    reopened = Editor(log, "S", "ann")
    assert reopened.commit([label("d")], title="Add label").head == 2


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 256 KiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if (
        os.geteuid() != 0
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(disk)], capture_output=True
        ).returncode
    ):
        pytest.skip("mounting a small disk needs root")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_disk_without_space_says_so_and_the_log_stays_readable(small_disk):
    log = EditLog(small_disk / "edits.sqlite", UNSEALED)
    editor = Editor(log, "S", "ann")
    editor.commit([label("a")], title="Add label")
    with pytest.raises(StorageFailed) as failed:
        fill(editor)
    assert failed.value.code == "disk_full"
    assert Editor(log, "S", "ann").state == editor.state
    log.close()


def test_a_log_on_a_read_only_medium_is_read_and_not_written(small_disk):
    made = EditLog(small_disk / "edits.sqlite", UNSEALED)
    first = made.append(intent("a"), at_head=0)
    made.close()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    log = EditLog(small_disk / "edits.sqlite", UNSEALED)
    assert log.read("S") == (first,)
    with pytest.raises(StorageFailed) as failed:
        log.append(intent("b", base=1), at_head=1)
    assert failed.value.code == "library_not_writable"
    log.close()
    nowhere = EditLog(small_disk / "none.sqlite", UNSEALED)
    assert nowhere.read("S") == ()
    with pytest.raises(StorageFailed):
        nowhere.append(intent("b"), at_head=0)
    nowhere.close()


def test_a_log_locked_by_another_program_is_said_to_be_locked(path, monkeypatch):
    monkeypatch.setattr("curation.edit_tables._BUSY_S", 0.2)
    log = EditLog(path, UNSEALED)
    log.append(intent("a"), at_head=0)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageFailed) as failed:
        log.append(intent("b", base=1), at_head=1)
    assert failed.value.code == "edits_locked"
    other.execute("ROLLBACK")
    other.close()
    assert log.append(intent("b", base=1), at_head=1).head == 2
    log.close()


@pytest.mark.parametrize(
    "damage", ["not a database", "torn header", "torn page", "row", "transaction", "columns", "trigger", "kind"]
)
def test_a_damaged_log_is_refused_with_one_sentence(path, damage):
    made = EditLog(path, UNSEALED)
    for i in range(40):
        made.append(intent(f"a{i}", base=i), at_head=i)
    made.close()
    _DAMAGE[damage](path)
    log = EditLog(path, UNSEALED)
    with pytest.raises((StorageFailed, BadInput)) as failed:
        Editor(log, "S", "ann")
    assert failed.value.code in {"edits_damaged", "edit_unreadable"}
    assert failed.value.remedy
    log.close()


def _sql(statement):
    def run(path):
        with sqlite3.connect(path) as raw:
            raw.execute(statement)
        raw.close()

    return run


def _overwrite(start, length):
    def run(path):
        with open(path, "r+b") as f:
            f.seek(start)
            f.write(b"\xa5" * length)

    return run


_DAMAGE = {
    "not a database": lambda path: path.write_bytes(b"hello " * 1000),
    "torn header": _overwrite(40, 60),
    "torn page": lambda path: _overwrite(4096, path.stat().st_size - 4096)(path),
    "row": _sql("DELETE FROM edits WHERE head = 7"),
    "transaction": _sql("DELETE FROM transactions WHERE head = 7"),
    "columns": _sql("ALTER TABLE edits RENAME COLUMN payload TO blob"),
    "trigger": _sql("CREATE TRIGGER t AFTER INSERT ON edits BEGIN DELETE FROM transactions; END"),
    "kind": _sql("UPDATE edits SET kind = 'label_removed' WHERE head = 3"),
}


def test_a_log_of_a_newer_version_is_refused(path):
    made = EditLog(path, UNSEALED)
    made.append(intent("a"), at_head=0)
    made.close()
    _sql("UPDATE edit_log_format SET version = 99")(path)
    log = EditLog(path, UNSEALED)
    with pytest.raises(Refused) as refused:
        log.read("S")
    assert refused.value.code == "edits_too_new"
    log.close()


def write_events(sink):
    sink.clock(SyncModel())
    sink.info(SourceInfo(recorder="test"))
    sink.rows("pointer", [{"t_src_ns": 1, "kind": "move"}])


def test_payloads_are_sealed_with_the_columns_they_belong_to(path):
    library = Library.create(path.parent / "library")
    seal = LabelsSeal(library.keys)
    stage(library, write_events, replace(ADMISSION, session_id="S" * 26)).publish(library)
    log = EditLog(path, seal)
    log.append(replace(intent("secretive"), session="S" * 26), at_head=0)
    assert log.read("S" * 26)[0].edits[0].label.id == "secretive"
    log.close()
    content = b"".join(f.read_bytes() for f in path.parent.rglob("*") if f.is_file())
    assert b"secretive" not in content
    assert b"Add label" not in content
    _sql("UPDATE edits SET author = 'mallory'")(path)
    log = EditLog(path, seal)
    with pytest.raises(BadInput):
        log.read("S" * 26)
    log.close()


def test_a_copied_library_folder_keeps_its_log(path, tmp_path):
    log = EditLog(path, UNSEALED)
    log.append(intent("a"), at_head=0)
    log.close()
    copy = Path(shutil.copytree(path.parent, tmp_path / "copy")) / path.name
    other = EditLog(copy, UNSEALED)
    assert other.head("S") == 1
    other.close()


def test_a_log_that_was_set_back_is_refused_however_it_was_done(path):
    library = Library.create(path.parent / "library")
    session = "S" * 26
    stage(library, write_events, replace(ADMISSION, session_id=session)).publish(library)
    log = EditLog(path, LabelsSeal(library.keys))
    log.append(replace(intent("a"), session=session), at_head=0)
    earlier = path.read_bytes()
    log.append(replace(intent("b"), session=session, base=1), at_head=1)
    log.close()
    for set_back in (
        lambda: path.write_bytes(earlier),
        path.unlink,
        lambda: _sql(f"DELETE FROM transactions WHERE session = '{session}'")(path),
    ):
        kept = path.read_bytes()
        for side in path.parent.glob(f"{path.name}-*"):
            side.unlink()
        set_back()
        log = EditLog(path, LabelsSeal(Library.open(library.path).keys))
        with pytest.raises(BadInput) as refused:
            log.read(session)
        assert refused.value.code == "edits_rolled_back"
        log.close()
        path.write_bytes(kept)
