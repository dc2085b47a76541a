"""Small things that are at their place in one frame alone: what a moving cursor looks like to a difference of frames.

A change from k−1 to k that changes again from k to k+1 was there in k only, which leaves out whatever appears once and
stays: windows, letters, scrolled pages. No cursor template and no geometry are needed. Blocks that change all the
time, such as a playing video or a spinner, are left out too.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from replay.calibration.values import REFERENCE_WIDTH, Bools, Detections, Floats, Ints

Luma = npt.NDArray[np.uint8]

_CHANGED: Final = 20  # grey levels; above the noise of every codec tried, below any cursor's contrast
_BLOCK: Final = 16  # px
_TAU_S: Final = 1.5  # how long a block must go on changing before it counts as an animation
_RESTLESS: Final = 0.5
_MIN_PIXELS: Final = 8
_MAX_SHARE: Final = 0.02  # of the picture; more is scrolling or a window that opens
_MAX_BLOBS: Final = 3
_WINDOW: Final = 0.0313  # of the picture's width: 40 px at 1276, larger than any cursor
_CURSOR_PX: Final = 24.0  # a small picture of one window still shows a whole cursor
_COMPACT: Final = 0.7


class MotionDetector:
    """Takes the pictures of one contiguous run in order; `found()` gives what moved in all of them."""

    def __init__(self) -> None:
        self._before: Luma | None = None
        self._changed: Bools | None = None
        self._changed_t_s = 0.0
        self._follows = False
        self._activity: Floats = np.zeros((0, 0))
        self._rows: list[tuple[float, float, float, float]] = []
        self.pictures = 0
        self.still_pictures = 0

    def restart(self) -> None:
        """The next picture does not follow the last one."""
        self._before = self._changed = None
        self._follows = False
        self._activity = np.zeros((0, 0))

    def take(self, t_s: float, luma: Luma) -> None:
        """One picture, uint8, shape (height, width), shown from `t_s` on. It is copied where it is kept."""
        before, luma = self._before, np.ascontiguousarray(luma) if luma.strides[1] != 1 else luma
        self.pictures += 1
        if before is None or before.shape != luma.shape:
            self.restart()
            self._before = luma.copy()
            return
        changed = _changed(luma, before)
        self.still_pictures += changed is None
        if self._changed is not None and changed is not None:
            self._find(self._changed_t_s, self._changed & changed)
        self._note_activity(changed, t_s - self._changed_t_s if self._follows else 0.0)
        self._changed, self._changed_t_s, self._follows = changed, t_s, True
        np.copyto(before, luma)

    def found(self) -> Detections:
        """Everything found so far, by time."""
        rows = np.array(self._rows, np.float64).reshape(-1, 4)
        rows = rows[np.argsort(rows[:, 0], kind="stable")]
        return Detections(rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3])

    def _note_activity(self, changed: Bools | None, elapsed_s: float) -> None:
        weight = np.exp(-max(elapsed_s, 0.0) / _TAU_S)
        self._activity *= weight
        if changed is None:
            return
        blocks = _blocks(changed)
        if self._activity.shape != blocks.shape:
            self._activity = np.zeros(blocks.shape)
        self._activity += blocks * (1.0 - weight)

    def _find(self, t_s: float, alone: Bools) -> None:
        width = alone.shape[1]
        flat = np.flatnonzero(alone)
        if not _MIN_PIXELS * width / REFERENCE_WIDTH <= len(flat) <= 4 * _MAX_SHARE * alone.size:
            return
        ys, xs = np.divmod(flat, width)
        calm = ~_grown(self._activity > _RESTLESS)[ys // _BLOCK, xs // _BLOCK]
        ys, xs = ys[calm], xs[calm]
        if _MIN_PIXELS * width / REFERENCE_WIDTH <= len(xs) <= _MAX_SHARE * alone.size:
            self._rows += [(t_s, *blob) for blob in blobs(xs, ys, width)]


def _changed(luma: Luma, before: Luma) -> Bools | None:
    """Which pixels differ clearly; None where none does, which is so of most pictures of a desktop."""
    rows = _differing_rows(luma, before)
    if not len(rows):
        return None
    out: Bools = np.zeros(luma.shape, np.bool_)
    band = slice(int(rows[0]), int(rows[-1]) + 1)
    a, b = luma[band], before[band]
    np.greater(np.maximum(a, b) - np.minimum(a, b), _CHANGED, out=out[band])
    return out if out[band].any() else None


def _differing_rows(a: Luma, b: Luma) -> Ints:
    """Eight pixels at a time, which is eight times as fast."""
    whole = a.shape[1] // 8 * 8
    differ = (a[:, :whole].view(np.uint64) != b[:, :whole].view(np.uint64)).any(axis=1)
    rows: Ints = np.flatnonzero(differ | (a[:, whole:] != b[:, whole:]).any(axis=1))
    return rows


def _blocks(changed: Bools) -> Floats:
    """Which blocks hold a changed pixel, as 0 and 1."""
    height, width = changed.shape
    found = np.zeros((-(-height // _BLOCK), -(-width // _BLOCK)))
    ys, xs = np.divmod(np.flatnonzero(changed), width)
    found[ys // _BLOCK, xs // _BLOCK] = 1.0
    return found


def _grown(mask: Bools) -> Bools:
    """The blocks and their four neighbours."""
    out = mask.copy()
    out[1:] |= mask[:-1]
    out[:-1] |= mask[1:]
    out[:, 1:] |= mask[:, :-1]
    out[:, :-1] |= mask[:, 1:]
    return out


def blobs(xs: Ints, ys: Ints, width: int) -> list[tuple[float, float, float]]:
    """Up to three compact groups of pixels, densest first: middle x, middle y, pixels in it."""
    window = max(_WINDOW * width, _CURSOR_PX)
    out: list[tuple[float, float, float]] = []
    for _ in range(_MAX_BLOBS):
        if len(xs) < _MIN_PIXELS * width / REFERENCE_WIDTH:
            break
        x, y = _densest(xs, ys, window / 2)
        for _ in range(3):
            inside = (np.abs(xs - x) <= window / 2) & (np.abs(ys - y) <= window / 2)
            x, y = float(xs[inside].mean()), float(ys[inside].mean())
        inside = (np.abs(xs - x) <= window / 2) & (np.abs(ys - y) <= window / 2)
        around = (np.abs(xs - x) <= window) & (np.abs(ys - y) <= window)
        n = int(inside.sum())
        if n >= _COMPACT * around.sum() and n >= _MIN_PIXELS * width / REFERENCE_WIDTH:
            out.append((float(xs[inside].mean()), float(ys[inside].mean()), float(n)))
        xs, ys = xs[~around], ys[~around]
    return out


def _densest(xs: Ints, ys: Ints, cell: float) -> tuple[float, float]:
    """The middle of the pixels in the fullest two by two cells."""
    cx, cy = (xs / cell).astype(np.int64), (ys / cell).astype(np.int64)
    counts = np.zeros((cy.max() + 2, cx.max() + 2), np.int64)
    np.add.at(counts, (cy, cx), 1)
    four = counts[:-1, :-1] + counts[1:, :-1] + counts[:-1, 1:] + counts[1:, 1:]
    row, column = np.unravel_index(int(four.argmax()), four.shape)
    inside = (cx >= column) & (cx <= column + 1) & (cy >= row) & (cy <= row + 1)
    return float(xs[inside].mean()), float(ys[inside].mean())
