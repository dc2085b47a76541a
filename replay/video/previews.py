"""Previews: pictures that stand in until the exact one is there, decoded on a thread of their own.

An exact decode cannot be left in the middle of a packet; on its thread a preview would wait for it, and be late.
A preview that cannot be made is left out: the exact picture comes all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Condition, Thread

from replay.errors import Cancelled, SafelightError
from replay.video.cache import FrameCache
from replay.video.decoder import GopDecoder
from replay.video.frame import Frame, Size, preview_from
from replay.video.frame_table import FrameTable
from replay.video.side_files import PreviewVideo, SideFiles


class Previews:
    """Previews of one video on request, the latest wish first; `on_frame` is called on the thread of the previews.

    Uses the files of `side` until `close` and does not close them. `size` is what a preview stands for, in pixels.
    """

    def __init__(
        self, side: SideFiles, frames: FrameTable, size: Size, on_frame: Callable[[Frame], None], budget_bytes: int
    ) -> None:
        self._frames = frames
        self._size = size
        self._on_frame = on_frame
        self._small = side.skim
        self._kept: FrameCache[Frame] = FrameCache(budget_bytes)
        self._sources = {False: side.mezzanine or side.skim, True: side.skim or side.mezzanine}
        self._decoders: dict[int, GopDecoder] = {}
        self._slot: tuple[int, bool] | None = None
        self._closing = False
        self._condition = Condition()
        self._thread = Thread(target=self._serve, name="frame-previews", daemon=True)
        self._thread.start()

    @property
    def nbytes(self) -> int:
        return self._kept.nbytes

    def set_budget(self, budget_bytes: int) -> None:
        """Bound the previews held from now on."""
        self._kept.set_budget(budget_bytes)

    def request(self, index: int, *, quick: bool) -> None:
        """Ask for a preview of frame `index`, small where it must be `quick`; replaces a wish that was not served."""
        with self._condition:
            self._slot = (index, quick)
            self._condition.notify()

    def forget(self) -> None:
        """What was asked for is on screen: no preview of it is wanted any more."""
        self._slot = None

    def close(self) -> None:
        """Stop and join the thread; safe to call twice."""
        with self._condition:
            self._closing = True
            self._condition.notify()
        self._thread.join()
        self._kept.clear()

    def _serve(self) -> None:
        try:
            while (wish := self._next()) is not None:
                self._show(*wish)
        finally:
            for decoder in self._decoders.values():
                decoder.close()

    def _next(self) -> tuple[int, bool] | None:
        with self._condition:
            while self._slot is None and not self._closing:
                self._condition.wait()
            wish, self._slot = self._slot, None
            return None if self._closing else wish

    def _show(self, index: int, quick: bool) -> None:
        source = self._sources[quick]
        if source is None:
            return
        self._kept.show(index)
        try:
            frame = self._frame(source, source.place_of(index))
        except Cancelled:
            return
        except (SafelightError, OSError, MemoryError, IndexError):
            # A torn preview is no error for whoever gets the exact picture: it is left out from here on.
            self._sources = {q: None if s is source else s for q, s in self._sources.items()}
            return
        self._on_frame(frame)

    def _frame(self, source: PreviewVideo, place: int) -> Frame:
        index = int(source.source_index[place])
        known = self._kept.get(index) if source is self._small else None
        if known is not None:
            return known
        decoder = self._decoders.get(id(source))
        if decoder is None:
            decoder = self._decoders[id(source)] = GopDecoder(source.file, source.frames)
        picture = decoder.picture(place, lambda: self._still_wanted(source))
        frame = preview_from(picture, index, int(self._frames.t_ns[index]), self._size, source.crop)
        if source is self._small:
            # Those of full size are replaced by the exact picture before anybody wants them again.
            self._kept.put(index, frame, frame.nbytes)
        return frame

    def _still_wanted(self, source: PreviewVideo) -> bool:
        """A small picture is finished whatever comes: giving it up for every newer one would show none at all."""
        return not self._closing and (source is self._small or self._slot is None)
