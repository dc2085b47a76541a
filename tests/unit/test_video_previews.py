"""Previews of a real video with real side files: at once, of the right frame, and never in the way of exact ones."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Condition

import numpy as np
import pytest

from replay.problems import Problem
from replay.video.composed import VideoFiles
from replay.video.frame import Frame
from replay.video.pace import DecodePace
from replay.video.previews import Previews
from replay.video.server import FrameServer
from replay.video.side_files import SideFiles
from tests.side_videos import SIZE, SKIM_EVERY, SideVideos, side_videos
from tests.videos import number_in

WAIT_S = 20.0
LAST = 599


@pytest.fixture(scope="module")
def video() -> SideVideos:
    return side_videos(frames=LAST + 1, gop=300)


class Screen:
    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.problems: list[Problem] = []
        self._changed = Condition()

    def frame(self, frame: Frame) -> None:
        with self._changed:
            self.frames.append(frame)
            self._changed.notify_all()

    def wait_for(self, wanted: Callable[[Frame], bool]) -> Frame:
        with self._changed:
            assert self._changed.wait_for(lambda: any(wanted(f) for f in self.frames), WAIT_S)
        return next(f for f in self.frames if wanted(f))

    def exact(self, index: int) -> Frame:
        return self.wait_for(lambda f: f.index == index and not f.is_preview)

    @property
    def previews(self) -> list[Frame]:
        return [f for f in self.frames if f.is_preview]


@contextmanager
def serving(files: VideoFiles, video: SideVideos, budget: int = 1 << 28) -> Iterator[tuple[FrameServer, Screen]]:
    screen = Screen()
    server = FrameServer(files, video.frames, screen.frame, screen.problems.append, budget)
    try:
        server.request(0)
        screen.exact(0)
        yield server, screen
    finally:
        server.close()
    assert screen.problems == []


def number_of(frame: Frame) -> int:
    """What the picture says, whatever number of pixels it has."""
    high, wide = frame.bgra.shape[:2]
    rows = np.arange(SIZE[1]) * high // SIZE[1]
    columns = np.arange(SIZE[0]) * wide // SIZE[0]
    return number_in(frame.bgra[rows][:, columns, 2::-1])


def test_a_far_seek_shows_a_preview_of_that_very_frame_and_then_the_exact_one(video: SideVideos) -> None:
    with serving(video.files(), video) as (server, screen):
        server.request(295)
        exact = screen.exact(295)
        assert number_of(exact) == 295
        assert exact.bgra.shape == (SIZE[1], SIZE[0], 4)
        preview = screen.wait_for(lambda f: f.is_preview)
        assert (preview.index, number_of(preview)) == (295, 295)
        assert (preview.width, preview.height) == SIZE
        assert preview.t_ns == video.frames.t_ns[295]


def test_without_a_mezzanine_the_small_picture_stands_in(video: SideVideos) -> None:
    with serving(video.files(mezzanine=False), video) as (server, screen):
        server.request(296)
        screen.exact(296)
        assert [f.index for f in screen.previews] == [294]  # the skim's picture at or before it
        preview = screen.previews[0]
        assert number_of(preview) == 294
        assert preview.bgra.shape[1] < SIZE[0]
        assert (preview.width, preview.height) == SIZE


def test_in_a_hurry_small_pictures_come_and_the_exact_one_once_the_requests_rest(video: SideVideos) -> None:
    with serving(video.files(), video) as (server, screen):
        asked = [250 + (n * 37) % 300 for n in range(40)]
        for index in asked:
            server.request(index, hurried=True)
            time.sleep(0.01)
        exact = screen.exact(asked[-1])
        assert number_of(exact) == asked[-1]
        shown = screen.previews
        assert len({f.index for f in shown}) > 20
        assert all(number_of(f) == f.index and f.index % SKIM_EVERY == 0 for f in shown)
        assert all(f.bgra.shape[1] < SIZE[0] for f in shown)


def test_a_request_that_comes_as_the_rest_ends_is_not_lost(video: SideVideos) -> None:
    with serving(video.files(), video) as (server, screen):
        server.request(260, hurried=True)
        time.sleep(0.03)
        with server._condition:  # the rest ends meanwhile, and the server waits for its turn to say so
            time.sleep(0.1)
            server.request(560, hurried=True)
        assert number_of(screen.exact(560)) == 560


def test_a_frame_that_is_near_or_held_gets_no_preview(video: SideVideos) -> None:
    with serving(video.files(), video) as (server, screen):
        for index in (1, 2, 3, 2, 1, 0):
            server.request(index)
            screen.exact(index)
        assert screen.previews == []


def test_without_side_files_the_i_frame_stands_in_for_a_frame_far_away_in_a_hurry(video: SideVideos) -> None:
    with serving(VideoFiles(io.BytesIO(video.original)), video) as (server, screen):
        server.request(590, hurried=True)
        entry = screen.wait_for(lambda f: f.is_preview)
        assert (entry.index, number_of(entry)) == (300, 300)
        assert number_of(screen.exact(590)) == 590
        server.request(295)
        screen.exact(295)
        assert len(screen.previews) == 1  # not hurried, not replaced


def test_the_i_frame_does_not_stand_in_where_something_nearer_is_shown(video: SideVideos) -> None:
    with serving(VideoFiles(io.BytesIO(video.original)), video) as (server, screen):
        server.request(590)
        screen.exact(590)
        server.request(480, hurried=True)
        screen.exact(480)
        assert screen.previews == []


def test_torn_side_files_are_left_out_and_nobody_hears_of_them(video: SideVideos) -> None:
    torn = replace(video, skim=video.skim, mezzanine=video.mezzanine)
    files = torn.files()
    assert files.side.skim is not None
    assert files.side.mezzanine is not None
    side = SideFiles(
        replace(files.side.skim, file=io.BytesIO(b"no video" * 99)),
        replace(files.side.mezzanine, file=io.BytesIO(video.mezzanine[:3000])),
    )
    with serving(replace(files, side=side), video) as (server, screen):
        for index, hurried in ((298, False), (599, True), (150, False)):
            server.request(index, hurried=hurried)
            assert number_of(screen.exact(index)) == index
        assert screen.previews == []


def test_pictures_and_previews_together_stay_within_the_budget(video: SideVideos) -> None:
    budget = 1_500_000
    with serving(video.files(), video, budget) as (server, screen):
        for n in range(60):
            server.request((n * 97) % 600, hurried=n % 2 == 0)
            time.sleep(0.004)
            assert server.nbytes <= budget
        assert screen.previews


def test_closing_joins_the_previews_and_closes_the_side_files(video: SideVideos) -> None:
    files = video.files()
    with serving(files, video) as (server, _):
        server.request(500, hurried=True)
    assert files.side.skim is not None
    assert files.side.mezzanine is not None
    assert files.side.skim.file.closed
    assert files.side.mezzanine.file.closed


def test_of_a_burst_of_wishes_for_previews_the_last_one_comes(video: SideVideos) -> None:
    screen, files = Screen(), video.files()
    previews = Previews(files.side, video.frames, SIZE, screen.frame, 1 << 20)
    try:
        for n in range(300):
            previews.request((n * 7) % 600, quick=True)
        last = (299 * 7) % 600
        screen.wait_for(lambda f: f.index == last - last % SKIM_EVERY)
        assert len(screen.frames) < 150
        assert previews.nbytes <= 1 << 20
    finally:
        previews.close()
        files.close()


def test_the_pace_knows_what_is_near(video: SideVideos) -> None:
    pace = DecodePace(video.frames)
    for _ in range(40):
        pace.note(100, 101_000_000)
        pace.note(200, 100_000_000)
    assert pace.reach_ns(201) == pytest.approx(1_000_000, rel=0.05)
    assert pace.reach_ns(299) == pytest.approx(99_000_000, rel=0.05)
    assert pace.reach_ns(199) == pytest.approx(200_000_000, rel=0.05)  # behind: from the entry on
    assert pace.reach_ns(300) == pytest.approx(1_000_000, rel=0.05)  # an entry of its own
