"""A cache with a budget in bytes that keeps what lies around the playhead, on both sides."""

from __future__ import annotations

from threading import Lock
from typing import Final, Generic, TypeVar

P = TypeVar("P")

DEFAULT_BUDGET_BYTES: Final = 1024**3


class FrameCache(Generic[P]):
    """Pictures by frame index, from any thread. Over budget, the one farthest from the playhead goes first; the pinned
    one (what is on screen) stays, even where it alone exceeds the budget."""

    def __init__(self, budget_bytes: int = DEFAULT_BUDGET_BYTES) -> None:
        self._budget = budget_bytes
        self._entries: dict[int, tuple[P, int]] = {}
        self._bytes = 0
        self._playhead = 0
        self._pinned: int | None = None
        self._lock = Lock()

    @property
    def nbytes(self) -> int:
        return self._bytes

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, index: int) -> bool:
        with self._lock:
            return index in self._entries

    def get(self, index: int) -> P | None:
        with self._lock:
            entry = self._entries.get(index)
            return None if entry is None else entry[0]

    def put(self, index: int, picture: P, nbytes: int) -> None:
        """Keep a picture; it may itself be what has to go."""
        with self._lock:
            self._remove(index)
            self._entries[index] = (picture, nbytes)
            self._bytes += nbytes
            self._fit()

    def set_budget(self, budget_bytes: int) -> None:
        """Hold no more than this from now on."""
        with self._lock:
            self._budget = budget_bytes
            self._fit()

    def show(self, index: int) -> None:
        """The playhead is at `index`: it is pinned, and nearness is measured from it."""
        with self._lock:
            self._playhead = self._pinned = index

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
            self._bytes = 0
            self._pinned = None

    def _fit(self) -> None:
        while self._bytes > self._budget:
            farthest = max((i for i in self._entries if i != self._pinned), key=self._distance, default=None)
            if farthest is None:
                return
            self._remove(farthest)

    def _distance(self, index: int) -> int:
        return abs(index - self._playhead)

    def _remove(self, index: int) -> None:
        entry = self._entries.pop(index, None)
        if entry is not None:
            self._bytes -= entry[1]
