"""Rows of a table as spans of consecutive seqs: how edits and steps name rows."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from curation.model import SeqSpan


def as_spans(table: str, seqs: Iterable[int] | npt.NDArray[np.int64]) -> tuple[SeqSpan, ...]:
    """The fewest spans that name exactly the rows `seqs` (any order, duplicates count once), ascending."""
    rows = np.unique(seqs if isinstance(seqs, np.ndarray) else np.array(tuple(seqs), np.int64))
    if len(rows) == 0:
        return ()
    if rows[-1] - rows[0] == len(rows) - 1:
        return (SeqSpan(table, int(rows[0]), int(rows[-1])),)
    breaks = np.flatnonzero(np.diff(rows) != 1)
    first = rows[np.concatenate(([0], breaks + 1))]
    last = rows[np.concatenate((breaks, [len(rows) - 1]))]
    return tuple(SeqSpan(table, a, b) for a, b in zip(first.tolist(), last.tolist(), strict=True))
