"""Parquet files of bounded size from rows that come one by one; the same rows always give the same files."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

# Viewers and streaming readers load one row group at a time; 100 MB is the most they take.
ROW_GROUP_BYTES: Final = 32 << 20
ROW_GROUP_ROWS: Final = 65_536
SHARD_BYTES: Final = 400 << 20


class ParquetShards:
    """Writes `train-00000-of-000NN.parquet` … into one folder; a row group is flushed before it passes its bound."""

    def __init__(
        self,
        folder: Path,
        schema: pa.Schema,
        *,
        row_group_bytes: int = ROW_GROUP_BYTES,
        shard_bytes: int = SHARD_BYTES,
    ) -> None:
        folder.mkdir(parents=True)
        self._folder, self._schema = folder, schema
        self._row_group_bytes, self._shard_bytes = row_group_bytes, shard_bytes
        self._rows: list[dict[str, Any]] = []
        self._pending_bytes = 0
        self._shards: list[Path] = []
        self._writer: pq.ParquetWriter | None = None
        self._written = 0
        self.rows = 0

    def add(self, row: dict[str, Any], nbytes: int) -> None:
        """One row of about `nbytes`."""
        if self._rows and self._pending_bytes + nbytes > self._row_group_bytes:
            self._flush()
        self._rows.append(row)
        self._pending_bytes += nbytes
        if len(self._rows) >= ROW_GROUP_ROWS:
            self._flush()

    def add_table(self, table: pa.Table) -> None:
        """Rows that are Arrow already, cast to the schema by name; they follow what was added before."""
        self._flush()
        for start in range(0, table.num_rows, ROW_GROUP_ROWS):
            self._write(table.slice(start, ROW_GROUP_ROWS))

    def finish(self) -> None:
        """Close the last file and give every file its final name.

        Without rows there is no file and no folder: `datasets` refuses to load an empty config.
        """
        self._flush()
        self._close()
        if not self._shards:
            self._folder.rmdir()
        for i, path in enumerate(self._shards):
            path.rename(self._folder / f"train-{i:05d}-of-{len(self._shards):05d}.parquet")

    def _flush(self) -> None:
        if self._rows:
            self._write(pa.Table.from_pylist(self._rows, schema=self._schema))
        self._rows, self._pending_bytes = [], 0

    def _write(self, table: pa.Table) -> None:
        if self._writer is None or self._written >= self._shard_bytes:
            self._next_shard()
        assert self._writer is not None
        self._writer.write_table(table, row_group_size=max(1, table.num_rows))
        self._written += table.nbytes
        self.rows += table.num_rows

    def _next_shard(self) -> None:
        self._close()
        path = self._folder / f"train-{len(self._shards):05d}.parquet"
        self._shards.append(path)
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")
        self._written = 0

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None
