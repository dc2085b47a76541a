"""The ground truth of one session: where every secret shows, is typed and is stored, and what must stay visible."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from app.demo.box import Box
from app.demo.identity import SecretBook
from app.demo.record import Recorder


class GlyphRow(NamedTuple):
    """Visible glyphs of a secret in one picture: its characters [start, end), tight box and visible part, frame px."""

    secret: str
    start: int
    end: int
    box: Box
    shown: Box
    font_px: float
    theme: str


GLYPH_COLUMNS = (
    "frame_start", "frame_end", "x", "y", "w", "h", "shown_x", "shown_y", "shown_w", "shown_h",
    "font_px", "theme", "char_start", "char_end",
)  # fmt: skip
PLAIN_COLUMNS = ("frame_start", "frame_end", "x", "y", "w", "h")


@dataclass(slots=True)
class Runs:
    """Things seen on consecutive frames, as (thing, first frame, frame after the last)."""

    done: list[tuple[Any, int, int]] = field(default_factory=list)
    _open: dict[Any, int] = field(default_factory=dict)

    def see(self, index: int, things: frozenset[Any]) -> None:
        """What is there from frame `index` on."""
        for gone in self._open.keys() - things:
            self.done.append((gone, self._open.pop(gone), index))
        for thing in things - self._open.keys():
            self._open[thing] = index

    def finished(self, end: int) -> list[tuple[Any, int, int]]:
        self.see(end, frozenset())
        return sorted((d for d in self.done if d[1] < d[2]), key=lambda d: (d[1], d[2], d[0]))


@dataclass(slots=True)
class Truth:
    """Gathered while the session is filmed."""

    glyphs: Runs = field(default_factory=Runs)
    plain: Runs = field(default_factory=Runs)
    clicks: list[dict[str, Any]] = field(default_factory=list)

    def document(self, book: SecretBook, recorder: Recorder, frames: int) -> dict[str, Any]:
        """The session's part of `ground_truth.json`."""
        by_secret: dict[str, list[list[Any]]] = {}
        for row, first, after in self.glyphs.finished(frames):
            line = [first, after, *row.box, *row.shown, row.font_px, row.theme, row.start, row.end]
            by_secret.setdefault(row.secret, []).append(line)
        cells: dict[str, list[dict[str, Any]]] = {}
        for c in recorder.cells:
            cell = {"table": c.table, "seq": c.seq, "column": c.column, "start": c.start, "end": c.end}
            cells.setdefault(c.secret, []).append(cell | {"char_start": c.offset})
        seen = by_secret.keys() | cells.keys() | recorder.typed.keys()
        secrets = [
            {
                "id": s.id,
                "category": s.category,
                "value": s.value,
                "value_sha256": s.sha256,
                "keys": _spans(recorder.typed.get(s.id, [])),
                "cells": cells.get(s.id, []),
                "glyphs": by_secret.get(s.id, []),
            }
            for s in book.all()
            if s.id in seen
        ]
        return {"glyph_columns": list(GLYPH_COLUMNS), "secrets": secrets, "clicks": self.clicks}

    def write_tables(self, folder: Path, document: dict[str, Any], frames: int) -> None:
        """`glyphs.parquet` and `plain_text.parquet`: the same rows as in JSON, and the text that is not secret."""
        rows = [(s["id"], s["category"], *g) for s in document["secrets"] for g in s["glyphs"]]
        names = ("secret", "category", *GLYPH_COLUMNS)
        columns: list[list[Any]] = [list(c) for c in zip(*rows, strict=True)] if rows else [[] for _ in names]
        pq.write_table(pa.table(dict(zip(names, columns, strict=True))), folder / "glyphs.parquet")
        plain = [(first, after, *box) for box, first, after in self.plain.finished(frames)]
        kinds = pa.schema([(n, pa.int32()) for n in PLAIN_COLUMNS])
        pq.write_table(
            pa.Table.from_pylist([dict(zip(PLAIN_COLUMNS, p, strict=True)) for p in plain], schema=kinds),
            folder / "plain_text.parquet",
        )


def _spans(seqs: list[int]) -> list[list[int]]:
    """Ascending row numbers as inclusive [first, last] spans."""
    out: list[list[int]] = []
    for seq in seqs:
        if out and seq == out[-1][1] + 1:
            out[-1][1] = seq
        else:
            out.append([seq, seq])
    return out
