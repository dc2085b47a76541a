"""The exact picture of frame i, from the I-frame before it, and one linear pass over all of them.

A picture is known by its presentation time alone, never by counting from where a seek landed: containers seek to the
wrong place often enough. Where a seek does not lead to the frame, an earlier entry is tried and then the start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

import numpy as np
from av.stream import Discard
from av.video.frame import VideoFrame

from replay.errors import BadInput, StorageFailed
from replay.video.checkpoints.reader import Checkpoints
from replay.video.frame_table import FrameTable
from replay.video.probe import OpenVideo, open_video
from replay.video.runs import Run

_WORTH_CONTINUING = 12  # frames: decoding on costs less than a seek and a full reorder delay


def always() -> bool:
    return True


def undecodable(index: int) -> BadInput:
    return BadInput(
        "frame_undecodable", f"Frame {index} of the video cannot be decoded.", "Import the session's video again."
    )


def _times_are_names(frames: FrameTable) -> bool:
    """Whether every frame has a presentation time of its own; otherwise only counting from the start names it."""
    return bool(np.all(np.diff(frames.pts) > 0))


class GopDecoder:
    """Exact pictures of one video, on one thread; holds `file` open but does not close it.

    Continues the current run where the frame lies ahead of it, else seeks to the I-frame at or before it.
    """

    def __init__(self, file: BinaryIO, frames: FrameTable, checkpoints: BinaryIO | None = None) -> None:
        """`checkpoints`: faster entries of this video, if there are any; without those, or where they are damaged, the
        same pictures take longer. Raises BadInput where `file` is no video."""
        self._file = file
        self._frames = frames
        self._by_time = _times_are_names(frames)
        self._entries = np.flatnonzero(frames.iframe)
        self._video = self._open()
        self._at_start = True
        self._run: Run | None = None
        self._checkpoints = self._read(checkpoints) if checkpoints is not None and self._by_time else None

    def _read(self, checkpoints: BinaryIO) -> Checkpoints | None:
        try:
            return Checkpoints(checkpoints, self._frames)
        except (BadInput, StorageFailed):
            return None

    def _open(self) -> OpenVideo:
        video = open_video(self._file)
        for stream in video.container.streams:
            if stream.index != video.stream.index:
                stream.discard = Discard.all
        return video

    def picture(self, index: int, wanted: Callable[[], bool] = always) -> VideoFrame:
        """The picture of frame `index` exactly as a decode from the start gives it.

        `wanted` is asked between packets; raises Cancelled once it says no (the work so far is kept and continued if
        it helps the next call), BadInput `frame_undecodable` where no way leads to the frame, IndexError outside the
        table.
        """
        if not 0 <= index < len(self._frames):
            raise IndexError(index)
        if self._run is not None and self._continues(self._run, index):
            picture = self._run.advance(index, wanted)
            if picture is not None:
                return picture
        # A way that is looked for moves the container: a run that was cut off by it would go on with other packets.
        self._run = None
        for run in self._runs_to(index, wanted):
            self._run = run
            picture = run.advance(index, wanted)
            if picture is not None:
                return picture
            self._run = None
        raise undecodable(index)

    def _continues(self, run: Run, index: int) -> bool:
        if not run.reaches(index):
            return False
        if index - run.position <= _WORTH_CONTINUING or not self._by_time:
            return True
        entry = self._frames.iframe_at_or_before(index)
        checkpoint = self._checkpoints.before(index, entry) if self._checkpoints is not None else None
        nearest = entry if checkpoint is None else checkpoint.index
        return nearest <= run.position + _WORTH_CONTINUING and entry <= run.position

    def _runs_to(self, index: int, wanted: Callable[[], bool]) -> Iterator[Run]:
        """Ways to the frame, cheapest first: the entry before it, the one before that, the start of the file."""
        if self._at_start and index <= _WORTH_CONTINUING and self._frames.iframe_at_or_before(index) == 0:
            yield self._from_start()
        self._at_start = False
        if self._by_time:
            n = int(np.searchsorted(self._entries, index, side="right"))
            entry = int(self._entries[n - 1]) if n else 0
            run = Run(self._video, self._frames, by_time=True)
            if index - entry > _WORTH_CONTINUING and self._enters_between(run, entry, index, wanted):
                yield run
            run = Run(self._video, self._frames, by_time=True)
            if index - entry > _WORTH_CONTINUING and run.thinned_from_entry(entry, index, wanted):
                yield run
            for entry in self._entries[max(0, n - 2) : n][::-1].tolist():
                run = Run(self._video, self._frames, by_time=True)
                if run.from_entry(entry):
                    yield run
        self._video.close()
        self._video = self._open()
        yield self._from_start()

    def _enters_between(self, run: Run, entry: int, index: int, wanted: Callable[[], bool]) -> bool:
        """Lead `run` to a checkpoint between the entry and the frame; False where there is none that helps."""
        checkpoint = None if self._checkpoints is None else self._checkpoints.before(index, entry)
        if self._checkpoints is None or checkpoint is None:
            return False
        try:
            return run.from_checkpoint(self._checkpoints, checkpoint, index, wanted)
        except (BadInput, StorageFailed):
            self._checkpoints = None
            return False

    def _from_start(self) -> Run:
        self._at_start = False
        run = Run(self._video, self._frames, self._by_time)
        run.from_start()
        return run

    def close(self) -> None:
        self._video.close()


def iter_pictures(file: BinaryIO, frames: FrameTable) -> Iterator[tuple[int, VideoFrame]]:
    """Every frame of the table once, in order, in one linear pass: (index, picture).

    Raises BadInput `frame_undecodable` at the first frame that the decoder does not give, so that nothing is passed
    over in silence.
    """
    video = open_video(file)
    try:
        run = Run(video, frames, _times_are_names(frames))
        run.from_start()
        for index in range(len(frames)):
            picture = run.advance(index, always)
            if picture is None:
                raise undecodable(index)
            yield index, picture
    finally:
        video.close()
