"""The clauses of docs/privacy.md that are no matter of policy: classes of tracks, and what the log holds and keeps."""

from __future__ import annotations

from dataclasses import fields

import pytest

from replay import schema
from replay.schema import Surface
from replay.store.track_classes import class_of, twin_of
from replay.vault.classes import TrackClass
from replay.vault.log.device_log import LogRolledBack
from replay.vault.log.entry import Entry
from tests.log_libraries import Bench

# What can hold something that was typed, shown or said.
TELLING = {Surface.TEXT, Surface.KEYSTROKE, Surface.RAW, Surface.PIXELS, Surface.HASH}


@pytest.mark.clause("P-22")
@pytest.mark.parametrize("table", list(schema.TABLES))
def test_a_table_with_a_telling_column_is_raw_and_only_its_twin_is_masked(table):
    is_telling = any(column.surface in TELLING for column in schema.TABLES[table].columns)
    assert class_of(table) is (TrackClass.RAW if is_telling else TrackClass.MASKED)
    if is_telling and table != "raw":
        assert class_of(twin_of(table)) is TrackClass.MASKED


@pytest.mark.clause("P-22")
@pytest.mark.parametrize(
    "track", ["video", "waveform", "raw", "raw_masked", "video_masked", "ocr", "", "keys_masked_2"]
)
def test_a_track_that_nobody_classified_is_raw(track):
    assert class_of(track) is TrackClass.RAW


@pytest.mark.clause("P-23")
def test_no_field_of_the_log_takes_content():
    # A field more is a place more where content could end up: think, then write it down here.
    ids_and_numbers = {"v", "seq", "ts_ms", "device", "session", "sessions", "grant", "policy_sha256", "roster"}
    words_of_ours = {"act", "decision", "reasons", "track_class", "action", "purpose"}
    places_and_counts = {"range_ms", "records", "detail"}
    assert {f.name for f in fields(Entry)} == ids_and_numbers | words_of_ours | places_and_counts


@pytest.mark.clause("P-24")
def test_who_looked_at_an_erased_session_stays_in_the_log_and_shortening_it_is_noticed(tmp_path):
    bench = Bench(tmp_path)
    ada = bench.member()
    log = bench.log(ada)
    log.refresh()
    log.append("import", session="s-1", records={"session/s-1": (1, "ab" * 32)})
    log.append("unmask", session="s-1", purpose="quality", policy_sha256="cd" * 32)
    looked = bench.file(ada).read_bytes()
    log.append("erase", session="s-1", records={"session/s-1": (2, None)})
    log.close()
    reader = bench.log(None)
    reader.refresh()
    assert [(e.act, e.policy_sha256) for e in reader.entries() if e.session == "s-1"] == [
        ("import", None),
        ("unmask", "cd" * 32),
        ("erase", None),
    ]
    bench.file(ada).write_bytes(looked)
    with pytest.raises(LogRolledBack):
        bench.log(ada).refresh()
