"""What a look at the pictures beside the pointer tells at import: the clock, and each thing that can be wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from replay import schema
from replay.calibration.values import PointerPath
from replay.problems import Problem
from replay.session import Session
from replay.sync import NOT_MEASURED, SEEN_IN_PICTURES
from tests.calibration_videos import HONEST, SIZE, Declared, encoded, imported, wandering, write_capture
from tests.unit.test_geometry_over_time import video_that_changes_size

SECONDS = 36.0
WIDTH, HEIGHT = map(float, SIZE)

Shows = Callable[[float], float | None]


@pytest.fixture(scope="module")
def pointer() -> PointerPath:
    return wandering(SECONDS, seed=4)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory, pointer: PointerPath) -> Path:
    return encoded(tmp_path_factory.mktemp("scene") / "cursor.mkv", pointer, SECONDS)


def session_of(tmp_path: Path, video: Path, events: PointerPath, declared: Declared = HONEST) -> Session:
    return imported(tmp_path / "library", write_capture(tmp_path / "capture", video, events, declared))


def seen(session: Session) -> list[Problem]:
    return [p for p in session.problems if p.code in SEEN_IN_PICTURES]


def test_an_import_puts_the_session_on_the_clock_that_the_pictures_show(
    tmp_path: Path, video: Path, pointer: PointerPath
) -> None:
    session = session_of(tmp_path, video, replace(pointer, t_s=pointer.t_s + 0.4))
    assert session.sync.method == "correlated"
    assert session.sync.offset_ns == pytest.approx(-400_000_000, abs=20_000_000)
    assert 0 < session.sync.sigma_ns <= 17_000_000
    moves = session.events.pointer
    assert moves.t_ns[5] == pytest.approx(pointer.t_s[5] * 1e9, abs=20_000_000)
    assert seen(session) == []


@pytest.mark.parametrize("declared", [Declared("frame_table"), Declared("recorder_event", sigma_ns=1_000_000)])
def test_a_clock_that_the_recorder_knows_better_stays(
    tmp_path: Path, video: Path, pointer: PointerPath, declared: Declared
) -> None:
    session = session_of(tmp_path, video, pointer, declared)
    assert (session.sync.method, session.sync.sigma_ns) == (declared.method, declared.sigma_ns)


def test_a_guess_that_is_sure_of_what_the_pictures_refute_does_not_stay(
    tmp_path: Path, video: Path, pointer: PointerPath
) -> None:
    late = replace(pointer, t_s=pointer.t_s + 0.4)
    session = session_of(tmp_path, video, late, Declared(sigma_ns=1_000_000))
    assert session.sync.method == "correlated"
    assert session.sync.offset_ns == pytest.approx(-400_000_000, abs=20_000_000)


def test_without_deriving_nothing_is_measured(tmp_path: Path, video: Path, pointer: PointerPath) -> None:
    capture = write_capture(tmp_path / "capture", video, pointer)
    assert imported(tmp_path / "library", capture, derive=False).sync.method == "recorder_event"


def test_where_the_pictures_cannot_tell_the_declared_clock_stays(tmp_path: Path, video: Path) -> None:
    session = session_of(tmp_path, video, wandering(SECONDS, seed=5))
    assert (session.sync.method, session.sync.sigma_ns) == ("recorder_event", 300_000_000)
    unseen, untold = seen(session)
    assert (unseen.code, untold.code) == ("cursor_not_seen", NOT_MEASURED)
    assert untold.sentence.startswith("The pictures cannot tell the recorder's clock. ")


@pytest.mark.parametrize(
    ("shows", "code", "at_s"),
    [
        pytest.param(lambda t: None, "video_black", None, id="black"),
        pytest.param(lambda t: t if t < 14 else None, "video_black", 14, id="black from 14 s on"),
        pytest.param(lambda t: 3.0, "video_frozen", None, id="frozen"),
        pytest.param(lambda t: min(t, 14.0), "video_frozen", 14, id="frozen from 14 s on"),
    ],
)
def test_black_and_frozen_videos_are_told_from_when_on(
    tmp_path: Path, pointer: PointerPath, shows: Shows, code: str, at_s: float | None
) -> None:
    bad = encoded(tmp_path / "bad.mkv", pointer, SECONDS, shows=shows)
    problem = seen(session_of(tmp_path, bad, pointer))[0]
    assert problem.code == code
    if at_s is None:
        assert problem.t_ns is None
    else:
        assert problem.t_ns == pytest.approx(at_s * 1e9, abs=4.1e9)


def test_a_pointer_that_rests_at_the_end_is_no_frozen_video(tmp_path: Path, pointer: PointerPath) -> None:
    resting = PointerPath(*(a[pointer.t_s < 16] for a in (pointer.t_s, pointer.x, pointer.y)))
    video = encoded(tmp_path / "rests.mkv", resting, SECONDS)
    assert seen(session_of(tmp_path, video, resting)) == []


@pytest.mark.parametrize(
    ("captured", "code"),
    [
        pytest.param((0.0, 0.0, WIDTH * 1.25, HEIGHT * 1.25), "pointer_scale_differs", id="wrong scale"),
        pytest.param((WIDTH, 0.0, WIDTH, HEIGHT), "pointer_elsewhere", id="wrong monitor"),
        pytest.param((0.0, 0.0, WIDTH, HEIGHT * 1.3), "pointer_skewed", id="stretched"),
    ],
)
def test_a_picture_of_another_place_than_declared_is_told(
    tmp_path: Path, video: Path, pointer: PointerPath, captured: tuple[float, float, float, float], code: str
) -> None:
    session = session_of(tmp_path, video, pointer, Declared(captured=captured))
    assert [p.code for p in seen(session)] == [code]
    assert session.sync.method == "correlated"


def test_a_clock_that_drifts_is_told(tmp_path: Path, video: Path, pointer: PointerPath) -> None:
    session = session_of(tmp_path, video, replace(pointer, t_s=pointer.t_s * 1.001))
    assert [p.code for p in seen(session)] == ["clock_drifts"]
    assert session.sync.drift_ppm == pytest.approx(-1000, abs=150)


def with_displays(capture: Path, *changes: dict[str, Any]) -> Path:
    """The capture with its display told anew: the first row as it is but for what is given."""
    path = capture / "displays.parquet"
    row = pq.read_table(path).to_pylist()[0]
    columns = [f for f in schema.DISPLAYS.arrow if f.name in {*row, *(name for c in changes for name in c)}]
    pq.write_table(pa.Table.from_pylist([row | change for change in changes], schema=pa.schema(columns)), path)
    return capture


def test_each_side_of_a_change_of_the_display_goes_by_its_own_geometry(
    tmp_path: Path, video: Path, pointer: PointerPath
) -> None:
    is_late = pointer.t_s >= 18
    events = PointerPath(pointer.t_s + 0.3, *(np.where(is_late, 2 * v + 100, v) for v in (pointer.x, pointer.y)))
    large = {"x": 100.0, "y": 100.0, "w": 2 * WIDTH, "h": 2 * HEIGHT}
    change = {"t_ns": 18_300_000_000, "bounds_px": large, "capture_rect": large}
    capture = with_displays(write_capture(tmp_path / "capture", video, events), {}, change)
    session = imported(tmp_path / "library", capture)
    assert session.sync.method == "correlated"
    assert session.sync.offset_ns == pytest.approx(-300_000_000, abs=20_000_000)
    assert session.geometry.changes_ns[1] == pytest.approx(18_000_000_000, abs=20_000_000)
    assert seen(session) == []


def test_a_turned_picture_tells_the_clock_too(tmp_path: Path, video: Path, pointer: PointerPath) -> None:
    events = PointerPath(pointer.t_s + 0.3, pointer.y, WIDTH - pointer.x)
    upright = {"x": 0.0, "y": 0.0, "w": HEIGHT, "h": WIDTH}
    turned = {"rotation": 90.0, "bounds_px": upright, "capture_rect": upright}
    session = imported(tmp_path / "library", with_displays(write_capture(tmp_path / "capture", video, events), turned))
    assert session.geometry.frame_from_capture(0) is not None
    assert session.sync.method == "correlated"
    assert session.sync.offset_ns == pytest.approx(-300_000_000, abs=20_000_000)
    assert seen(session) == []


def test_pictures_that_change_their_size_are_told(tmp_path: Path, pointer: PointerPath) -> None:
    session = session_of(tmp_path, video_that_changes_size(tmp_path / "v.webm"), pointer)
    told = {p.code: p.t_ns for p in seen(session)}
    assert session.frames is not None
    assert told["video_size_changes"] == session.frames.t_ns[20]
