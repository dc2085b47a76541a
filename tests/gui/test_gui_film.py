"""The strip of pictures, and the lanes' level of detail: honest at every zoom, bounded by the width."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage, qGray
from PySide6.QtWidgets import QApplication

from app.bridge import Bridge
from app.composition import Desktop
from app.driver import Driver
from app.thumbnails import STRIP_SIZE, Thumbnails, film_track
from replay.timebase import TimeRange
from replay.video.composed import VideoFiles
from tests.gui.building import frame_table, seconds
from tests.side_videos import SIZE, SKIM_EVERY, side_videos
from tests.videos import BITS, CELL
from widgets.timeline.axis import TimeAxis
from widgets.timeline.film import FilmTrack, KeptPictures, step_ns, tiles
from widgets.timeline.lanes import FILM_PX, HEADER_PX, RULER_PX
from widgets.timeline.spans import in_sight, spans_of


def film(every_s: float, count: int) -> FilmTrack:
    frames = np.arange(count, dtype=np.int64) * 30
    return FilmTrack(frames // 30 * seconds(every_s), frames, 16 / 9)


def test_each_place_of_the_strip_shows_the_latest_frame_begun_by_its_middle():
    axis = TimeAxis(0, 1e7, 900)  # 9 s in 900 px
    track = film(1.0, 9)
    for tile in tiles(track, axis, 80):
        middle_ns = axis.t(tile.x) + tile.width / 2 * axis.ns_per_px
        latest = track.frames[track.t_ns <= middle_ns + 1][-1]
        assert tile.frame == latest


def test_a_frame_that_lasts_over_several_places_stands_at_the_first_alone():
    shown = [tile.frame for tile in tiles(film(10.0, 5), TimeAxis(0, 3e7, 1200), 80)]
    assert shown == sorted(set(shown))
    assert shown[0] == 0


@given(scale=st.floats(2e4, 1e11), start=st.integers(0, 10**13), least=st.floats(20, 200))
def test_places_are_as_wide_as_asked_for_and_stay_where_they_are_while_panning(scale, start, least):
    axis = TimeAxis(start, scale, 900)
    step = step_ns(axis, least)
    assert step >= least * scale * 0.999
    assert step <= max(1_000_000, least * scale * 1.51)
    assert step == step_ns(axis.panned(33, TimeRange(0, 10**16)), least)


def test_kept_pictures_weigh_no_more_than_their_budget_and_the_least_shown_goes_first():
    picture = QImage(QSize(10, 10), QImage.Format.Format_RGB32)
    kept = KeptPictures(3 * picture.sizeInBytes())
    for frame in range(3):
        kept.keep(frame, picture)
    assert kept.shown(0) is not None
    kept.keep(3, picture)
    assert len(kept) == 3
    assert kept.shown(1) is None
    assert kept.shown(0) is not None


def test_spans_in_sight_are_told_apart_or_counted_among_a_crowd_and_none_is_lost():
    rng = np.random.default_rng(1)
    starts = np.sort(rng.integers(0, seconds(1000), 5000))
    ends = starts + rng.integers(1, seconds(2), 5000)
    spans, axis = spans_of(starts, ends), TimeAxis(seconds(100), 5e8, 800)
    found = in_sight(spans, axis)
    for start, end in zip(starts, ends, strict=True):
        x0, x1 = axis.x(int(start)), axis.x(int(end))
        if x1 <= 0 or x0 >= 800:
            continue
        single = np.any((found.x0 <= max(x0, -50) + 1e-6) & (found.x1 >= min(x1, 850) - 1e-6))
        assert single or any(a - 2 <= x0 <= b + 2 for a, b in found.crowds)
    assert len(found.index) + len(found.crowds) <= 800 * 3


def test_the_span_that_lasts_at_a_moment_is_found_under_a_later_short_one():
    spans = spans_of(np.array([0, 10, 50]), np.array([100, 20, 55]))
    assert [spans.at(t) for t in (5, 15, 30, 52, 70, 200)] == [0, 1, 0, 2, 0, -1]


@pytest.mark.parametrize("zoom", [1.0, 8.0])
def test_the_strip_fills_with_pictures_of_the_session(workbench: Desktop, driver: Driver, zoom: float):
    timeline = workbench.workbench.timeline
    timeline.zoom(zoom, HEADER_PX + 40)
    driver.wait_idle()
    driver.wait_until(lambda: workbench.film.idle)
    driver.wait_rest()
    strip = timeline.grab().toImage().copy(HEADER_PX + 14, RULER_PX + 3, 40, FILM_PX - 6)
    tints = {strip.pixel(x, y) for x in range(strip.width()) for y in range(strip.height())}
    assert len(tints) > 8, "nothing but a placeholder"


def test_before_the_first_pass_the_strip_shows_nothing():
    assert film_track(VideoFiles(is_filled=True), frame_table(), (320, 200)) is None


def test_without_a_skim_track_the_strip_asks_for_entry_points_alone():
    track = film_track(VideoFiles(), frame_table(), (320, 200))
    assert track is not None
    assert track.frames.tolist() == [0, 10, 20, 30, 40, 50]


class Untouched(io.BytesIO):
    """A file that nobody is to read."""

    def read(self, size: int | None = -1) -> bytes:
        raise AssertionError(size)


def number_on(picture: QImage) -> int:
    """The number that a small copy of a numbered picture carries."""
    scale = picture.width() / SIZE[0]
    places = [(round((bit + 0.5) * CELL * scale), round(CELL * scale / 2)) for bit in range(BITS)]
    return sum((qGray(picture.pixel(*place)) > 127) << bit for bit, place in enumerate(places))


@pytest.mark.parametrize(("has_skim", "every"), [(True, SKIM_EVERY), (False, 1)])
def test_of_few_entry_points_fast_pictures_fill_the_strip_and_the_video_is_not_read(
    dressed: QApplication, qtbot, has_skim: bool, every: int
):
    video = side_videos(frames=600, gop=300)
    files = replace(video.files(skim=has_skim), original=Untouched(b""))
    track = film_track(files, video.frames, SIZE)
    assert track is not None
    assert track.frames.tolist() == list(range(0, 600, every))
    axis = TimeAxis(0, video.frames.end_ns / 900, 900)
    places = tiles(track, axis, 80)
    assert len(places) >= 7
    assert np.diff([tile.x for tile in places]).max() < 2 * places[0].width, "a hole"
    bridge = Bridge()
    film = Thumbnails(bridge, STRIP_SIZE, may_be_fast=True)
    made: dict[int, QImage] = {}
    film.made.connect(lambda one: made.update([one]))
    film.open((lambda: files, video.frames))
    film.want([tile.frame for tile in places])
    qtbot.waitUntil(lambda: len(made) == len(places), timeout=20_000)
    film.close()
    bridge.close()
    assert {frame: number_on(picture) for frame, picture in made.items()} == {t.frame: t.frame for t in places}
