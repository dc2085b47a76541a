"""Records: what the log names is in force, whole; every other file is nothing."""

from __future__ import annotations

import pytest

from replay.errors import BadInput
from replay.vault.log.library_log import ClockSetBack, HeadMoved
from replay.vault.records import RecordRefused, Records, path_of
from tests.log_libraries import Bench


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


def records_of(bench, identity, home=None):
    log = bench.log(identity, home)
    log.refresh()
    return Records(bench.folder.parent, log)


def code_of(call, *arguments):
    with pytest.raises(BadInput) as refused:
        call(*arguments)
    return refused.value.code


def test_a_commit_is_read_by_everybody_and_its_replacement_removes_it(bench):
    records = records_of(bench, bench.member())
    records.commit({"grant/g": b"one", "session/s-1": b"manifest"}, "grant")
    other = records_of(bench, None)
    assert other.read("grant/g") == b"one"
    assert other.names() == ("grant/g", "session/s-1")
    old = other.path_of("grant/g", 1)
    records.commit({"grant/g": b"two"}, "grant", purpose="quality")
    assert not old.exists()
    assert other.read("grant/g") == b"two", "a reader that looked before follows the log"
    assert other.path_of("session/s-1", 1).read_bytes() == b"manifest"


def test_a_record_that_ended_is_missing_and_may_begin_again(bench):
    records = records_of(bench, bench.member())
    records.commit({"subject/p": b"slots"}, "import")
    path = records.path_of("subject/p", 1)
    records.commit({"subject/p": None}, "erase")
    assert not path.exists()
    assert records.names("subject/") == ()
    assert code_of(records.read, "subject/p") == "record_missing"
    path.write_bytes(b"slots")
    assert code_of(records.read, "subject/p") == "record_missing"
    records.commit({"subject/p": b"again"}, "import")
    assert records.read("subject/p") == b"again"


def test_an_altered_swapped_or_rolled_back_record_is_refused(bench):
    records = records_of(bench, bench.member())
    records.commit({"grant/a": b"for a", "grant/b": b"for b"}, "grant")
    first = records.path_of("grant/a", 1).read_bytes()
    records.commit({"grant/a": b"for a, less"}, "grant")
    path = records.path_of("grant/a", 2)
    for forged in (first, b"for b", b"", b"for a, lesser"):
        path.write_bytes(forged)
        assert code_of(records.read, "grant/a") == "record_altered"
    path.unlink()
    records.path_of("grant/a", 1).write_bytes(first)
    assert code_of(records.read, "grant/a") == "record_missing"


def test_every_roster_is_kept(bench):
    records = records_of(bench, bench.member())
    for n in range(3):
        records.commit({"roster": b"v%d" % n}, "roster")
    records.sweep()
    assert [records.path_of("roster", v).read_bytes() for v in (1, 2, 3)] == [b"v0", b"v1", b"v2"]
    assert records.read("roster") == b"v2"


def test_a_sweep_removes_what_nobody_named_and_leaves_what_is_no_record(bench):
    records = records_of(bench, bench.member())
    records.commit({"grant/a": b"1", "roster": b"r", "library-key": b"k", "proof": b"p", "session/s": b"m"}, "create")
    kept = {records.path_of(n, 1) for n in records.names()}
    orphans = [records.path_of(*x) for x in (("grant/a", 2), ("grant/b", 1), ("roster", 2), ("session/s", 7))]
    foreign = [records.path_of("grant/a", 1).with_name(n) for n in ("README", "a.x.json", "a.01.json")]
    track = records.path_of("session/s", 1).with_name("video.1")
    for path in (*orphans, *foreign, track):
        path.write_bytes(b"x")
    assert records.sweep() == len(orphans)
    assert not any(p.exists() for p in orphans)
    assert all(p.exists() for p in (*kept, *foreign, track))


def test_commits_of_two_people_do_not_lose_each_other(bench):
    a, b = records_of(bench, bench.member("Ada")), records_of(bench, bench.member("Bob"))
    a.commit({"roster": b"a1"}, "roster")
    b.commit({"roster": b"b2"}, "roster")
    a.commit({"roster": b"a3"}, "roster")
    b.log.refresh()
    assert [r.read("roster") for r in (a, b)] == [b"a3", b"a3"]


def test_a_decision_made_on_an_older_head_can_be_held_under_the_lock(bench):
    a, b = records_of(bench, bench.member("Ada")), records_of(bench, bench.member("Bob"))
    a.commit({"roster": b"1"}, "roster")
    with b.log.locked():
        assert b.read("roster") == b"1"
        with pytest.raises(HeadMoved):
            b.log.append("roster", records={"roster": (1, "aa")})
        b.commit({"roster": b"2"}, "roster")
    a.log.refresh()
    assert a.read("roster") == b"2"


def test_nothing_comes_into_force_when_the_clock_is_set_back(bench):
    records = records_of(bench, bench.member())
    records.commit({"grant/a": b"1"}, "grant")
    bench.clock.ms -= 3_600_000
    with pytest.raises(ClockSetBack):
        records.commit({"grant/a": b"2"}, "grant")
    assert records.read("grant/a") == b"1"


@pytest.mark.parametrize(
    "name",
    ["", "grant", "grant/", "roster/1", "grant/../x", "grant/a/b", "grant/.a", "other/a", "grant/a\0", "proof/x", "/a"],
)
def test_a_name_that_no_record_has_is_refused(bench, name):
    records = records_of(bench, bench.member())
    assert code_of(path_of, name, 1) == "record_name"
    with pytest.raises(RecordRefused):
        records.commit({name: b"x"}, "grant")
    assert not records.names()
