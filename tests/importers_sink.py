"""An ImportSink that keeps everything in memory, with the production sink's checks: types, clock before rows."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa

from replay import schema
from replay.importers.contract import SourceInfo
from replay.problems import Problem
from replay.sync import SyncModel


class _Track(io.BytesIO):
    """Keeps its bytes after it is closed, as a file does."""

    kept = b""

    def close(self) -> None:
        if not self.closed:
            self.kept = self.getvalue()
        super().close()


class MemorySink:
    """What one importer said, by table; session times are filled in as the store does."""

    def __init__(self) -> None:
        self.sync: SyncModel | None = None
        self.source_info: SourceInfo | None = None
        self.batches: dict[str, list[pa.RecordBatch]] = {}
        self.tracks: dict[str, _Track] = {}
        self.ready: dict[str, dict[str, Any]] = {}
        self.problems: dict[str, Problem] = {}
        self.reports = 0

    def clock(self, sync: SyncModel) -> None:
        self.sync = sync

    def info(self, info: SourceInfo) -> None:
        self.source_info = info

    def rows(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        given = list(rows)
        fields = [f for f in schema.TABLES[table].arrow if f.name != "session_id"]
        names = {f.name for f in fields}
        assert all(set(r) <= names for r in given)
        if given:
            present = [f for f in fields if any(f.name in r for r in given)]
            arrays = [pa.array([r.get(f.name) for r in given], f.type) for f in present]
            self.batch(table, pa.RecordBatch.from_arrays(arrays, names=[f.name for f in present]))

    def batch(self, table: str, batch: pa.RecordBatch) -> None:
        declared = schema.TABLES[table].arrow
        assert set(batch.schema.names) <= set(declared.names)
        columns = {n: batch.column(n).cast(declared.field(n).type) for n in batch.schema.names}
        columns["session_id"] = pa.repeat("S", batch.num_rows)
        if table in schema.EVENT_TABLES:
            first = sum(b.num_rows for b in self.batches.get(table, []))
            columns.setdefault("seq", pa.array(np.arange(first, first + batch.num_rows)))
            assert self.sync is not None
            if table != "texts" and "t_src_ns" in columns and columns["t_src_ns"].null_count == 0:
                columns["t_ns"] = pa.array(self.sync.t_ns_of(columns["t_src_ns"].to_numpy()))
        whole = [columns.get(f.name, pa.nulls(batch.num_rows, f.type)) for f in declared]
        record = pa.RecordBatch.from_arrays(whole, schema=declared)
        record.validate(full=True)
        for f in declared:
            assert f.nullable or record.column(f.name).null_count == 0, f"{table}.{f.name} is required"
        self.batches.setdefault(table, []).append(record)

    def media(self, track: str) -> BinaryIO:
        self.tracks[track] = _Track()
        return self.tracks[track]

    media_in_memory = media

    def media_ready(self, track: str, *, codec: str, width: int, height: int, time_base: str, sha256: str) -> None:
        assert self.tracks[track].closed, "a track is registered once it is written"
        self.ready[track] = {
            "codec": codec, "width": width, "height": height, "time_base": time_base, "sha256": sha256,
        }  # fmt: skip

    def problem(self, problem: Problem) -> None:
        seen = self.problems.get(problem.code)
        self.problems[problem.code] = problem if seen is None else replace(seen, count=seen.count + problem.count)

    def progress(self, done: int, total: int, what: str) -> None:
        self.reports += 1

    def table(self, name: str) -> pa.Table:
        return pa.Table.from_batches(self.batches.get(name, []), schema.TABLES[name].arrow)

    def list(self, name: str) -> list[dict[str, Any]]:
        return self.table(name).to_pylist()

    @property
    def counts(self) -> dict[str, int]:
        return {t: sum(b.num_rows for b in bs) for t, bs in sorted(self.batches.items())}
