"""The frame server: one decode thread, one slot in which the latest request wins, and the pictures around it ready.

The caller never waits. While a picture is on its way the last good one stays on the screen; a newer request ends the
work on an older one, unless the older lies on the way or nothing could be shown for too long.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Condition, Thread
from typing import Final

from av.video.frame import VideoFrame

from replay.errors import Cancelled, SafelightError
from replay.problems import Problem, Severity
from replay.video.cache import DEFAULT_BUDGET_BYTES, FrameCache
from replay.video.composed import Pictures, VideoSource, open_pictures
from replay.video.frame import Frame, frame_from, picture_bytes
from replay.video.frame_table import FrameTable
from replay.video.prefetch import Reach, behind_of, next_run, reach_within

_PATIENCE_NS: Final = 150_000_000  # a scrub shows a picture at least this often
_PAINTABLE_SHARE: Final = 4  # a quarter of the budget holds frames that are ready to paint, the rest decoded pictures
_CONVERTED_AHEAD: Final = 4


class FrameServer:
    """Exact frames of one video on request. `on_frame` and `on_problem` are called on the decode thread.

    Takes ownership of `file` and closes it. `budget_bytes` bounds all pictures held.
    """

    def __init__(
        self,
        file: VideoSource,
        frames: FrameTable,
        on_frame: Callable[[Frame], None],
        on_problem: Callable[[Problem], None],
        budget_bytes: int = DEFAULT_BUDGET_BYTES,
    ) -> None:
        self._file = file
        self._frames = frames
        self._on_frame = on_frame
        self._on_problem = on_problem
        paintable = budget_bytes // _PAINTABLE_SHARE
        self._paintable: FrameCache[Frame] = FrameCache(paintable)
        self._pictures: FrameCache[VideoFrame] = FrameCache(budget_bytes - paintable)
        self._pictures_budget = budget_bytes - paintable
        self._reach = Reach()
        self._slot: int | None = None
        self._slot_filled_ns = 0
        self._closing = False
        self._condition = Condition()
        self._shown = -1
        self._run: list[int] = []  # frames to decode
        self._next: list[int] = []  # frames to make paintable
        self._broken: set[int] = set()
        self._thread = Thread(target=self._serve, name="frame-server", daemon=True)
        self._thread.start()

    @property
    def nbytes(self) -> int:
        """Bytes of all pictures held."""
        return self._paintable.nbytes + self._pictures.nbytes

    def request(self, index: int) -> None:
        """Ask for frame `index`; replaces a request that was not served yet. Indexes are clamped to the table."""
        with self._condition:
            if self._slot is None:
                self._slot_filled_ns = time.monotonic_ns()
            self._slot = min(max(index, 0), len(self._frames) - 1)
            self._condition.notify()

    def ready(self, index: int) -> Frame | None:
        """Frame `index` if it can be painted at once; never decodes, from any thread."""
        return self._paintable.get(index)

    def close(self) -> None:
        """Stop, wait for the thread and let go of every picture; safe to call twice."""
        with self._condition:
            self._closing = True
            self._condition.notify()
        self._thread.join()
        self._paintable.clear()
        self._pictures.clear()

    def _serve(self) -> None:
        try:
            decoder = open_pictures(self._file, self._frames)
        except (SafelightError, OSError) as e:
            self._report(e, "The video")
            self._file.close()
            return
        try:
            while self._work(decoder):
                pass
        finally:
            decoder.close()
            self._file.close()

    def _work(self, decoder: Pictures) -> bool:
        """One unit of work: the request in the slot, else one frame of the run; False once closing."""
        with self._condition:
            while self._slot is None and not self._run and not self._next and not self._closing:
                self._condition.wait()
            if self._closing:
                return False
            index, self._slot = self._slot, None
            since_ns = self._slot_filled_ns
        if index is not None:
            self._show(decoder, index, since_ns)
        elif self._next:
            self._make_paintable(self._next.pop(0))
        elif self._run:
            self._prepare(decoder, self._run.pop(0))
        return True

    def _show(self, decoder: Pictures, index: int, since_ns: int) -> None:
        if index in self._broken:
            return
        try:
            frame = self._frame(decoder, index, lambda: self._still_wanted(index, since_ns))
        except Cancelled:
            with self._condition:
                # Patience counts from the first request that got no picture.
                self._slot_filled_ns = min(self._slot_filled_ns, since_ns)
            return
        except (SafelightError, OSError, MemoryError) as e:
            self._broken.add(index)
            self._report(e, f"Frame {index}")
            return
        moved = index - self._shown if self._shown >= 0 else 0
        self._shown = index
        self._pictures.show(index)
        self._paintable.show(index)
        self._on_frame(frame)
        ahead = range(1, _CONVERTED_AHEAD + 1)
        self._next = [index - n if moved < 0 else index + n for n in ahead]
        if not self._run_still_helps(index, moved):
            self._run = next_run(index, moved, self._frames, self._pictures.__contains__, self._reach)

    def _run_still_helps(self, index: int, moved: int) -> bool:
        """Whether to go on with the run behind the playhead: planning anew would throw its decode away."""
        return moved < 0 and bool(self._run) and 0 < index - self._run[-1] <= self._reach.behind

    def _prepare(self, decoder: Pictures, index: int) -> None:
        if index in self._pictures or index in self._broken:
            return
        try:
            picture = decoder.picture(index, self._idle)
        except Cancelled:
            self._run.insert(0, index)
            return
        except (SafelightError, OSError, MemoryError):
            # Reported when somebody asks for the frame itself.
            self._run = []
            return
        self._keep(index, picture)
        if 0 < index - self._shown <= _CONVERTED_AHEAD:
            self._make_paintable(index)

    def _make_paintable(self, index: int) -> None:
        picture = self._pictures.get(index)
        if picture is None or index in self._paintable:
            return
        try:
            self._convert(index, picture)
        except (SafelightError, MemoryError):
            # Reported when somebody asks for the frame itself.
            self._next = []

    def _frame(self, decoder: Pictures, index: int, wanted: Callable[[], bool]) -> Frame:
        frame = self._paintable.get(index)
        if frame is not None:
            return frame
        picture = self._pictures.get(index)
        if picture is None:
            picture = self._decoded(decoder, index, wanted)
        return self._convert(index, picture)

    def _decoded(self, decoder: Pictures, index: int, wanted: Callable[[], bool]) -> VideoFrame:
        """Stepping back, the frames before the wanted one are decoded on the way: kept for the next steps."""
        before: list[int] = []
        if 0 < self._shown - index <= self._reach.behind:
            behind = behind_of(index + 1, self._frames, self._pictures.__contains__, self._reach)
            before = [i for i in behind if i < index]
        for i in before:
            self._keep(i, decoder.picture(i, wanted))
        picture = decoder.picture(index, wanted)
        self._keep(index, picture)
        return picture

    def _keep(self, index: int, picture: VideoFrame) -> None:
        nbytes = picture_bytes(picture)
        self._pictures.put(index, picture, nbytes)
        self._reach = reach_within(self._pictures_budget, nbytes)

    def _convert(self, index: int, picture: VideoFrame) -> Frame:
        frame = frame_from(picture, index, int(self._frames.t_ns[index]))
        self._paintable.put(index, frame, frame.nbytes)
        return frame

    def _idle(self) -> bool:
        return self._slot is None and not self._closing

    def _still_wanted(self, index: int, since_ns: int) -> bool:
        newer = self._slot
        if self._closing:
            return False
        if newer is None or newer == index:
            return True
        on_the_way = index < newer and self._frames.iframe_at_or_before(newer) <= index
        return on_the_way or time.monotonic_ns() - since_ns > _PATIENCE_NS

    def _report(self, error: BaseException, what: str) -> None:
        if isinstance(error, SafelightError):
            problem = Problem(error.code, Severity.ERROR, error.sentence)
        else:
            problem = Problem("video_failed", Severity.ERROR, f"{what} could not be read from the library.")
        self._on_problem(problem)
