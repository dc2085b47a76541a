"""Captured frames of a session, decoded in one linear pass on a thread of their own, a few ahead of their reader."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from typing import BinaryIO, Final

from curation.redaction.types import RawFrame
from replay.errors import SafelightError
from replay.video.decoder import iter_pictures
from replay.video.frame_table import FrameTable

_AHEAD: Final = 8  # pictures: enough to keep decoder and encoder busy, 25 MB at 1080p


class RawFrames:
    """Iterates over every frame of the video once, in order. A context manager: leaving it joins the thread."""

    def __init__(self, open_video: Callable[[], BinaryIO], frames: FrameTable, last: int) -> None:
        """Stops after frame `last`."""
        self._open_video = open_video
        self._frames = frames
        self._last = last
        self._queue: queue.Queue[RawFrame | BaseException | None] = queue.Queue(_AHEAD)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._decode, name="export-decode")

    def _decode(self) -> None:
        try:
            with self._open_video() as file:
                for index, picture in iter_pictures(file, self._frames):
                    if index > self._last or not self._put(RawFrame(index, int(self._frames.t_ns[index]), picture)):
                        break
            self._put(None)
        except (SafelightError, OSError, MemoryError) as e:
            self._put(e)
        except Exception as e:  # noqa: BLE001
            # A thread's boundary: what went wrong belongs to whoever waits for the frames.
            self._put(e)

    def _put(self, item: RawFrame | BaseException | None) -> bool:
        while not self._stop.is_set():
            try:
                self._queue.put(item, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def __iter__(self) -> Iterator[RawFrame]:
        while (item := self._queue.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item

    def __enter__(self) -> RawFrames:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
