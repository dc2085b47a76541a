"""Previews in the window: painted at once, labelled, replaced by the exact picture, never the other way round."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import cycle, islice
from threading import Event

import av
import numpy as np
import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from app.bridge import Bridge
from app.playback_controller import PlaybackController
from replay.session import Session
from replay.timebase import NS_PER_S
from replay.transport import Mode
from replay.video.composed import VideoFiles
from replay.video.frame import Frame
from tests.gui.building import session
from tests.side_videos import SIZE, SideVideos, side_videos
from widgets.badges import badge_of_preview
from widgets.frame_canvas import FrameCanvas

LAST = 599
FAR = 598
AT_ONCE = 128 << 10  # bytes that are read when a video is opened, whatever is asked for


@pytest.fixture(scope="module")
def video() -> SideVideos:
    return side_videos(frames=LAST + 1, gop=300)


@pytest.fixture
def playback(dressed: QApplication) -> Iterator[PlaybackController]:
    bridge = Bridge()
    made = PlaybackController(bridge)
    yield made
    made.close()
    bridge.close()


def session_of(video: SideVideos) -> Session:
    captured = session()
    info = replace(captured.info, duration_ns=20 * NS_PER_S)
    return replace(captured, info=info, frames=video.frames)


def shown_by(playback: PlaybackController) -> list[Frame]:
    frames: list[Frame] = []
    playback.frame_shown.connect(frames.append)
    return frames


class SlowDisk(io.BytesIO):
    """A file that can be made to keep its reader waiting."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.reads = 0
        self._lets_read = Event()
        self._lets_read.set()

    def read(self, size: int | None = -1) -> bytes:
        self._lets_read.wait()
        self.reads += 1
        return super().read(size)

    @contextmanager
    def stalled(self) -> Iterator[None]:
        self._lets_read.clear()
        try:
            yield
        finally:
            self._lets_read.set()


def bytes_before(video: bytes, index: int) -> int:
    """Where the packet of a frame lies in a video."""
    with av.open(io.BytesIO(video)) as container:
        stream = container.streams.video[0]
        pts = sorted(p.pts for p in container.demux(stream) if p.size)[index]
    with av.open(io.BytesIO(video)) as container:
        return next(p.pos for p in container.demux(video=0) if p.pts == pts)


def opened(playback: PlaybackController, video: SideVideos, qtbot, files: VideoFiles | None = None) -> list[Frame]:
    shown = shown_by(playback)
    playback.open(session_of(video), files or video.files(), np.zeros(0, np.int64))
    qtbot.waitUntil(lambda: playback.settled, timeout=20_000)
    return shown


def test_the_exact_picture_replaces_the_preview_of_its_frame_and_stays(playback, video, qtbot):
    disk = SlowDisk(video.original)
    shown = opened(playback, video, qtbot, replace(video.files(), original=disk))
    assert bytes_before(video.original, FAR) > AT_ONCE
    with disk.stalled():
        playback.seek_frame(FAR)
        qtbot.waitUntil(lambda: shown[-1].index == FAR, timeout=20_000)
        assert shown[-1].is_preview
        assert not playback.settled
    qtbot.waitUntil(lambda: playback.settled, timeout=20_000)
    qtbot.wait(200)
    assert [(f.index, f.is_preview) for f in shown][-2:] == [(FAR, True), (FAR, False)]
    assert playback.shown_frame == FAR


def test_a_preview_that_comes_after_the_exact_picture_is_not_shown(playback, video, qtbot):
    files, disk = video.files(), SlowDisk(video.mezzanine)
    late = replace(files.side, mezzanine=replace(files.side.mezzanine, file=disk))
    shown = opened(playback, video, qtbot, replace(files, side=late))
    with disk.stalled():
        playback.seek_frame(298)
        qtbot.waitUntil(lambda: playback.settled, timeout=20_000)
        assert disk.reads == 0
    qtbot.waitUntil(lambda: disk.reads > 0, timeout=20_000)
    qtbot.wait(200)
    assert [(f.index, f.is_preview) for f in shown] == [(0, False), (298, False)]
    assert playback.shown_frame == 298


def test_while_dragging_small_previews_come_and_where_it_rests_the_exact_picture(playback, video, qtbot):
    disk = SlowDisk(video.original)
    shown = opened(playback, video, qtbot, replace(video.files(), original=disk))
    there = list(range(250, 600, 7))
    with disk.stalled():  # nothing but previews can come, however seldom a busy machine lets the drag go on
        for index in islice(cycle(there + there[::-1]), 4000):
            playback.scrub(int(video.frames.t_ns[index]))
            qtbot.wait(5)
            if sum(f.is_preview for f in shown) > 10:
                break
        assert playback.state.mode is Mode.SCRUBBING
        small = [f for f in shown if f.is_preview]
        assert len(small) > 10
    qtbot.waitUntil(lambda: playback.settled, timeout=20_000)  # still held
    assert shown[-1].index == playback.state.frame
    assert not shown[-1].is_preview
    assert all(f.bgra.shape[1] < SIZE[0] for f in small)
    playback.end_scrub()
    assert playback.settled


def test_a_fast_shuttle_shows_previews_and_pausing_shows_the_exact_picture(playback, video, qtbot):
    shown = opened(playback, video, qtbot)
    playback.seek_frame(LAST)
    qtbot.waitUntil(lambda: playback.settled, timeout=20_000)
    playback.shuttle(-1)
    playback.set_rate(-16.0)
    qtbot.waitUntil(lambda: playback.state.t_ns < 8 * NS_PER_S, timeout=20_000)
    playback.pause()
    qtbot.waitUntil(lambda: playback.settled, timeout=20_000)
    assert shown[-1].index == playback.state.frame
    assert not shown[-1].is_preview


def pixels(width: int, height: int, red: int) -> np.ndarray:
    out = np.empty((height, width, 4), np.uint8)
    out[:] = (0, 0, red, 255)
    return out


def test_a_preview_is_painted_over_the_whole_frame_with_its_label_and_keeps_the_view(dressed, qtbot):
    canvas = FrameCanvas()
    qtbot.addWidget(canvas)
    canvas.resize(400, 240)
    canvas.show()
    canvas.show_frame(Frame(1, 0, 400, 240, pixels(400, 240, 100)))
    canvas.zoom(2.0)
    view = canvas.view
    exact = canvas.grab().toImage()
    canvas.show_frame(Frame(7, 0, 400, 240, pixels(100, 60, 200), is_preview=True), badge_of_preview(7))
    assert canvas.view == view
    assert canvas.frame_size == (400, 240)
    preview = canvas.grab().toImage()
    assert all(QColor(preview.pixel(x, y)).red() == 200 for x, y in ((5, 5), (200, 100), (395, 5)))
    canvas.show_frame(Frame(7, 0, 400, 240, pixels(400, 240, 100)))
    assert canvas.grab().toImage() == exact  # the label is gone with the preview
    label = [(x, y) for x in range(250, 395) for y in range(184, 206)]
    assert any(QColor(preview.pixel(*at)).red() != 200 for at in label)
