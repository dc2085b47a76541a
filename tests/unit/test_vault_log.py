"""The audit log: what is written stays, what was not written there is noticed, and the clock goes forward."""

from __future__ import annotations

import json
import threading

import pytest

from replay.errors import BadInput, Refused
from replay.vault.log.checkpoint import verify
from replay.vault.log.device_log import LogAltered, LogRolledBack
from replay.vault.log.library_log import ClockSetBack, HeadMoved
from tests.log_libraries import LIBRARY, Bench
from tests.vault_people import person


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


def acts(log):
    return [e.act for e in log.entries()]


def written(bench, ada, *names):
    log = bench.log(ada)
    log.refresh()
    for name in names:
        log.append(name)
    log.close()
    return log


def test_what_was_appended_is_read_by_another_process(bench):
    ada = bench.member()
    written(bench, ada, "open", "export")
    reader = bench.log(None)
    reader.refresh()
    assert acts(reader) == ["open", "export"]
    assert reader.sizes == {ada.card.id: 2}


def test_an_entry_says_what_it_was_told_and_nothing_else(bench):
    ada = bench.member()
    log = bench.log(ada)
    log.refresh()
    said = {
        "session": "s-1",
        "track_class": "raw",
        "action": "unmask",
        "purpose": "quality",
        "decision": "denied",
        "reasons": ("no_grant",),
        "grant": "g-1",
        "policy_sha256": "ab" * 32,
        "range_ms": (10, 20),
        "detail": {"frames": 7},
    }
    log.append("unmask", **said)
    line = bench.file(ada).read_bytes().splitlines()[0]
    document = json.loads(line.rsplit(b" ", 2)[0])
    assert document == {
        **said,
        "reasons": ["no_grant"],
        "range_ms": [10, 20],
        "v": 1,
        "seq": 0,
        "ts_ms": document["ts_ms"],
        "device": ada.card.id,
        "act": "unmask",
        "roster": 0,
    }
    assert list(document) == sorted(document), "RFC 8785 orders the names"
    [entry] = log.entries()
    assert entry.range_ms == (10, 20)
    assert entry.reasons == ("no_grant",)


def test_two_devices_are_merged_by_time(bench):
    ada, bob = bench.member("Ada"), bench.member("Bob")
    a, b = bench.log(ada), bench.log(bob)
    for log, act in ((a, "1"), (b, "2"), (a, "3"), (b, "4")):
        log.refresh()
        log.append(act)
    a.refresh()
    assert acts(a) == ["1", "2", "3", "4"]
    assert [e.act for e in a.entries(since=bench.clock.ms)] == ["4"]


def test_a_reader_follows_what_another_process_appends(bench):
    ada = bench.member()
    reader, writer = bench.log(None), bench.log(ada)
    for n in range(5):
        writer.append(f"act-{n}")
        reader.refresh()
        assert len(acts(reader)) == n + 1


def test_two_processes_of_one_identity_share_its_file(bench):
    ada = bench.member()
    one, two = bench.log(ada, "home"), bench.log(ada, "home")
    for log, act in ((one, "a"), (two, "b"), (one, "c"), (two, "d")):
        log.append(act)
    fresh = bench.log(None)
    fresh.refresh()
    assert acts(fresh) == ["a", "b", "c", "d"]


