"""Power cuts and failing disks: at every operation, afterwards it is exactly the old state or the new one."""

from __future__ import annotations

import contextlib
import errno
import shutil

import pytest

from replay.errors import StorageFailed
from replay.vault.records import Records
from tests.cut_disk import CutDisk, PowerCut, Survives
from tests.log_libraries import Bench

OLD = {"grant/a": b"old a", "grant/b": b"old b", "subject/p": b"slots"}
CHANGE = {"grant/a": b"new a", "grant/c": b"new c", "subject/p": None}
NEW = {"grant/a": b"new a", "grant/b": b"old b", "grant/c": b"new c"}
MANY = 100


class Library:
    """A library with an old state, that can be put back, and a change that is committed on a disk of choice."""

    def __init__(self, path, old):
        self.bench = Bench(path)
        self.ada = self.bench.member()
        self.path = self.bench.folder.parent
        self._saved = path / "saved"
        self.path.mkdir(parents=True)
        if old:
            self.records(self.ada).commit(old, "import")
        shutil.copytree(self.path, self._saved)

    def put_back(self):
        shutil.rmtree(self.path, ignore_errors=True)
        shutil.copytree(self._saved, self.path)

    def records(self, identity, disk=None, home=None):
        log = self.bench.log(identity, home or f"home-{self.bench.clock()}", disk)
        log.refresh()
        return Records(self.path, log, disk)

    def state(self):
        records = self.records(None)
        return {name: records.read(name) for name in records.names()}

    def entries(self):
        log = self.bench.log(None, f"home-{self.bench.clock()}")
        log.refresh()
        assert log.verify().ok
        return len(list(log.entries()))


def operations(library, work):
    """How many there are when nothing fails."""
    disk = CutDisk(library.path)
    work(library.records(library.ada, disk))
    library.put_back()
    assert 0 < disk.count < MANY
    return disk.count


def until_the_cut(library, disk, work):
    with contextlib.suppress(PowerCut):
        work(library.records(library.ada, disk))


def failure_of(work, records):
    try:
        work(records)
    except StorageFailed as e:
        return e
    return None


def commit(records):
    records.commit(CHANGE, "grant")


def unmask(records):
    records.log.append("unmask")


@pytest.mark.parametrize("survives", Survives)
@pytest.mark.parametrize("old", [OLD, {}], ids=["grown", "fresh"])
def test_a_commit_cut_at_any_operation_leaves_the_old_state_or_the_new(tmp_path, survives, old):
    library = Library(tmp_path, old)
    new = NEW if old else {"grant/a": b"new a", "grant/c": b"new c"}
    seen = set()
    for at in range(operations(library, commit) + 1):
        disk = CutDisk(library.path, at)
        until_the_cut(library, disk, commit)
        disk.restart(survives)
        state = library.state()
        assert state in (old, new), at
        seen.add(state == new)
        records = library.records(library.ada)
        records.commit({"consent/s": b"after"}, "consent")
        records.sweep()
        assert library.state() == {**state, "consent/s": b"after"}, at
        library.put_back()
    assert seen == {False, True}, "a sweep over every cut sees both"


@pytest.mark.parametrize("survives", Survives)
def test_a_commit_that_returned_survives_any_cut(tmp_path, survives):
    library = Library(tmp_path, OLD)
    disk = CutDisk(library.path)
    commit(library.records(library.ada, disk))
    disk.restart(survives)
    assert library.state() == NEW


def test_a_disk_that_fails_at_any_operation_leaves_the_old_state_and_says_so(tmp_path):
    library = Library(tmp_path, OLD)
    for at in range(operations(library, commit)):
        disk = CutDisk(library.path, at, is_cut=False)
        records = library.records(library.ada, disk)
        failure = failure_of(commit, records)
        if failure is not None:
            assert failure.code == "storage_failed"
            assert library.state() == OLD, at
            commit(records)  # the disk works again
        assert library.state() == NEW, at
        records.sweep()
        assert library.state() == NEW, at
        library.put_back()


@pytest.mark.parametrize("survives", Survives)
@pytest.mark.parametrize("before", [0, 3])
def test_an_append_cut_at_any_operation_has_happened_or_has_not(tmp_path, survives, before):
    library = Library(tmp_path, {})
    log = library.bench.log(library.ada)
    for _ in range(before):
        log.append("open")
    shutil.rmtree(library._saved)
    shutil.copytree(library.path, library._saved)
    for at in range(operations(library, unmask) + 1):
        disk = CutDisk(library.path, at)
        until_the_cut(library, disk, unmask)
        disk.restart(survives)
        count = library.entries()
        assert count in (before, before + 1), at
        library.records(library.ada).log.append("open")
        assert library.entries() == count + 1, at
        library.put_back()


@pytest.mark.parametrize(
    ("number", "code"),
    [(errno.ENOSPC, "disk_full"), (errno.EROFS, "library_not_writable"), (errno.EIO, "storage_failed")],
)
def test_what_the_disk_said_is_said_and_the_log_goes_on_afterwards(tmp_path, number, code):
    library = Library(tmp_path, OLD)
    disk = CutDisk(library.path, 0, is_cut=False, error=number)
    failing = library.records(library.ada, disk)
    assert failure_of(unmask, failing).code == code
    unmask(library.records(library.ada))
    unmask(failing)
    assert library.entries() == 3
