"""The frame server: one decode thread, one slot in which the latest request wins, and the pictures around it ready.

The caller never waits. While a picture is on its way the last good one stays on the screen, or a preview of it stands
in; a newer request ends the work on an older one, unless the older lies on the way or nothing could be shown for too
long. Where somebody is in a hurry, pictures that are far away are decoded only once the requests rest.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from threading import Condition, Thread
from typing import Final

from av.video.frame import VideoFrame

from replay.errors import Cancelled, SafelightError
from replay.problems import Problem, Severity
from replay.video.cache import DEFAULT_BUDGET_BYTES, FrameCache
from replay.video.composed import Pictures, VideoFiles, VideoSource, open_pictures
from replay.video.frame import Frame, frame_from, picture_bytes
from replay.video.frame_table import FrameTable
from replay.video.pace import DecodePace
from replay.video.prefetch import Reach, behind_of, next_run, reach_within
from replay.video.previews import Previews
from replay.video.side_files import SideFiles

_PATIENCE_NS: Final = 150_000_000  # a scrub shows a picture at least this often
_PAINTABLE_SHARE: Final = 4  # a quarter of the budget holds frames that are ready to paint, the rest decoded pictures
_PREVIEWS_SHARE: Final = 16
_CONVERTED_AHEAD: Final = 4
_NEAR_NS: Final = 24_000_000  # a picture that is this near comes as soon as a preview of it would
_REST_S: Final = 0.06  # requests in a hurry that are this far apart are at rest


class FrameServer:
    """Exact frames of one video on request, and previews of those that take long. `on_frame` and `on_problem` are
    called on threads of the server.

    Takes ownership of `file` and closes it. `budget_bytes` bounds all pictures held, previews too.
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
        self._paintable: FrameCache[Frame] = FrameCache()
        self._pictures: FrameCache[VideoFrame] = FrameCache()
        self._side = file.side if isinstance(file, VideoFiles) else SideFiles()
        self._previews: Previews | None = None
        self.set_budget(budget_bytes)
        self._pace = DecodePace(frames)
        self._reach = Reach()
        self._slot: int | None = None
        self._slot_filled_ns = 0
        self._is_hurried = False
        self._closing = False
        self._condition = Condition()
        self._shown = self._entry_shown = -1
        self._run: list[int] = []  # frames to decode
        self._next: list[int] = []  # frames to make paintable
        self._broken: set[int] = set()
        self._thread = Thread(target=self._serve, name="frame-server", daemon=True)
        self._thread.start()

    @property
    def nbytes(self) -> int:
        """Bytes of all pictures held."""
        return self._paintable.nbytes + self._pictures.nbytes + (self._previews.nbytes if self._previews else 0)

    def set_budget(self, budget_bytes: int) -> None:
        """Bound all pictures held from now on; those over it go at once, the farthest first."""
        paintable = budget_bytes // _PAINTABLE_SHARE
        self._previews_budget = budget_bytes // _PREVIEWS_SHARE
        self._pictures_budget = budget_bytes - paintable - self._previews_budget
        self._paintable.set_budget(paintable)
        self._pictures.set_budget(self._pictures_budget)
        if self._previews is not None:
            self._previews.set_budget(self._previews_budget)

    def request(self, index: int, *, hurried: bool = False) -> None:
        """Ask for frame `index`; replaces a request that was not served yet. Indexes are clamped to the table.

        `hurried`: the next request comes in a moment, so that a preview or the I-frame before it will do as well.
        """
        index = min(max(index, 0), len(self._frames) - 1)
        with self._condition:
            if (self._slot, self._is_hurried) == (index, hurried):
                return
            if self._slot is None:
                self._slot_filled_ns = time.monotonic_ns()
            self._slot, self._is_hurried = index, hurried
            self._condition.notify()
        if self._previews is not None:
            if self._is_near(index):
                self._previews.forget()
            else:
                self._previews.request(index, quick=hurried)

    def _is_near(self, index: int) -> bool:
        return index in self._paintable or index in self._pictures or self._pace.reach_ns(index) <= _NEAR_NS

    def ready(self, index: int) -> Frame | None:
        """Frame `index`, exact, if it can be painted at once; never decodes, from any thread."""
        return self._paintable.get(index)

    def close(self) -> None:
        """Stop, wait for the threads and let go of every picture; safe to call twice."""
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
            if self._previews is not None:
                self._previews.close()
            self._file.close()

    def _work(self, decoder: Pictures) -> bool:
        """One unit of work: the request in the slot, else one frame of the run; False once closing."""
        with self._condition:
            while self._slot is None and not self._run and not self._next and not self._closing:
                self._condition.wait()
            if self._closing:
                return False
            wished, since_ns = self._slot, self._slot_filled_ns
            if wished is not None and self._is_hurried and not self._is_near(wished):
                # A request may also come between the end of the wait and its return: only the slot tells.
                if self._previews is not None and (self._condition.wait(_REST_S) or self._slot != wished):
                    return True
                entry = self._entry_instead(wished)
            else:
                entry = None
            if entry is None:
                self._slot = None
        if entry is not None:
            self._show_entry(decoder, entry)
        elif wished is not None:
            self._show(decoder, wished, since_ns)
        else:
            self._work_ahead(decoder)
        return True

    def _work_ahead(self, decoder: Pictures) -> None:
        if self._next:
            self._make_paintable(self._next.pop(0))
        elif self._run:
            self._prepare(decoder, self._run.pop(0))

    def _entry_instead(self, index: int) -> int | None:
        """The I-frame to show in place of a frame that is far away; None where previews do that, or where it is no
        nearer than what was shown."""
        entry = self._frames.iframe_at_or_before(index)
        is_known = entry in (index, self._entry_shown) or abs(index - self._shown) <= index - entry
        return None if self._previews is not None or is_known else entry

    def _show_entry(self, decoder: Pictures, entry: int) -> None:
        self._entry_shown = entry
        try:
            frame = self._frame(decoder, entry, lambda: not self._closing)
        except (SafelightError, OSError, MemoryError):
            return  # reported when somebody asks for the frame itself
        self._on_frame(replace(frame, is_preview=True))

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
        self._shown, self._entry_shown = index, -1
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
        started_ns = time.monotonic_ns()
        picture = decoder.picture(index, wanted)
        self._pace.note(index, time.monotonic_ns() - started_ns)
        self._keep(index, picture)
        return picture

    def _keep(self, index: int, picture: VideoFrame) -> None:
        nbytes = picture_bytes(picture)
        self._pictures.put(index, picture, nbytes)
        self._reach = reach_within(self._pictures_budget, nbytes)

    def _convert(self, index: int, picture: VideoFrame) -> Frame:
        frame = frame_from(picture, index, int(self._frames.t_ns[index]))
        self._paintable.put(index, frame, frame.nbytes)
        if self._previews is None and (self._side.skim or self._side.mezzanine):
            size = frame.width, frame.height  # of every frame of the video
            self._previews = Previews(self._side, self._frames, size, self._on_frame, self._previews_budget)
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