def test_threads_append_one_after_the_other(bench):
    log = bench.log(bench.member())
    threads = [threading.Thread(target=lambda: [log.append("x") for _ in range(20)]) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert [e.seq for e in log.entries()] == list(range(80))


def test_records_come_into_force_with_their_entry_and_end_with_another(bench):
    log = bench.log(bench.member())
    log.refresh()
    log.append("import", records={"session/a": (1, "aa"), "subject/b": (1, "bb")})
    generation = log.generation
    log.append("open")
    assert log.generation == generation, "an entry without records changes no head"
    log.append("erase", records={"session/a": (2, None)})
    assert log.generation > generation
    fresh = bench.log(None)
    fresh.refresh()
    assert {n: (h.version, h.sha256) for n, h in fresh.heads.items()} == {
        "session/a": (2, None),
        "subject/b": (1, "bb"),
    }


def test_the_second_of_two_commits_of_one_version_is_refused(bench):
    ada, bob = bench.member("Ada"), bench.member("Bob")
    a, b = bench.log(ada), bench.log(bob)
    a.refresh(), b.refresh()
    a.append("grant", records={"grant/g": (1, "aa")})
    with pytest.raises(HeadMoved) as refused:
        b.append("grant", records={"grant/g": (1, "bb")})
    assert refused.value.code == "head_moved"
    assert b.heads["grant/g"].sha256 == "aa"
    with pytest.raises(HeadMoved):
        b.append("grant", records={"grant/g": (3, "bb")})
    b.append("grant", records={"grant/g": (2, "bb")})


def test_nothing_is_written_without_an_identity(bench):
    with pytest.raises(Refused) as refused:
        bench.log(None).append("open")
    assert refused.value.code == "log_read_only"


# -- what was not written there ----------------------------------------------------------------------------------------


def refused(bench, home="reader"):
    with pytest.raises(BadInput) as error:
        bench.log(None, home).refresh()
    return error.value


def test_an_altered_entry_is_refused_and_named(bench):
    ada = bench.member()
    written(bench, ada, "open", "unmask", "open")
    file = bench.file(ada)
    file.write_bytes(file.read_bytes().replace(b"unmask", b"browse"))
    error = refused(bench)
    assert isinstance(error, LogAltered)
    assert (error.device, error.seq) == (ada.card.id, 1)


def test_dropped_swapped_doubled_and_foreign_lines_are_refused(bench):
    ada, bob = bench.member("Ada"), bench.member("Bob")
    written(bench, ada, "a", "b", "c", "d")
    written(bench, bob, "x", "y", "z", "w")
    file = bench.file(ada)
    lines, others = file.read_bytes().splitlines(True), bench.file(bob).read_bytes().splitlines(True)
    for n, forged in enumerate(
        (
            [lines[0], *lines[2:]],
            [lines[0], lines[2], lines[1], lines[3]],
            [*lines, lines[3]],
            [*lines[:2], others[2], lines[3]],
            others,
            [*lines[:3], b"\n", lines[3]],
            [*lines[:3], b"\0" * 10 + b"\n", lines[3]],
        )
    ):
        file.write_bytes(b"".join(forged))
        assert isinstance(refused(bench), LogAltered), n
    file.write_bytes(b"".join(lines))
    bench.log(None).refresh()


def test_what_somebody_else_signed_does_not_count(bench):
    ada, mallory = bench.member(), person("Mallory")
    written(bench, ada, "open")
    stranger = bench.log(mallory)
    stranger.append("grant", records={"grant/g": (1, "aa")})
    assert not stranger.heads, "one's own word does not make one a member"
    reader = bench.log(None)
    reader.refresh()
    assert not reader.heads
    assert acts(reader) == ["open"]


def test_a_shorter_log_is_refused_by_whoever_saw_more(bench):
    ada = bench.member()
    written(bench, ada, "a", "b")
    bench.log(None, "old").refresh()
    short = bench.file(ada).read_bytes()
    written(bench, ada, "c")
    bench.log(None, "seen").refresh()
    bench.file(ada).write_bytes(short)
    assert isinstance(refused(bench, "seen"), LogRolledBack)
    bench.log(None, "old").refresh()
    bench.file(ada).unlink()
    assert isinstance(refused(bench, "seen"), LogRolledBack)
    assert isinstance(refused(bench, ada.card.id), LogRolledBack)


def test_a_fork_is_refused_by_whoever_saw_the_other_branch(bench):
    ada = bench.member()
    written(bench, ada, "a")
    start = bench.file(ada).read_bytes()
    written(bench, ada, "b", "c")
    bench.log(None, "seen").refresh()
    bench.file(ada).write_bytes(start)
    for home in (ada.card.id,):
        (bench.path / "homes" / home / "memory" / f"{LIBRARY}.json").unlink()
    written(bench, ada, "b2", "c2", "d2")
    error = refused(bench, "seen")
    assert error.code == "log_rolled_back"
    assert "another history" in error.sentence
    bench.log(None, "fresh").refresh()


def test_a_running_reader_notices_too_and_holds_nothing_true_afterwards(bench):
    ada = bench.member()
    writer = bench.log(ada)
    writer.append("import", records={"session/a": (1, "aa")})
    writer.append("open")
    reader = bench.log(None)
    reader.refresh()
    whole = bench.file(ada).read_bytes()
    bench.file(ada).write_bytes(whole.splitlines(True)[0])
    for _ in range(2):
        with pytest.raises(LogRolledBack):
            reader.refresh()
        assert not reader.heads
    bench.file(ada).write_bytes(whole)
    reader.refresh()
    assert reader.heads["session/a"].version == 1


def test_a_file_replaced_by_one_of_the_same_length_is_noticed_by_a_running_reader(bench):
    ada = bench.member()
    writer = bench.log(ada)
    writer.append("open")
    writer.append("unmask")
    reader = bench.log(None)
    reader.refresh()
    file = bench.file(ada)
    forged = file.with_name("forged")
    forged.write_bytes(file.read_bytes().replace(b"unmask", b"browse"))
    forged.replace(file)
    with pytest.raises(LogAltered):
        reader.refresh()


def test_an_older_roster_than_the_one_seen_is_refused(bench):
    ada = bench.member()
    log = bench.log(ada)
    log.append("roster", records={"roster": (1, "aa")})
    log.memory.note_roster(2)
    with pytest.raises(LogRolledBack):
        log.refresh()


def test_a_torn_last_line_never_happened_and_the_next_append_cuts_it(bench):
    ada = bench.member()
    written(bench, ada, "a", "b")
    file = bench.file(ada)
    whole = file.read_bytes()
    last = whole.splitlines(True)[-1]
    for n, torn in enumerate((last[:1], last[:-1], b"\0" * 300, b"\0" * 200 + last[200:], b"{")):
        file.write_bytes(whole + torn)
        log = bench.log(ada, f"home-{n}")
        log.refresh()
        assert acts(log) == ["a", "b"]
        log.append("c")
        assert acts(log) == ["a", "b", "c"]


def test_what_a_revoked_device_wrote_after_its_end_does_not_count(bench):
    ada, bob = bench.member("Ada"), bench.member("Bob")
    b = bench.log(bob)
    b.append("import", records={"session/a": (1, "aa")})
    b.append("import", records={"session/b": (1, "bb")})
    running, fresh = bench.log(ada), bench.log(None)
    running.refresh()
    bench.limits[bob.card.id] = 1
    for log in (running, fresh, b):
        log.refresh()
        assert set(log.heads) == {"session/a"}
    b.append("import", records={"session/c": (1, "cc")})
    running.refresh()
    assert set(running.heads) == set(b.heads) == {"session/a"}
    bench.file(bob).write_bytes(bench.file(bob).read_bytes().splitlines(True)[0] + b"nonsense\n")
    running.refresh()
    bench.log(None, "another").refresh()


def test_a_member_who_joins_is_read_from_the_moment_the_roster_says_so(bench):
    ada, bob = bench.member("Ada"), person("Bob")
    written(bench, bob, "early")
    reader = bench.log(None)
    written(bench, ada, "a")
    reader.refresh()
    assert acts(reader) == ["a"]
    bench.cards[bob.card.id] = bob.card
    reader.refresh()
    assert sorted(acts(reader)) == ["a", "early"]


# -- the clock ---------------------------------------------------------------------------------------------------------


def test_a_clock_set_back_is_refused_and_the_attempt_is_logged_as_denied(bench):
    ada = bench.member()
    log = bench.log(ada)
    log.append("open")
    bench.clock.ms -= 3_600_000
    with pytest.raises(ClockSetBack) as refused:
        log.append("grant", records={"grant/g": (1, "aa")})
    assert refused.value.code == "clock_set_back"
    assert not log.heads
    *_, entry = log.entries()
    assert (entry.act, entry.decision, entry.reasons) == ("grant", "denied", ("clock_set_back",))
    assert not entry.records


def test_a_clock_that_steps_back_by_seconds_is_borne_and_time_still_does_not_fall(bench):
    ada = bench.member()
    log = bench.log(ada)
    log.append("a")
    bench.clock.ms -= 30_000
    log.append("b")
    first, second = log.entries()
    assert second.ts_ms >= first.ts_ms


# -- checkpoints -------------------------------------------------------------------------------------------------------


def test_a_signed_checkpoint_can_be_checked_by_itself(bench):
    ada = bench.member()
    log = written(bench, ada, "a", "b", "c")
    note = log.signed_checkpoint(ada.card.id)
    checkpoint = verify(note, f"safelight/{LIBRARY}/{ada.card.id}", ada.card.sign_key)
    assert checkpoint.size == 3
    assert (checkpoint,) == log.checkpoints()
    for other in (person().card.sign_key, bytes(32)):
        with pytest.raises(BadInput):
            verify(note, f"safelight/{LIBRARY}/{ada.card.id}", other)


def test_a_damaged_memory_is_refused_and_not_forgotten(bench):
    ada = bench.member()
    written(bench, ada, "a")
    memory = bench.path / "homes" / ada.card.id / "memory" / f"{LIBRARY}.json"
    good = json.loads(memory.read_text())
    for bad in ("", "[]", "{}", '{"format":2}', json.dumps({**good, "devices": {"x": [1, "AA=="]}}), "[" * 100_000):
        memory.write_text(bad)
        with pytest.raises(BadInput) as refused:
            bench.log(ada)
        assert refused.value.code == "log_memory_damaged"
        assert memory.read_text() == bad


# -- verification and what does not count ------------------------------------------------------------------------------


def test_verification_names_the_first_bad_entry_of_all_devices(bench):
    ada, bob = bench.member("Ada"), bench.member("Bob")
    a, b = bench.log(ada), bench.log(bob)
    for n in range(6):
        (a if n % 2 else b).append(f"act-{n}")
    report = a.verify()
    assert (report.ok, report.entries, report.first_bad) == (True, 6, None)
    assert [(d.device, d.size) for d in report.devices] == sorted([(ada.card.id, 3), (bob.card.id, 3)])
    for identity, seq in ((ada, 2), (bob, 1)):
        file = bench.file(identity)
        lines = file.read_bytes().splitlines(True)
        lines[seq] = lines[seq].replace(b"allowed", b"a1lowed")
        file.write_bytes(b"".join(lines))
    report = a.verify()
    assert not report.ok
    assert (report.first_bad.device, report.first_bad.seq) == (bob.card.id, 1)


def test_verification_looks_at_every_signature_not_only_the_newest(bench):
    ada = bench.member()
    log = written(bench, ada, "a", "b", "c")
    file = bench.file(ada)
    lines = file.read_bytes().splitlines()
    entry, root, _ = lines[1].rsplit(b" ", 2)
    lines[1] = b" ".join((entry, root, lines[2].rsplit(b" ", 1)[1]))
    file.write_bytes(b"\n".join(lines) + b"\n")
    bench.log(None).refresh()
    assert log.verify().first_bad.seq == 1
    assert log.verify().first_bad.reason == "is not signed by its device"


def test_verification_misses_what_this_home_has_seen(bench):
    ada = bench.member()
    log = written(bench, ada, "a", "b")
    bench.file(ada).write_bytes(bench.file(ada).read_bytes().splitlines(True)[0])
    assert log.verify().first_bad.seq == 1
    bench.file(ada).unlink()
    assert log.verify().first_bad.seq == 0


def test_a_strangers_attempts_are_shown_and_count_for_nothing(bench):
    ada, mallory = bench.member(), person("Mallory")
    written(bench, ada, "open")
    written(bench, mallory, "unmask", "unmask")
    reader = bench.log(None)
    reader.refresh()
    assert [(e.device, e.act) for e in reader.uncounted()] == [(mallory.card.id, "unmask")] * 2
    assert reader.verify().entries == 1
    file = bench.file(mallory)
    lines = file.read_bytes().splitlines(True)
    file.write_bytes(lines[0] + lines[1].replace(b"unmask", b"browse"))
    assert len(list(reader.uncounted())) == 1
    file.with_name("card.json").write_bytes(b"{}")
    assert not list(reader.uncounted())
    file.with_name("card.json").unlink()
    assert not list(reader.uncounted())


def test_what_a_revoked_person_tried_afterwards_is_shown(bench):
    ada, bob = bench.member("Ada"), bench.member("Bob")
    b = bench.log(bob)
    b.append("open")
    bench.limits[bob.card.id] = 1
    b.append("unmask", decision="denied", reasons=("not_a_member",))
    reader = bench.log(ada)
    reader.refresh()
    assert acts(reader) == ["open"]
    assert [(e.act, e.decision) for e in reader.uncounted()] == [("unmask", "denied")]
    assert [d.uncounted for d in reader.verify().devices] == [1]
