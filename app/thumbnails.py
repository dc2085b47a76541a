"""Small pictures off the GUI thread: one decode thread of its own, the latest wishes first, nothing kept twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from av.video.frame import VideoFrame
from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QImage

from app.bridge import Bridge
from replay.errors import BadInput, Cancelled, SafelightError
from replay.video.composed import Pictures, VideoFiles, VideoSource, open_pictures
from replay.video.decoder import GopDecoder, always
from replay.video.even_sides import cropped
from replay.video.frame import bgra
from replay.video.frame_table import FrameTable
from replay.video.side_files import PreviewVideo
from widgets.timeline.film import FilmTrack

SIZE: Final = QSize(416, 240)
_KEPT_WISHES: Final = 60

STRIP_SIZE: Final = QSize(160, 80)

Opened = tuple[Callable[[], VideoSource], FrameTable]


class _Fast:
    """Pictures of a fast video by the session's frames: the nearest one at or before each."""

    def __init__(self, fast: PreviewVideo) -> None:
        self._fast = fast
        self._decoder = GopDecoder(fast.file, fast.frames)

    def picture(self, index: int, wanted: Callable[[], bool] = always) -> VideoFrame:
        return cropped(self._decoder.picture(self._fast.place_of(index), wanted), self._fast.crop)

    def close(self) -> None:
        self._decoder.close()


def film_track(video: VideoFiles, frames: FrameTable, size: tuple[int, int] | None) -> FilmTrack | None:
    """The frames that a strip can show at little cost: those of the skim track, else of the mezzanine, else I-frames.
    None where there is nothing to see before the first pass."""
    if video.is_filled:
        return None
    fast = _fast_of(video)
    cheap = np.flatnonzero(frames.iframe) if fast is None else fast.source_index
    indices = cheap.astype(np.int64) if len(cheap) else np.zeros(1, np.int64)
    return FilmTrack(frames.t_ns[indices], indices, size[0] / size[1] if size is not None else 16 / 9)


def _fast_of(video: VideoFiles) -> PreviewVideo | None:
    return video.side.skim or video.side.mezzanine


class Thumbnails(QObject):
    """Pictures of one video at a time. `made` carries (frame index, QImage).

    `may_be_fast`: those of a fast video do, where there is one; otherwise every picture is exact.
    """

    made = Signal(object)

    def __init__(self, bridge: Bridge, size: QSize = SIZE, *, may_be_fast: bool = False) -> None:
        super().__init__()
        self._size, self._may_be_fast = size, may_be_fast
        self._post = bridge.to_gui(self._take)
        self._condition = threading.Condition()
        self._video: Opened | None = None
        self._number = 0
        self._wishes: list[int] = []
        self._asked: set[int] = set()
        self._undecodable: set[int] = set()
        self._closing = False
        self._making = False
        self._thread = threading.Thread(target=self._serve, name="thumbnails")
        self._thread.start()

    def open(self, video: Opened | None) -> None:
        """Another video, or none; wishes for the one before are forgotten."""
        with self._condition:
            self._video, self._number = video, self._number + 1
            self._wishes.clear()
            self._asked.clear()
            self._undecodable.clear()
            self._condition.notify()

    def want(self, indices: Sequence[int]) -> None:
        """Ask for these frames, the first one first, and for none that was asked for before and is not among them."""
        with self._condition:
            if self._video is not None:
                self._wishes = [i for i in reversed(indices) if i not in self._undecodable]
                self._condition.notify()

    def request(self, index: int) -> None:
        """Ask for frame `index`, once."""
        with self._condition:
            if self._video is None or index in self._asked:
                return
            self._asked.add(index)
            self._wishes.append(index)
            for forgotten in self._wishes[:-_KEPT_WISHES]:
                self._asked.discard(forgotten)
            del self._wishes[:-_KEPT_WISHES]
            self._condition.notify()

    @property
    def idle(self) -> bool:
        """Whether every wish is fulfilled or forgotten."""
        with self._condition:
            return not self._wishes and not self._making

    def close(self) -> None:
        """Stop and join the thread."""
        with self._condition:
            self._closing = True
            self._condition.notify()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            with self._condition:
                while not self._closing and not self._wishes:
                    self._condition.wait()
                if self._closing:
                    return
                video, number = self._video, self._number
            if video is not None:
                self._serve_video(video, number)

    def _serve_video(self, video: Opened, number: int) -> None:
        """Pictures of one video until another one is opened."""
        open_file, frames = video
        try:
            with open_file() as file:
                decoder = self._pictures(file, frames)
                try:
                    while (index := self._next(number)) is not None:
                        self._make(decoder, index, number)
                finally:
                    decoder.close()
        except (SafelightError, OSError):
            # The canvas says that the video cannot be read; a list without thumbnails needs no second sentence.
            with self._condition:
                self._making = False
                if number == self._number:
                    self._wishes.clear()

    def _pictures(self, file: VideoSource, frames: FrameTable) -> Pictures:
        fast = _fast_of(file) if self._may_be_fast and isinstance(file, VideoFiles) else None
        return open_pictures(file, frames) if fast is None else _Fast(fast)

    def _next(self, number: int) -> int | None:
        """The latest wish; None once it is another video's turn."""
        with self._condition:
            self._making = False
            while not self._wishes and not self._closing and number == self._number:
                self._condition.wait()
            wanted = bool(self._wishes) and not self._closing and number == self._number
            self._making = wanted
            return self._wishes.pop() if wanted else None

    def _make(self, decoder: Pictures, index: int, number: int) -> None:
        try:
            picture = decoder.picture(index, lambda: not self._closing and number == self._number)
            pixels = bgra(picture)
        except (Cancelled, BadInput) as e:
            # A frame that cannot be decoded leaves its place empty; the others are still wanted.
            if isinstance(e, BadInput):
                with self._condition:
                    self._undecodable.add(index)
            return
        whole = QImage(pixels.data, picture.width, picture.height, picture.width * 4, QImage.Format.Format_RGB32)
        smooth = Qt.TransformationMode.SmoothTransformation
        self._post((number, index, whole.scaled(self._size, Qt.AspectRatioMode.KeepAspectRatio, smooth)))

    def _take(self, parcel: tuple[int, int, QImage]) -> None:
        number, index, picture = parcel
        if number == self._number:
            self.made.emit((index, picture))
