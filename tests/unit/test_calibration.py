"""The clock is found from the cursor's motion in real encoded video, or the calibration says that it cannot tell."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from replay.calibration.bursts import Bursts
from replay.calibration.clock import clock_of
from replay.calibration.measure import Measured, measured
from replay.calibration.motion import MotionDetector
from replay.calibration.result import clock_from
from replay.calibration.scale import rescaled
from replay.calibration.tracklets import linked
from replay.calibration.values import Detections, Mapping, PointerPath
from replay.calibration.verdict import Answer, CannotTell
from replay.calibration.windows import FIRST_ROUND, FURTHER, Choice, window_s
from replay.errors import Cancelled
from replay.sync import Correction, SyncModel
from replay.video.frame_table import FrameTable
from replay.video.index import build_frame_table
from tests.calibration_videos import encoded, wandering

SECONDS = 24.0
FRAME_S = 1 / 30


@pytest.fixture(scope="module")
def pointer() -> PointerPath:
    return wandering(SECONDS, seed=4)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory, pointer: PointerPath) -> Path:
    return encoded(tmp_path_factory.mktemp("calibration") / "cursor.mkv", pointer, SECONDS)


def measure(video: Path, path: PointerPath) -> Measured:
    with video.open("rb") as file:
        frames, _, _ = build_frame_table(file, "video")
        return measured(file, frames, path)


def late(path: PointerPath, lag_s: float) -> PointerPath:
    return replace(path, t_s=path.t_s + lag_s)


@pytest.mark.parametrize("lag_s", [0.0, 0.213, -7.5, 31.04])
def test_the_lag_of_the_recorders_clock_is_found(video: Path, pointer: PointerPath, lag_s: float) -> None:
    verdict = measure(video, late(pointer, lag_s)).verdict
    assert isinstance(verdict, Answer), verdict
    assert verdict.clock.lag_s == pytest.approx(lag_s, abs=0.02)
    assert abs(verdict.clock.lag_s - lag_s) < 3 * verdict.clock.sigma_s
    assert verdict.clock.sigma_s < FRAME_S / 2


@pytest.mark.parametrize(("sx", "sy", "shift"), [(1.5, 1.5, 0.0), (1.0, 1.0, 1366.0), (2.0, 1.5, -40.0)])
def test_geometry_is_not_asked_for_but_found(
    video: Path, pointer: PointerPath, sx: float, sy: float, shift: float
) -> None:
    elsewhere = PointerPath(pointer.t_s, pointer.x * sx + shift, pointer.y * sy)
    verdict = measure(video, elsewhere).verdict
    assert isinstance(verdict, Answer), verdict
    found = verdict.fit.mapping
    assert found.sx == pytest.approx(1 / sx, rel=0.01)
    assert found.sy == pytest.approx(1 / sy, rel=0.01)
    assert abs(verdict.clock.lag_s) < 0.02


def test_another_persons_pointer_is_not_found_in_it(video: Path) -> None:
    assert isinstance(measure(video, wandering(SECONDS, seed=5)).verdict, CannotTell)


def test_a_video_without_its_cursor_tells_nothing(tmp_path: Path, pointer: PointerPath) -> None:
    still = encoded(tmp_path / "still.mkv", pointer, 8.0, cursor=False)
    found = measure(still, pointer)
    assert isinstance(found.verdict, CannotTell)
    assert found.verdict.code == "nothing_moves"
    assert found.still_pictures > 0.9 * found.pictures


def test_a_pointer_that_rests_tells_nothing(video: Path) -> None:
    resting = PointerPath(np.array([0.0, 5.0]), np.array([3.0, 3.0]), np.array([4.0, 4.0]))
    verdict = measure(video, resting).verdict
    assert isinstance(verdict, CannotTell)
    assert verdict.code == "pointer_rests"


def test_it_stops_when_asked(video: Path, pointer: PointerPath) -> None:
    with video.open("rb") as file:
        frames, _, _ = build_frame_table(file, "video")
        with pytest.raises(Cancelled):
            measured(file, frames, pointer, cancelled=lambda: True)


def test_what_changes_once_and_stays_does_not_move() -> None:
    detector = MotionDetector()
    picture = np.full((120, 200), 200, np.uint8)
    for index in range(10):
        if index == 5:
            picture[40:52, 60:72] = 0
        detector.take(index / 30, picture)
    assert len(detector.found()) == 0
    assert detector.still_pictures == 8


def test_what_moves_is_found_in_its_middle() -> None:
    detector = MotionDetector()
    for index in range(6):
        picture = np.full((120, 200), 200, np.uint8)
        picture[50:61, 40 + 14 * index : 51 + 14 * index] = 0
        detector.take(index / 30, picture)
    found = detector.found()
    assert found.t_s.tolist() == pytest.approx([1 / 30, 2 / 30, 3 / 30, 4 / 30])
    assert found.x.tolist() == pytest.approx([59, 73, 87, 101])
    assert found.y.tolist() == pytest.approx([55] * 4)


def test_two_things_are_told_apart_through_time() -> None:
    t = np.repeat(np.arange(5) / 30, 2)
    x = np.stack([np.arange(5) * 10.0, 150 - np.arange(5) * 10.0], axis=1).ravel()
    seen = Detections(t, x, np.tile([20.0, 90.0], 5), np.full(10, 30.0))
    assert sorted(thing.tolist() for thing in linked(seen, 200, FRAME_S)) == [[0, 2, 4, 6, 8], [1, 3, 5, 7, 9]]


def bursts(lag_s: np.ndarray, span_s: float = 600.0) -> Bursts:
    t = np.linspace(0, span_s, len(lag_s))
    noise = np.random.default_rng(7).normal(0, 0.006, len(lag_s))
    return Bursts(t, lag_s + noise, np.full(len(lag_s), 0.01))


@pytest.mark.parametrize("ppm", [-200.0, 200.0])
def test_a_drift_of_two_hundred_ppm_is_found_in_ten_minutes(ppm: float) -> None:
    clock = clock_of(bursts(0.1 + ppm / 1e6 * np.linspace(0, 600, 30)), FRAME_S)
    assert clock.drift_ppm == pytest.approx(ppm, abs=20)
    assert clock.lag_s == pytest.approx(0.1, abs=0.01)
    assert clock.step_at_s is None


def test_a_step_of_fifty_ms_is_found_and_makes_the_answer_less_sure() -> None:
    clock = clock_of(bursts(np.where(np.arange(30) < 12, 0.1, 0.15)), FRAME_S)
    assert clock.step_s == pytest.approx(0.05, abs=0.01)
    assert clock.step_at_s == pytest.approx(238, abs=25)
    assert clock.sigma_s > 0.02


def test_a_steady_clock_has_neither_and_says_what_it_would_have_seen() -> None:
    clock = clock_of(bursts(np.full(30, 0.1)), FRAME_S)
    assert (clock.drift_ppm, clock.step_s) == (0.0, 0.0)
    assert 0 < clock.drift_limit_ppm < 100


def test_a_few_bad_movements_are_no_drift() -> None:
    steep = Bursts(np.array([30.8, 38.6, 40.3, 45.1]), np.array([0.043, 0.003, 0.027, 0.061]), np.full(4, 0.01))
    assert clock_of(steep, FRAME_S).drift_ppm == 0.0


@pytest.mark.parametrize("drift_ppm", [0.0, 200.0])
def test_the_measured_clock_puts_every_event_on_the_pictures_time(drift_ppm: float) -> None:
    imported = SyncModel(source_zero_ns=7_000_000_000, offset_ns=250_000_000, drift_ppm=35.0, sigma_ns=1)
    clock = clock_of(bursts(np.full(9, 0.3)), FRAME_S)
    answer = Answer(replace(clock, lag_s=0.3, drift_ppm=drift_ppm), None, None, None)  # type: ignore[arg-type]
    corrected = Correction(clock_from(imported, answer)).of(imported)
    for t_src in (7_000_000_000, 12_345_678_901, 900_000_000_000):
        seen_s = (imported.t_ns(t_src) / 1e9 - 0.3) / (1 + drift_ppm / 1e6)
        assert corrected.t_ns(t_src) == pytest.approx(seen_s * 1e9, abs=2_000)
    assert corrected.method == "correlated"


def test_a_cursor_that_changes_its_shape_with_its_place_does_not_change_the_scale() -> None:
    rng = np.random.default_rng(3)
    t = np.concatenate([start + np.arange(20) / 30 for start in range(0, 40, 2)])
    x, y = (np.concatenate([np.linspace(*rng.uniform(0, 1366, 2), 20) for _ in range(20)]) for _ in "xy")
    hand = np.where(y > 600, 5.0, 0.0)
    seen = Detections(t, 0.9 * x + rng.normal(0, 0.5, 400), 0.9 * y + hand + rng.normal(0, 0.5, 400), np.ones(400))
    plain = np.polyfit(y, seen.y, 1)[0]
    found = rescaled(seen, PointerPath(t, x, y), np.zeros(400), Mapping(0.9, 0.91, 0.0, 2.0), 1276)
    assert abs(plain / 0.9 - 1) > 0.003
    assert found.sy == pytest.approx(0.9, rel=0.002)
    assert found.sx == pytest.approx(0.9, rel=0.002)


def test_windows_begin_at_iframes_where_they_come_often(pointer: PointerPath) -> None:
    t_ns = np.arange(900, dtype=np.int64) * 33_333_333
    frames = FrameTable("video", np.arange(900), t_ns, np.full(900, 33_333_333), np.arange(900) % 90 == 0)
    windows = Choice(frames, pointer, 64_000).first()
    assert windows
    assert all(first % 90 == 0 for first, _ in windows)


@pytest.mark.parametrize(("fps", "pixels", "seconds"), [(30, 900_000, 4.0), (60, 2_073_600, 1.5), (30, 2_000_000, 2.0)])
def test_windows_of_large_pictures_are_shorter(fps: int, pixels: int, seconds: float) -> None:
    t_ns = np.arange(90, dtype=np.int64) * 10**9 // fps
    frames = FrameTable("video", np.arange(90), t_ns, np.full(90, 10**9 // fps), np.arange(90) == 0)
    assert window_s(frames, pixels) == pytest.approx(seconds, rel=0.01)


def hour() -> tuple[FrameTable, PointerPath]:
    """An hour of pictures over all of which the pointer moves."""
    n = 30 * 3600
    t_ns = np.arange(n, dtype=np.int64) * 33_333_333
    frames = FrameTable("video", np.arange(n), t_ns, np.full(n, 33_333_333), np.arange(n) % 250 == 0)
    return frames, PointerPath(np.arange(0, 3600, 0.05), np.cumsum(np.ones(72_000)), np.zeros(72_000))


def test_windows_are_disjoint_and_reach_from_the_start_to_the_end(pointer: PointerPath) -> None:
    n = 30 * 600
    t_ns = np.arange(n, dtype=np.int64) * 33_333_333
    iframe = np.arange(n) % 250 == 0
    frames = FrameTable("video", np.arange(n, dtype=np.int64), t_ns, np.full(n, 33_333_333), iframe)
    long = PointerPath(np.arange(0, 600, 0.05), np.cumsum(np.ones(12_000)), np.zeros(12_000))
    choice = Choice(frames, long, 64_000)
    first, second = choice.first(), choice.further(at_ends=False)
    every = sorted(first + second)
    assert (len(first), len(second)) == (FIRST_ROUND, FURTHER)
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(every))
    assert first[0][0] < n / 8
    assert first[-1][1] > n * 7 / 8


def test_where_a_drift_is_hinted_at_both_ends_are_looked_at_next() -> None:
    frames, long = hour()
    at_ends = Choice(frames, long, 64_000).further(at_ends=True)
    assert len(at_ends) == FURTHER
    assert all(min(first, len(frames) - last) < len(frames) / 5 for first, last in at_ends)
    assert at_ends[0][0] < len(frames) / 5
    assert at_ends[-1][1] > len(frames) * 4 / 5


def test_no_more_is_looked_at_than_can_be_in_time() -> None:
    frames, long = hour()
    large = Choice(frames, long, 8_000_000)
    assert len(large.first()) == FIRST_ROUND
    assert large.further(at_ends=False) == ()


def test_a_drift_too_small_to_be_believed_is_hinted_at() -> None:
    clock = clock_of(bursts(0.1 + 100 / 1e6 * np.linspace(0, 120, 14), 120.0), FRAME_S)
    assert clock.drift_ppm == 0.0
    assert clock.drift_hint > 1.0
    assert clock.drift_limit_ppm > 100
