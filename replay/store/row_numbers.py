"""Row numbers of event tables: edits name events by (table, seq), so within a table each number stands once."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from replay.errors import BadInput


class RowNumbers:
    """The numbers given to the rows of each event table, gathered while they stream by (8 bytes a row)."""

    def __init__(self) -> None:
        self._given: dict[str, list[pa.Array]] = {}

    def take(self, table: str, seq: pa.Array) -> None:
        self._given.setdefault(table, []).append(seq)

    def check(self) -> None:
        """Raise BadInput where a table has a number below zero, or one twice: a cut or a redaction would miss a row."""
        for table, batches in self._given.items():
            seq = np.sort(np.concatenate([b.to_numpy() for b in batches]))
            if len(seq) and seq[0] < 0:
                raise _refusal("seq_negative", table, "below zero")
            if bool(np.any(seq[1:] == seq[:-1])):
                raise _refusal("seq_repeated", table, "more than once")


def _refusal(code: str, table: str, what: str) -> BadInput:
    return BadInput(
        code,
        f"Table “{table}” gives a row number (seq) {what}, so edits could not name its rows.",
        "Number the rows through all files of the table, or leave the column out.",
    )
