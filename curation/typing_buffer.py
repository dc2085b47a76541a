"""The text of one field while it is typed: cells, a caret, a selection, and the states it went through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

# How much unchanged text is kept on either side of what was just typed; longer secrets are not typed by hand.
_CONTEXT: Final = 256


@dataclass(frozen=True, slots=True)
class Cell:
    """One character and the `keys` row (down) that typed it."""

    char: str
    seq: int


@dataclass(frozen=True, slots=True)
class BufferState:
    """What stood around the caret at one moment; `caret` is an index into `cells`."""

    cells: tuple[Cell, ...]
    caret: int


class TypingBuffer:
    """Knows only what was typed into it: the caret cannot leave that text, and says so where it would have."""

    def __init__(self) -> None:
        self.cells: list[Cell] = []
        self._caret = 0
        self._anchor: int | None = None
        self._grown_from: int | None = None  # where the text changed since the last kept state began
        self._states: list[BufferState] = []

    def insert(self, cells: Sequence[Cell]) -> None:
        """Type `cells` at the caret, over the selection."""
        self.erase_selection()
        if self._grown_from is None:
            self._grown_from = self._caret
        self.cells[self._caret : self._caret] = cells
        self._caret += len(cells)

    def erase(self, *, forward: bool, by_word: bool) -> bool:
        """Backspace or Delete; False where there was nothing of this text to erase."""
        if self.erase_selection():
            return True
        start = self._caret
        end = self._stop(right=forward, by_word=by_word)
        if start == end:
            return False
        self._remove(min(start, end), max(start, end))
        return True

    def erase_selection(self) -> bool:
        """Remove what is selected; False where nothing is."""
        anchor, self._anchor = self._anchor, None
        if anchor is None or anchor == self._caret:
            return False
        self._remove(min(anchor, self._caret), max(anchor, self._caret))
        return True

    def move(self, *, right: bool, by_word: bool, selecting: bool) -> bool:
        """An arrow key; False where the caret was at the edge of what is known."""
        if not selecting and self._anchor is not None and self._anchor != self._caret:
            edge = max if right else min
            self._go(edge(self._anchor, self._caret), selecting=False)
            return True
        stop = self._stop(right=right, by_word=by_word)
        inside = stop != self._caret
        self._go(stop, selecting=selecting)
        return inside

    def move_to_line_edge(self, *, end: bool, selecting: bool) -> None:
        """Home or End."""
        breaks = [i for i, c in enumerate(self.cells) if c.char == "\n"]
        if end:
            edge = next((i for i in breaks if i >= self._caret), len(self.cells))
        else:
            edge = next((i + 1 for i in reversed(breaks) if i < self._caret), 0)
        self._go(edge, selecting=selecting)

    def select_all(self) -> None:
        self._go(0, selecting=False)
        self._go(len(self.cells), selecting=True)

    def states(self) -> tuple[BufferState, ...]:
        """Every state kept so far, then the text as it stands."""
        return (*self._states, BufferState(tuple(self.cells), self._caret))

    def _go(self, caret: int, *, selecting: bool) -> None:
        if caret != self._caret:
            self._keep_state()
        if not selecting:
            self._anchor = None
        elif self._anchor is None:
            self._anchor = self._caret
        self._caret = caret

    def _remove(self, start: int, end: int) -> None:
        self._keep_state()
        del self.cells[start:end]
        self._caret = start
        # Erasing in the middle joins what stood on both sides: that is a text of its own.
        self._grown_from = start if start < len(self.cells) else None

    def _keep_state(self) -> None:
        if self._grown_from is None:
            return
        lo = max(0, self._grown_from - _CONTEXT)
        cells = tuple(self.cells[lo : max(self._caret, self._grown_from) + _CONTEXT])
        self._states.append(BufferState(cells, self._caret - lo))
        self._grown_from = None

    def _stop(self, *, right: bool, by_word: bool) -> int:
        step = 1 if right else -1
        at = self._caret
        if not by_word:
            return min(max(at + step, 0), len(self.cells))
        seen_word = False
        while 0 <= (beside := at if right else at - 1) < len(self.cells):
            is_word = self.cells[beside].char.isalnum()
            if seen_word and not is_word:
                break
            seen_word |= is_word
            at += step
        return at
