"""One video out of two files: frames as captured, and the re-made ones that stand in where something is masked.

Whoever may not read a touched group of pictures has zeros in its place in the original; its frames come from the twin,
a small video that holds just them, painted. Of an unscreened session nothing is opened: every frame is filled.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import accumulate
from types import TracebackType
from typing import BinaryIO, Final, Protocol, TypeAlias

import numpy as np
from av.video.frame import VideoFrame

from replay.errors import BadInput
from replay.video.decoder import GopDecoder, always, undecodable
from replay.video.even_sides import cropped
from replay.video.frame_table import FrameSpan, FrameTable
from replay.video.side_files import SideFiles

_UNKNOWN_SIZE: Final = (1280, 720)
_GREY: Final = 128


@dataclass(frozen=True, slots=True)
class VideoFiles:
    """The files of one session's pictures; a context manager that closes them.

    `from_twin`: disjoint spans, ascending; frame k of `twin_frames` is the k-th frame they name. `frame_size` is the
    original's, in pixels; a twin with odd sides is one pixel larger and is cropped to it. `side`: faster ways to the
    same pictures, as far as there are any.
    """

    original: BinaryIO | None = None
    twin: BinaryIO | None = None
    twin_frames: FrameTable | None = None
    from_twin: tuple[FrameSpan, ...] = ()
    is_filled: bool = False
    frame_size: tuple[int, int] | None = None
    side: SideFiles = field(default_factory=SideFiles)

    def is_masked(self, index: int) -> bool:
        """Whether the picture of a frame is another than the captured one."""
        return self.is_filled or any(first <= index < last for first, last in self.from_twin)

    def close(self) -> None:
        for file in (self.original, self.twin):
            if file is not None:
                file.close()
        self.side.close()

    def __enter__(self) -> VideoFiles:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


VideoSource: TypeAlias = VideoFiles | BinaryIO
"""What pictures are decoded from: composed files, or one plain video."""


class Pictures(Protocol):
    """Exact pictures of one video by frame index; on one thread."""

    def picture(self, index: int, wanted: Callable[[], bool] = always) -> VideoFrame:
        """As `GopDecoder.picture`."""

    def close(self) -> None:
        """Let go of the decoder; the files stay open."""


def open_pictures(video: VideoSource, frames: FrameTable) -> Pictures:
    """The pictures of a video, whichever way it lies; raises BadInput where it cannot be read. Closes no file."""
    return ComposedDecoder(video, frames) if isinstance(video, VideoFiles) else GopDecoder(video, frames)


class ComposedDecoder:
    """Pictures of `VideoFiles`, each file opened when a frame of it is first asked for."""

    def __init__(self, files: VideoFiles, frames: FrameTable) -> None:
        """Raises BadInput `video_twin_damaged` where the twin does not hold the frames it stands in for."""
        self._files = files
        self._frames = frames
        lengths = [last - first for first, last in files.from_twin]
        self._firsts = [first for first, _ in files.from_twin]
        self._before = [0, *accumulate(lengths)]
        held = 0 if files.twin_frames is None else len(files.twin_frames)
        if not files.is_filled and held != sum(lengths):
            raise BadInput(
                "video_twin_damaged",
                "The masked pictures of this video do not fit it.",
                "Run the first pass on the session again.",
            )
        self._original: GopDecoder | None = None
        self._twin: GopDecoder | None = None
        self._filled: VideoFrame | None = None

    def picture(self, index: int, wanted: Callable[[], bool] = always) -> VideoFrame:
        if not 0 <= index < len(self._frames):
            raise IndexError(index)
        if self._files.is_filled:
            self._filled = self._filled or _grey(self._files.frame_size or _UNKNOWN_SIZE)
            return self._filled
        at = self._place_in_twin(index)
        if at is not None:
            return cropped(self._twin_decoder(index).picture(at, wanted), self._files.frame_size)
        return self._original_decoder(index).picture(index, wanted)

    def _place_in_twin(self, index: int) -> int | None:
        span = bisect_right(self._firsts, index) - 1
        if span < 0 or index >= self._files.from_twin[span][1]:
            return None
        return self._before[span] + index - self._firsts[span]

    def _twin_decoder(self, index: int) -> GopDecoder:
        if self._twin is None:
            if self._files.twin is None or self._files.twin_frames is None:
                raise undecodable(index)
            self._twin = GopDecoder(self._files.twin, self._files.twin_frames)
        return self._twin

    def _original_decoder(self, index: int) -> GopDecoder:
        if self._original is None:
            if self._files.original is None:
                raise undecodable(index)
            self._original = GopDecoder(self._files.original, self._frames, self._files.side.checkpoints)
        return self._original

    def close(self) -> None:
        for decoder in (self._original, self._twin):
            if decoder is not None:
                decoder.close()
        self._original = self._twin = None


def _grey(size: tuple[int, int]) -> VideoFrame:
    picture = VideoFrame(*size, "yuv420p")
    for plane in picture.planes:
        np.frombuffer(memoryview(plane), np.uint8)[:] = _GREY
    return picture
