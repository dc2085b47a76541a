"""The frame server with a real video: exact frames, latest wins, stepping back from memory, errors, closing."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from replay.problems import Problem
from replay.video.frame import Frame
from replay.video.frame_table import FrameTable
from replay.video.index import build_frame_table
from replay.video.server import FrameServer
from tests.videos import CLIPS, Clip, encode, number_in

WAIT_S = 20.0


class Screen:
    """Receives frames and problems on the decode thread."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.problems: list[Problem] = []
        self._changed = threading.Condition()

    def frame(self, frame: Frame) -> None:
        with self._changed:
            self.frames.append(frame)
            self._changed.notify_all()

    def problem(self, problem: Problem) -> None:
        with self._changed:
            self.problems.append(problem)
            self._changed.notify_all()

    def wait_for(self, index: int) -> Frame:
        with self._changed:
            assert self._changed.wait_for(lambda: any(f.index == index for f in self.frames), WAIT_S), index
        return next(f for f in reversed(self.frames) if f.index == index)

    def wait_for_problem(self) -> Problem:
        with self._changed:
            assert self._changed.wait_for(lambda: bool(self.problems), WAIT_S)
        return self.problems[-1]


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, FrameTable]:
    path = encode(tmp_path_factory.mktemp("video") / "clip.mp4", Clip(frames=300, gop=100, options={"bf": "2"}))
    data = path.read_bytes()
    return data, build_frame_table(io.BytesIO(data), "video")[0]


@contextmanager
def serving(data: bytes, frames: FrameTable, budget: int = 1 << 28) -> Iterator[tuple[FrameServer, Screen]]:
    screen = Screen()
    server = FrameServer(io.BytesIO(data), frames, screen.frame, screen.problem, budget)
    try:
        yield server, screen
    finally:
        server.close()


def shown_number(frame: Frame) -> int:
    return number_in(frame.bgra[..., 2::-1])


def settled(server: FrameServer) -> None:
    """Wait until the server has nothing left to prepare."""
    previous = -1
    while server.nbytes != previous:
        previous = server.nbytes
        time.sleep(0.15)


def test_every_request_gets_its_own_picture(video: tuple[bytes, FrameTable]) -> None:
    with serving(*video) as (server, screen):
        for index in (0, 250, 99, 100, 101, 3, 299):
            server.request(index)
            frame = screen.wait_for(index)
            assert shown_number(frame) == index
            assert frame.t_ns == video[1].t_ns[index]


def test_of_a_burst_of_requests_the_last_is_served_and_most_others_are_not(video: tuple[bytes, FrameTable]) -> None:
    with serving(*video) as (server, screen):
        server.request(0)
        screen.wait_for(0)
        for n in range(200):
            server.request((n * 97) % 300)
        last = (199 * 97) % 300
        assert shown_number(screen.wait_for(last)) == last
        assert len(screen.frames) < 100


def test_stepping_back_comes_from_memory_without_decoding_again(video: tuple[bytes, FrameTable]) -> None:
    with serving(*video) as (server, screen):
        server.request(90)
        screen.wait_for(90)
        settled(server)
        times = []
        for index in range(89, 60, -1):
            start = time.perf_counter()
            server.request(index)
            assert shown_number(screen.wait_for(index)) == index
            times.append(time.perf_counter() - start)
        assert sorted(times)[len(times) // 2] < 0.016


def test_the_next_frames_are_ready_before_they_are_asked_for(video: tuple[bytes, FrameTable]) -> None:
    with serving(*video) as (server, screen):
        server.request(10)
        screen.wait_for(10)
        settled(server)
        ready = server.ready(11)
        assert ready is not None
        assert shown_number(ready) == 11
        assert server.ready(200) is None


def test_pictures_held_stay_within_the_budget(video: tuple[bytes, FrameTable]) -> None:
    budget = 1_500_000
    with serving(*video, budget=budget) as (server, screen):
        for index in (*range(0, 60), *range(200, 150, -1)):
            server.request(index)
            assert shown_number(screen.wait_for(index)) == index
            assert server.nbytes <= budget


def test_a_budget_smaller_than_one_picture_still_shows_every_frame(video: tuple[bytes, FrameTable]) -> None:
    with serving(*video, budget=1000) as (server, screen):
        for index in (5, 6, 7, 6, 5, 200):
            server.request(index)
            assert shown_number(screen.wait_for(index)) == index


def test_requests_beyond_the_table_are_clamped(video: tuple[bytes, FrameTable]) -> None:
    with serving(*video) as (server, screen):
        server.request(10_000)
        assert shown_number(screen.wait_for(299)) == 299
        server.request(-5)
        assert shown_number(screen.wait_for(0)) == 0


def test_a_frame_that_cannot_be_decoded_is_a_problem_and_the_rest_stays_usable(
    video: tuple[bytes, FrameTable], tmp_path: Path
) -> None:
    frames = video[1]
    # A table that promises a frame the file does not have: the file was damaged after the import.
    other = encode(tmp_path / "clip.mp4", Clip(frames=200, gop=100, options={"bf": "2"})).read_bytes()
    with serving(other, frames) as (server, screen):
        server.request(250)
        assert screen.wait_for_problem().code == "frame_undecodable"
        server.request(20)
        assert shown_number(screen.wait_for(20)) == 20


def test_a_video_that_cannot_be_opened_is_a_problem_and_closes(video: tuple[bytes, FrameTable]) -> None:
    with serving(b"no video" * 50, video[1]) as (server, screen):
        server.request(1)
        assert screen.wait_for_problem().code == "video_unreadable"


def test_closing_ends_the_thread_and_the_file_even_in_the_middle_of_a_decode(tmp_path: Path) -> None:
    path = encode(tmp_path / "clip", CLIPS["longer than what is decoded whole"])
    with path.open("rb") as probe:
        frames, _, _ = build_frame_table(probe, "video")
    file = path.open("rb")
    server = FrameServer(file, frames, lambda _: None, lambda _: None)
    server.request(400)
    server.close()
    server.close()
    assert file.closed
    assert "frame-server" not in [t.name for t in threading.enumerate()]
    assert server.nbytes == 0
