"""A picture coded as plain samples: macroblocks that differ from the picture before, all others skipped (7.3.5, 7.3.8).

A P slice of which every macroblock is either skipped or I_PCM: skipped ones repeat the only reference, since no vector
is predicted from I_PCM or from skipped neighbours (8.4.1.1), and nothing is deblocked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from replay.video.h264.bits import BitWriter, escaped
from replay.video.h264.parameters import Sps
from replay.video.h264.slices import P, write_unmarked

MACROBLOCK_BYTES: Final = 384  # 256 of luma and twice 64 of chroma
_I_PCM: Final = 5 + 25  # mb_type in a P slice (tables 7-11 and 7-13)
_REFERENCE_P: Final = 2 << 5 | 1
_AFTER_PCM: Final = np.array([0x87, 0xC0], np.uint8)  # none skipped, I_PCM, zeros up to the byte


def lossless_slice(
    sps: Sps,
    pps_id: int,
    number: tuple[int, int],
    unmarked: Sequence[int],
    places: npt.NDArray[np.int64],
    samples: npt.NDArray[np.uint8],
) -> bytes:
    """The slice unit of a picture that replaces the last reference, and all before it, as the only one.

    `number`: its frame number and the low bits of its order; `unmarked`: how far before it the references lie that are
    forgotten, by frame number. `places`: addresses of changed macroblocks, ascending; `samples`: theirs, shape
    (n, 384): luma, Cb, Cr by row.
    """
    w = BitWriter()
    w.u(_REFERENCE_P, 8)
    w.ue(0, P, pps_id)
    w.u(number[0], sps.frame_num_bits)
    w.u(number[1], sps.poc_bits)
    w.u(0b00, 2)  # one reference, the last one
    write_unmarked(w, unmarked)
    w.ue(0)  # quantiser
    w.ue(1)  # not deblocked
    parts: list[bytes] = []
    starts = np.flatnonzero(np.diff(places, prepend=-2) > 1)
    after = 0
    for start, end in zip(starts.tolist(), [*starts[1:].tolist(), len(places)], strict=True):
        w.ue(int(places[start]) - after, _I_PCM)
        w.fill(0)
        parts += (w.whole(), samples[start].tobytes(), _run(samples[start + 1 : end]))
        after = int(places[end - 1]) + 1
        w = BitWriter()
    left = sps.width_mbs * sps.height_mbs - after
    if left:
        w.ue(left)
    return escaped(b"".join(parts) + w.end())


def _run(samples: npt.NDArray[np.uint8]) -> bytes:
    heads = np.broadcast_to(_AFTER_PCM, (len(samples), len(_AFTER_PCM)))
    return np.concatenate((heads, samples), axis=1).tobytes()


def macroblocks(planes: tuple[npt.NDArray[np.uint8], ...]) -> npt.NDArray[np.uint8]:
    """All macroblocks of a 4:2:0 picture whose luma sides are multiples of 16, shape (n, 384)."""
    parts = []
    for plane, side in zip(planes, (16, 8, 8), strict=True):
        rows, columns = plane.shape[0] // side, plane.shape[1] // side
        parts.append(plane.reshape(rows, side, columns, side).swapaxes(1, 2).reshape(rows * columns, side * side))
    return np.concatenate(parts, axis=1)
