"""Our own format: any number of files, exact columns, and refusals that name file, column and row."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from replay import schema
from replay.errors import BadInput
from replay.importers.registry import find_sources
from tests.importers_fixtures import imported, write_video

N = 5
POINTER = {
    "t_ns": pa.array([n * 1_000_000 for n in range(N)], pa.int64()),
    "kind": pa.array(["move"] * N, pa.string()),
    "x_px": pa.array([float(n) for n in range(N)], pa.float64()),
    "y_px": pa.array([float(n) for n in range(N)], pa.float64()),
}


def write(folder: Path, name: str, columns: Mapping[str, Any]) -> None:
    path = folder / f"{name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(dict(columns)), path)


def write_declared(folder: Path, table: str, rows: list[dict[str, Any]]) -> None:
    """Rows with exactly the table's columns, as the demo's recorder writes them."""
    pq.write_table(pa.Table.from_pylist(rows, schema.TABLES[table].arrow), folder / f"{table}.parquet")


def refusal(folder: Path) -> BadInput:
    with pytest.raises(BadInput) as e:
        imported(folder)
    assert str(folder) not in e.value.sentence
    return e.value


def test_many_files_are_one_table_in_order_of_their_names(tmp_path: Path) -> None:
    write(tmp_path, "pointer-b", POINTER | {"x_px": pa.array([7.0] * N)})
    write(tmp_path, "pointer-a", POINTER)
    write(tmp_path, "pointer/part-0", POINTER | {"x_px": pa.array([9.0] * N)})
    sink = imported(tmp_path)
    assert sink.table("pointer")["x_px"].to_pylist() == [9.0] * N + [0, 1, 2, 3, 4] + [7.0] * N
    assert sink.table("pointer")["seq"].to_pylist() == list(range(3 * N))


def test_narrower_numbers_and_dictionaries_are_widened(tmp_path: Path) -> None:
    kinds = pa.array(["move"] * N).dictionary_encode()
    write(tmp_path, "pointer", {**POINTER, "x_px": pa.array(range(N), pa.int16()), "kind": kinds})
    rows = imported(tmp_path).list("pointer")
    assert [(r["x_px"], r["kind"]) for r in rows] == [(float(n), "move") for n in range(N)]


def test_unknown_positions_written_as_nan_are_null(tmp_path: Path) -> None:
    write(tmp_path, "pointer", {**POINTER, "x_px": pa.array([float("nan")] * N)})
    assert imported(tmp_path).table("pointer")["x_px"].null_count == N


def test_the_raw_column_goes_to_the_raw_track_by_seq(tmp_path: Path) -> None:
    raw = pa.array(["{}", None, "{}", None, None])
    write(tmp_path, "pointer", {**POINTER, "raw": raw, "seq": pa.array([10, 11, 12, 13, 14])})
    assert [(r["table"], r["seq"]) for r in imported(tmp_path).list("raw")] == [("pointer", 10), ("pointer", 12)]


@pytest.mark.parametrize(
    ("change", "code", "column", "why"),
    [
        (lambda c: c.pop("kind"), "column_missing", "“kind”", "required and missing"),
        (lambda c: c.pop("t_ns"), "column_missing", "“t_ns”", "required and missing"),
        (lambda c: c.update(password=pa.array(["x"] * N)), "column_unknown", "“password”", "not a column"),
        (lambda c: c.update({"e\x1b[2J\u202e@": pa.array(["x"] * N)}), "column_unknown", "“e·[2J·@”", "not a column"),
        (lambda c: c.update(t_ns=pa.array(["1"] * N)), "column_type", "“t_ns”", "should be int64, is string"),
        (lambda c: c.update(t_ns=pa.array([0.5] * N)), "column_type", "“t_ns”", "should be int64, is double"),
        (lambda c: c.update(x_px=pa.array(["1"] * N)), "column_type", "“x_px”", "should be double, is string"),
        (lambda c: c.update(kind=pa.array([1] * N)), "column_type", "“kind”", "should be string, is int64"),
        (lambda c: c.update(seq=pa.array([1] * N, pa.uint64())), "column_type", "“seq”", "is uint64"),
    ],
)
def test_a_column_that_is_missing_extra_or_of_the_wrong_type_is_named(
    tmp_path: Path, change: Callable[[dict[str, Any]], Any], code: str, column: str, why: str
) -> None:
    columns = dict(POINTER)
    change(columns)
    write(tmp_path, "pointer-0", POINTER)
    write(tmp_path, "pointer-1", columns)
    error = refusal(tmp_path)
    assert error.code == code
    assert f"In “pointer-1.parquet”, column {column}" in error.sentence
    assert why in error.sentence


@pytest.mark.parametrize(
    ("column", "values", "why"),
    [
        ("kind", pa.array(["move", "move", "hover", "move", "move"]), "is none of the allowed values"),
        ("kind", pa.array(["move", "move", None, "move", "move"]), "is empty"),
        ("x_px", pa.array([0.0, 0.0, float("-inf"), 0.0, 0.0]), "is infinite"),
        ("t_ns", pa.array([0, 0, 2**63 - 1, 0, 0]), "no clock shows"),
        ("t_src_ns", pa.array([0, 0, -(2**63), 0, 0]), "no clock shows"),
    ],
)
def test_a_value_that_cannot_be_is_named_by_file_and_row(
    tmp_path: Path, column: str, values: pa.Array, why: str
) -> None:
    write(tmp_path, "pointer-0", POINTER)
    write(tmp_path, "pointer-1", {**POINTER, column: values})
    error = refusal(tmp_path)
    assert error.code == "value_not_allowed"
    assert f"In “pointer-1.parquet”, row 3, column “{column}” {why}" in error.sentence.replace("is a time that ", "")


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + b"\0" * 500 + b"PAR1", b"\xff" * 4096])
def test_a_file_that_is_no_parquet_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    write(tmp_path, "pointer", POINTER)
    (tmp_path / "keys.parquet").write_bytes(content)
    error = refusal(tmp_path)
    assert error.code == "parquet_unreadable"
    assert "keys.parquet" in error.sentence


def test_damage_in_the_middle_of_a_file_is_refused(tmp_path: Path) -> None:
    many = {"t_ns": pa.array(range(200_000)), "kind": pa.array(["move"] * 200_000)}
    write(tmp_path, "pointer", many)
    content = bytearray((tmp_path / "pointer.parquet").read_bytes())
    content[1000:60_000] = bytes(59_000)
    (tmp_path / "pointer.parquet").write_bytes(content)
    assert refusal(tmp_path).code == "parquet_unreadable"


def test_a_table_that_is_a_link_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "s", "keys", {"t_ns": pa.array([0]), "kind": pa.array(["down"])})
    write(tmp_path, "elsewhere", POINTER)
    (tmp_path / "s" / "pointer.parquet").symlink_to(tmp_path / "elsewhere.parquet")
    assert refusal(tmp_path / "s").code == "source_is_link"


@pytest.mark.parametrize("name", ["a[b]c", "star*", "ques?tion", "{a,b}", "it's", "new\nline", "\u202ertl", "x" * 250])
def test_a_folders_name_is_never_a_pattern(tmp_path: Path, name: str) -> None:
    write(tmp_path / name, "pointer", POINTER)
    write(tmp_path / "starred", "pointer", POINTER)
    write(tmp_path / "abc", "pointer", POINTER)
    assert imported(tmp_path / name).counts["pointer"] == N


def test_two_sessions_in_one_folder_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "pointer", POINTER)
    write(tmp_path, "session", {"recorder": pa.array(["a", "b"])})
    assert refusal(tmp_path).code == "several_sessions"


def test_the_session_row_is_read_and_its_decisions_are_not(tmp_path: Path) -> None:
    write(tmp_path, "pointer", POINTER)
    row = {
        "session_id": "x", "duration_ns": 1, "consent_status": "granted", "classification": "RESTRICTED",
        "recorder": "camcorder", "os": "linux", "os_version": "an e-mail: jane@example.com", "task_goal": "Buy a stamp",
    }  # fmt: skip
    write_declared(tmp_path, "session", [row])
    info = imported(tmp_path).source_info
    assert info is not None
    assert (info.recorder, info.os, info.os_version, info.task_goal) == ("camcorder", "linux", None, "Buy a stamp")


def test_the_clock_is_the_sync_tables(tmp_path: Path) -> None:
    write(tmp_path, "pointer", {**POINTER, "t_src_ns": pa.array([1000 + n * 1_000_000 for n in range(N)])})
    fact = {"session_id": "x", "t_ns": 0, "offset_ns": 7, "drift_ppm": 0.0, "sigma_ns": 3, "method": "frame_table"}
    write_declared(tmp_path, "sync", [fact])
    sink = imported(tmp_path)
    assert sink.sync is not None
    assert (sink.sync.source_zero_ns, sink.sync.offset_ns, sink.sync.sigma_ns) == (1000, 7, 3)
    assert sink.table("pointer")["t_ns"].to_pylist() == [7 + n * 1_000_000 for n in range(N)]


def test_rows_without_a_source_time_get_one_so_that_a_correction_moves_them(tmp_path: Path) -> None:
    write(tmp_path, "pointer", POINTER)
    write(tmp_path, "session", {"source_zero_ns": pa.array([500], pa.int64())})
    fact = {"session_id": "x", "t_ns": 0, "offset_ns": 7, "drift_ppm": 30.0, "sigma_ns": 3, "method": "correlated"}
    write_declared(tmp_path, "sync", [fact])
    sink = imported(tmp_path)
    assert sink.table("pointer")["t_src_ns"].null_count == 0
    assert sink.table("pointer")["t_ns"].to_pylist() == POINTER["t_ns"].to_pylist()
    assert "times_disagree" not in sink.problems


def test_a_clock_that_contradicts_the_rows_is_reported(tmp_path: Path) -> None:
    write(tmp_path, "pointer", {**POINTER, "t_src_ns": pa.array([0, 1_000_000, 2_000_000, 9_000_000, 4_000_000])})
    sink = imported(tmp_path)
    assert sink.problems["times_disagree"].count == 1
    assert sink.problems["events_out_of_order"].count == 1


def test_a_session_with_video_and_no_sync_is_an_assumption(tmp_path: Path) -> None:
    write(tmp_path, "pointer", POINTER)
    write_video(tmp_path / "video.mp4")
    sink = imported(tmp_path)
    assert sink.sync is not None
    assert (sink.sync.method, sink.sync.sigma_ns) == ("assumed", 500_000_000)
    assert sink.counts["frames"] == 30


def test_a_frame_table_that_is_not_the_videos_is_reported_and_not_used(tmp_path: Path) -> None:
    write(tmp_path, "pointer", POINTER)
    write_video(tmp_path / "video.mp4")
    frames = [{"session_id": "x", "media": "video", "index": 0, "pts": 5, "t_ns": 0, "duration_ns": 1, "iframe": True}]
    write_declared(tmp_path, "frames", frames)
    sink = imported(tmp_path)
    assert "frame_table_mismatch" in sink.problems
    assert sink.counts["frames"] == 30


def test_positions_are_checked_against_the_displays_of_their_time(tmp_path: Path) -> None:
    small, large = ({"x": 0.0, "y": 0.0, "w": w, "h": 10.0} for w in (2.0, 100.0))
    write(tmp_path, "pointer", POINTER)
    write_declared(tmp_path, "displays", [
        {"session_id": "x", "t_ns": 0, "display_id": "a", "bounds_px": small},
        {"session_id": "x", "t_ns": 4_000_000, "display_id": "a", "bounds_px": large}])  # fmt: skip
    assert imported(tmp_path).problems["events_outside_displays"].count == 2


def test_every_table_of_the_format_arrives(tmp_path: Path) -> None:
    head = {"session_id": "x", "seq": 0, "t_ns": 5}
    write_declared(tmp_path, "keys", [{**head, "kind": "down", "code": "KeyA", "modifiers": ["Shift"]}])
    write_declared(tmp_path, "windows", [{**head, "title": "T", "rect_px": {"x": 0.0, "y": 0.0, "w": 1.0, "h": 1.0}}])
    write_declared(tmp_path, "elements", [{**head, "name": "N", "states": ["checked"], "source": "uia"}])
    span = {"session_id": "x", "t_start_ns": 5, "t_end_ns": 9}
    write_declared(tmp_path, "texts", [{**span, "seq": 0, "channel": "clipboard", "text": "c"}])
    write_declared(tmp_path, "gaps", [{**span, "reason": "paused"}])
    sink = imported(tmp_path)
    assert sink.counts == {"keys": 1, "windows": 1, "elements": 1, "texts": 1, "gaps": 1}
    assert sink.problems["unmatched_press"].count == 1
    assert sink.list("texts")[0]["t_end_ns"] == 9


def test_a_folder_of_sessions_is_several_sessions(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write(tmp_path / name, "pointer", POINTER)
    assert [s.root.name for s in find_sources(tmp_path)] == ["one", "two"]


def test_a_video_that_is_not_the_one_the_session_speaks_of_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "pointer", POINTER)
    write_video(tmp_path / "video.mp4")
    right = hashlib.sha256((tmp_path / "video.mp4").read_bytes()).hexdigest()
    session = {"session_id": "x", "duration_ns": 1, "consent_status": "unknown", "classification": "RESTRICTED"}
    write_declared(tmp_path, "session", [{**session, "media": [{"name": "video", "sha256": right}]}])
    assert imported(tmp_path).ready["video"]["sha256"] == right
    write_declared(tmp_path, "session", [{**session, "media": [{"name": "video", "sha256": "0" * 64}]}])
    assert refusal(tmp_path).code == "media_changed"


def test_a_file_whose_name_is_no_tables_is_left_out_and_said_to_be(tmp_path: Path) -> None:
    write(tmp_path, "pointer", POINTER)
    write(tmp_path, "pointers", POINTER)
    sink = imported(tmp_path)
    assert sink.problems["files_not_imported"].count == 1
    assert sink.counts["pointer"] == N


def test_roles_and_states_that_may_be_texts_are_left_out_and_counted(tmp_path: Path) -> None:
    write(tmp_path, "pointer", POINTER)
    columns = {
        "t_ns": pa.array([1, 2, 3], pa.int64()),
        "role": pa.array(["push button", "Dear Ms. Smith,\nyour PIN is 4711", None], pa.string()),
        "states": pa.array([["focused", "x" * 60], None, []], pa.list_(pa.string())),
    }
    write(tmp_path, "elements", columns)
    sink = imported(tmp_path)
    assert sink.table("elements")["role"].to_pylist() == ["push button", None, None]
    assert sink.table("elements")["states"].to_pylist() == [["focused"], None, []]
    assert sink.problems["names_left_out"].count == 2


def test_a_drift_that_no_clock_has_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "pointer", POINTER)
    row = {"t_ns": 0, "offset_ns": 0, "drift_ppm": -1e6, "sigma_ns": 1, "method": "manual"}
    write(tmp_path, "sync", {k: pa.array([v]) for k, v in row.items()})
    assert refusal(tmp_path).code == "clock_impossible"


def test_an_uncertainty_below_zero_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "pointer", POINTER)
    row = {"t_ns": 0, "offset_ns": 0, "drift_ppm": 0.0, "sigma_ns": -5, "method": "manual"}
    write(tmp_path, "sync", {k: pa.array([v]) for k, v in row.items()})
    assert refusal(tmp_path).code == "clock_impossible"


@pytest.mark.parametrize(
    ("table", "column", "w", "why"),
    [
        ("displays", "bounds_px", None, "without all its numbers"),
        ("displays", "bounds_px", float("nan"), "without all its numbers"),
        ("displays", "capture_rect", 0.0, "without an area"),
        ("windows", "rect_px", float("inf"), "without all its numbers"),
        ("elements", "rect_px", -4.0, "without an area"),
    ],
)
def test_a_rectangle_that_places_nothing_is_refused(
    tmp_path: Path, table: str, column: str, w: float | None, why: str
) -> None:
    whole, broken = {"x": 0.0, "y": 0.0, "w": 9.0, "h": 9.0}, {"x": 0.0, "y": 0.0, "w": w, "h": 9.0}
    row = {"t_ns": [0], "display_id": ["d"], "bounds_px": pa.array([whole], schema.RECT)}
    columns = {"t_ns": [0]} if table != "displays" else row
    write(tmp_path, table, {**columns, column: pa.array([broken], schema.RECT)})
    error = refusal(tmp_path)
    assert error.code == "value_not_allowed"
    assert f"row 1, column “{column}” is a rectangle {why}" in error.sentence


def test_windows_of_no_size_and_without_a_rectangle_are_kept(tmp_path: Path) -> None:
    rects = [{"x": -32000.0, "y": -32000.0, "w": 0.0, "h": 0.0}, None]
    write(tmp_path, "windows", {"t_ns": [0, 1], "rect_px": pa.array(rects, schema.RECT)})
    assert imported(tmp_path).table("windows")["rect_px"].to_pylist() == rects


@pytest.mark.parametrize("table", ["texts", "gaps"])
def test_what_ends_before_it_starts_is_refused(tmp_path: Path, table: str) -> None:
    write(tmp_path, "pointer", POINTER)
    what = {"channel": ["note"]} if table == "texts" else {"reason": ["lost"]}
    write(tmp_path, table, {"t_start_ns": pa.array([5]), "t_end_ns": pa.array([4]), **what})
    error = refusal(tmp_path)
    assert error.code == "value_not_allowed"
    assert "“t_end_ns” is before t_start_ns" in error.sentence
