"""A session exists when it is published, whole, and reads back exactly as it was written."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from replay.errors import BadInput, NotFound, Refused
from replay.importers.contract import SourceInfo
from replay.problems import Problem, Severity
from replay.store import catalogue
from replay.store.catalogue import Catalogue
from replay.store.library import Library, display_name
from replay.store.sessions import Access, SessionStore
from replay.store.staging import StagedSession
from replay.sync import Correction, SyncModel
from replay.vault.actions import Action
from tests.staged import ADMISSION, SESSION, stage, staging

RAW = Access(Action.UNMASK, "test", is_raw=True)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library.create(tmp_path / "library")


def write_everything(sink: StagedSession) -> None:
    sink.info(SourceInfo(recorder="test", task_goal="write a letter"))
    sink.clock(SyncModel(source_zero_ns=1_000, sigma_ns=7, method="frame_table"))
    sink.rows("pointer", [{"t_src_ns": 1_500, "kind": "down", "x_px": -3.5, "y_px": 1e6, "button": "left"}])
    sink.rows("pointer", [{"t_src_ns": 1_400, "kind": "up", "button": "left"}])
    sink.rows("windows", [{"t_src_ns": 1_100, "app": "mail", "title": "private", "focused": True}])
    sink.rows("texts", [{"t_src_ns": 2_000, "t_start_ns": 0, "t_end_ns": 50, "channel": "chat", "text": "hi"}])
    sink.problem(Problem("missing_media", Severity.WARNING, "No video."))
    sink.problem(Problem("missing_media", Severity.WARNING, "No video.", count=2))


def test_a_published_session_reads_back_in_session_time(library: Library) -> None:
    stage(library, write_everything).publish(library)
    session = SessionStore(library, RAW).load(SESSION)
    pointer = session.events.pointer
    assert pointer.t_ns.tolist() == [400, 500]  # sorted by time, addressed by the row they came from
    assert pointer.seq.tolist() == [1, 0]
    assert pointer.x_px[1] == -3.5  # nothing is clamped
    assert np.isnan(pointer.x_px[0])
    text = session.events.texts.events[0]
    assert (text.t_start_ns, text.t_end_ns) == (1_000, 1_050)
    assert session.info.task_goal == "write a letter"
    assert session.problems == (Problem("missing_media", Severity.WARNING, "No video.", count=3),)


def test_a_nudge_moves_events_and_not_the_imported_clock(library: Library) -> None:
    stage(library, write_everything).publish(library)
    store = SessionStore(library, RAW)
    nudged = store.load(SESSION, correction=Correction(nudge_ns=100))
    assert nudged.events.pointer.t_ns.tolist() == [500, 600]
    assert nudged.sync.method == "manual"
    assert store.load(SESSION).sync.method == "frame_table"


def test_what_is_staged_does_not_exist(library: Library) -> None:
    stage(library, write_everything)
    assert library.session_ids() == ()
    assert SessionStore(library, RAW).catalogue().num_rows == 0


def test_a_changed_file_is_not_published(library: Library) -> None:
    made = stage(library, write_everything)
    with open(made.staged.folder / "keys.1", "ab") as f:
        f.write(b"x")
    with pytest.raises(BadInput, match="not what it said"):
        made.publish(library)
    assert library.session_ids() == ()
    assert not made.staged.folder.exists()


def test_of_two_imports_of_the_same_bytes_at_once_the_first_stays(library: Library) -> None:
    first = stage(library, write_everything)
    second = stage(library, write_everything, dataclasses.replace(ADMISSION, subject_id="subject-2"), "s2")
    published = first.publish(library)
    assert second.publish(library) == published
    assert not second.staged.folder.exists()
    assert SessionStore(library, RAW).info(SESSION).subject_id == "subject-1"
    assert SessionStore(library, RAW).catalogue()["id"].to_pylist() == [SESSION]


def test_the_catalogue_lists_no_titles_and_heals_a_lost_segment(library: Library) -> None:
    stage(library, write_everything).publish(library)
    for segment in library.catalogue_dir.iterdir():
        segment.write_bytes(b"damaged")
    table = Catalogue(library).read()
    assert table["id"].to_pylist() == [SESSION]
    assert table["apps"].to_pylist() == [["mail"]]
    assert "private" not in str(table.to_pylist())


def test_what_is_drawn_is_read_beside_the_rows_from_the_newest_row_or_the_sessions_own(library: Library) -> None:
    stage(library, write_everything).publish(library)
    read = Catalogue(library)
    own = read.own_row(SESSION)
    assert own is not None
    assert "activity" not in read.read().column_names
    assert read.drawn(read.read()).schema.equals(catalogue.SCHEMA)
    assert read.drawn(read.read())["activity"].to_pylist() == own["activity"].to_pylist()
    at = catalogue.SCHEMA.get_field_index("activity")
    newer = own.set_column(at, catalogue.SCHEMA.field(at), pa.array([[7] * 64], pa.list_(pa.int32())))
    read.append(newer)
    assert read.drawn(read.read())["activity"].to_pylist() == [[7] * 64]
    for segment in library.catalogue_dir.iterdir():
        segment.unlink()
    assert read.drawn(read.read())["activity"].to_pylist() == own["activity"].to_pylist()


def test_rows_of_the_wrong_type_name_table_column_and_rows(library: Library) -> None:
    with staging(library) as sink:
        sink.clock(SyncModel())
        with pytest.raises(BadInput, match=r"“pointer”.*“x_px”.*rows 1–1"):
            sink.rows("pointer", [{"t_src_ns": 1, "kind": "move", "x_px": "left"}])


def test_a_required_value_cannot_be_missing(library: Library) -> None:
    with staging(library) as sink:
        sink.clock(SyncModel())
        with pytest.raises(BadInput, match="without a value"):
            sink.batch(
                "keys", pa.RecordBatch.from_pydict({"t_src_ns": pa.array([1]), "kind": pa.array([None], pa.string())})
            )


def test_nothing_read_is_no_session(library: Library) -> None:
    with staging(library) as sink:
        sink.info(SourceInfo(recorder="test"))
        sink.clock(SyncModel())
        with pytest.raises(BadInput, match="neither events nor video"):
            sink.close_tables()


@pytest.mark.parametrize(("numbers", "code"), [([3, 4, 3], "seq_repeated"), ([0, -1, 2], "seq_negative")])
def test_rows_that_edits_could_not_name_are_refused(library: Library, numbers: list[int], code: str) -> None:
    """Rows with one number between them would share one time, and a row inside a cut would leave with the other's."""
    with staging(library) as sink:
        sink.info(SourceInfo(recorder="test"))
        sink.clock(SyncModel())
        for n, seq in enumerate(numbers):
            sink.rows("windows", [{"t_ns": n * 1_000, "seq": seq, "title": "x"}])
        with pytest.raises(BadInput, match="“windows”") as e:
            sink.close_tables()
    assert e.value.code == code


