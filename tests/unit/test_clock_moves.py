"""What moves with the recorder's clock: its events, the pauses it wrote down and the changes of its displays."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from replay import schema
from replay.session import Session
from replay.store.library import Library
from replay.store.sessions import SessionStore
from replay.sync import Correction, MeasuredSync, SyncModel
from tests.calibration_videos import encoded, imported, wandering, write_capture

SECONDS = 4.0
LATE_NS = 400_000_000
LATER = Correction(MeasuredSync(LATE_NS, 0.0, 1_000_000))


def written(folder: Path, *, has_events: bool) -> Path:
    """A capture with a pause from 1 to 2 s and a change of the display at 3 s."""
    pointer = wandering(SECONDS, seed=4)
    capture = write_capture(folder / "capture", encoded(folder / "v.mkv", pointer, SECONDS), pointer)
    displays = pq.read_table(capture / "displays.parquet")
    rows = displays.to_pylist()
    pq.write_table(
        pa.Table.from_pylist([*rows, rows[0] | {"t_ns": 3_000_000_000}], schema=displays.schema),
        capture / "displays.parquet",
    )
    pause = {"t_start_ns": 1_000_000_000, "t_end_ns": 2_000_000_000, "reason": "paused"}
    columns = [f for f in schema.GAPS.arrow if f.name in pause]
    pq.write_table(pa.Table.from_pylist([pause], schema=pa.schema(columns)), capture / "gaps.parquet")
    if not has_events:
        (capture / "pointer.parquet").unlink()
    return capture


def loaded(folder: Path, correction: Correction, *, has_events: bool = True) -> Session:
    session = imported(folder / "library", written(folder, has_events=has_events), derive=False)
    store = SessionStore(Library.open(folder / "library"))
    return store.load(session.id, correction=correction)


def places(session: Session) -> tuple[list[int], list[int]]:
    """Where the pause and the displays are."""
    [gap] = session.events.gaps
    return [gap.t_start_ns, gap.t_end_ns], [d.t_ns for d in session.geometry.displays]


def test_pauses_and_changes_of_displays_move_with_the_events(tmp_path: Path) -> None:
    session = loaded(tmp_path, LATER)
    assert places(session) == (
        [1_000_000_000 + LATE_NS, 2_000_000_000 + LATE_NS],
        [0, 3_000_000_000 + LATE_NS],
    )
    assert session.events.pointer.t_ns[0] == LATE_NS


def test_a_clock_far_off_leaves_the_order_of_the_displays(tmp_path: Path) -> None:
    session = loaded(tmp_path, Correction(MeasuredSync(-9_000_000_000, 0.0, 1_000_000)))
    assert places(session)[1] == [0, 1]


def test_where_no_event_has_the_recorders_own_time_pauses_and_displays_stay(tmp_path: Path) -> None:
    session = loaded(tmp_path, LATER, has_events=False)
    assert places(session) == ([1_000_000_000, 2_000_000_000], [0, 3_000_000_000])


@pytest.mark.parametrize("drift_ppm", [0.0, -350.0])
def test_what_one_clock_dated_is_dated_by_another(drift_ppm: float) -> None:
    declared = SyncModel(7_000_000_000, 12_345, drift_ppm)
    measured = SyncModel(7_000_000_000, -250_000_000, 40.0)
    for t_src in (7_000_000_001, 12_345_678_901, 9_000_000_000_000):
        assert measured.redated(declared.t_ns(t_src), declared) == pytest.approx(measured.t_ns(t_src), abs=2)
        assert declared.redated(declared.t_ns(t_src), declared) == pytest.approx(declared.t_ns(t_src), abs=2)