def test_prefixes_resolve_when_unambiguous(library: Library) -> None:
    other = "ABCZ" + "A" * 22
    stage(library, write_everything).publish(library)
    stage(library, write_everything, dataclasses.replace(ADMISSION, session_id=other), "s2").publish(library)
    store = SessionStore(library, RAW)
    assert store.resolve("abcd") == SESSION
    with pytest.raises(NotFound, match="2 sessions"):
        store.resolve("ABC")
    with pytest.raises(NotFound):
        store.resolve("")
    with pytest.raises(NotFound):
        store.resolve("../../etc")


def test_a_track_name_cannot_leave_its_session(library: Library) -> None:
    stage(library, write_everything).publish(library)
    store = SessionStore(library, RAW)
    for hostile in ("../manifest", "keys.1/../x", "", "Keys"):
        with pytest.raises(NotFound):
            store.open_track(SESSION, hostile)


def test_a_damaged_table_is_one_sentence(library: Library) -> None:
    stage(library, write_everything).publish(library)
    track = library.session_dir(SESSION) / "pointer.1"
    track.write_bytes(track.read_bytes()[:-20])
    with pytest.raises(BadInput) as refused:
        SessionStore(library, RAW).load(SESSION)
    assert refused.value.code == "content_altered"


def test_a_folder_of_something_else_is_not_taken_over(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(Refused, match="not empty"):
        Library.create(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_newer_or_damaged_library_is_refused(tmp_path: Path) -> None:
    library = Library.create(tmp_path / "l")
    marker = library.path / "library.json"
    marker.write_text(marker.read_text().replace('"format": 2', '"format": 9'))
    with pytest.raises(Refused, match="format 9"):
        Library.open(library.path)
    marker.write_text("{")
    with pytest.raises(BadInput, match="damaged"):
        Library.open(library.path)


def test_a_library_that_was_never_sealed_asks_for_a_new_import(tmp_path: Path) -> None:
    (tmp_path / "library.json").write_text(json.dumps({"format": 0, "id": "0" * 16, "key": "AAAA"}))
    with pytest.raises(Refused) as refused:
        Library.open(tmp_path)
    assert refused.value.code == "library_too_old"
    assert "again" in refused.value.remedy


def test_a_library_key_is_never_printed_and_is_the_same_for_whoever_may_have_it(library: Library) -> None:
    assert str(library.key) not in repr(library)
    assert Library.open(library.path).key == library.key
    assert library.key not in b"".join(f.read_bytes() for f in library.path.rglob("*") if f.is_file())


def test_a_session_is_published_although_the_catalogue_cannot_be_written(library: Library) -> None:
    made = stage(library, write_everything)
    library.catalogue_dir.rmdir()
    library.catalogue_dir.write_bytes(b"not a folder")
    made.publish(library)
    assert SessionStore(library, RAW).catalogue()["id"].to_pylist() == [SESSION]


def test_a_text_that_is_no_unicode_is_refused_by_name(library: Library) -> None:
    with staging(library) as sink:
        sink.clock(SyncModel())
        sink.info(SourceInfo(recorder="test", task_goal="half a \ud83d pair"))
        sink.rows("pointer", [{"t_src_ns": 1, "kind": "move"}])
        with pytest.raises(BadInput, match=r"“session”.*“task_goal”"):
            sink.close_tables()


def test_a_hostile_name_is_shown_harmless() -> None:
    assert display_name(Path("a\u202etxt.exe")) == "a·txt.exe"
    assert display_name(Path("alice@example.org")) == "…"
    assert display_name(Path("/")) == "."


def test_staging_left_by_a_crash_is_swept_and_a_running_import_is_not(library: Library) -> None:
    folder = stage(library, write_everything).staged.folder
    now_s = folder.stat().st_mtime
    library.sweep_staging(older_than_s=60, now_s=now_s + 30)
    assert folder.exists()
    library.sweep_staging(older_than_s=60, now_s=now_s + 90)
    assert not folder.exists()
