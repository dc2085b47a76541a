"""Session tables as Parquet on a track: streaming writer with exact types, and whole-table reader."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO, Final

import pyarrow as pa
import pyarrow.parquet as pq

from replay import schema
from replay.errors import BadInput

ROWS_PER_GROUP: Final = 65_536


class TableWriter:
    """Appends rows of one declared table; holds at most one row group in memory."""

    def __init__(self, table: schema.Table, file: BinaryIO) -> None:
        self._table = table
        self._writer = pq.ParquetWriter(file, table.arrow, compression="zstd", write_statistics=True)
        self._pending: list[pa.RecordBatch] = []
        self._pending_rows = 0
        self.rows = 0
        self._file = file

    def append(self, batch: pa.RecordBatch) -> None:
        """A batch with exactly the table's columns, `session_id` included."""
        for column in self._table.columns:
            if column.required and batch.column(column.name).null_count:
                raise BadInput(
                    "missing_value", f"Table “{self._table.name}” has a row without a value for “{column.name}”."
                )
        self._pending.append(batch)
        self._pending_rows += batch.num_rows
        self.rows += batch.num_rows
        if self._pending_rows >= ROWS_PER_GROUP:
            self._flush()

    def _flush(self) -> None:
        if self._pending:
            self._writer.write_table(pa.Table.from_batches(self._pending, self._table.arrow))
            self._pending, self._pending_rows = [], 0

    def close(self) -> None:
        self._flush()
        self._writer.close()
        self._file.flush()


def write_table(file: BinaryIO, table: schema.Table, rows: pa.Table) -> None:
    """A whole table that is at hand, with columns of the declared names; leaves `file` open."""
    writer = TableWriter(table, file)
    for batch in rows.select(table.arrow.names).combine_chunks().to_batches():
        writer.append(batch)
    writer.close()


def read_table(file: BinaryIO, table: schema.Table) -> pa.Table:
    """The whole table with exactly the declared columns; raises BadInput where the bytes are not that table."""
    return _read(file, table, table.arrow)


def read_columns(file: BinaryIO, table: schema.Table, names: Sequence[str]) -> pa.Table:
    """All rows of some declared columns, text as dictionaries: a string for each of millions of rows costs more than
    everything else that is read. Raises as `read_table`."""
    return _read(file, table, pa.schema([_coded(table.arrow.field(name)) for name in names]))


def _coded(field: pa.Field) -> pa.Field:
    is_text = pa.types.is_string(field.type)
    return field.with_type(pa.dictionary(pa.int32(), pa.string())) if is_text else field


def _read(file: BinaryIO, table: schema.Table, wanted: pa.Schema) -> pa.Table:
    coded = [f.name for f in wanted if pa.types.is_dictionary(f.type)]
    try:
        found = pq.ParquetFile(file, read_dictionary=coded).read(columns=wanted.names, use_threads=False)
        return found.select(wanted.names).cast(wanted)
    except (pa.ArrowInvalid, pa.ArrowTypeError, KeyError, OSError) as e:
        raise BadInput(
            "track_damaged", f"The session's table “{table.name}” is damaged.", "Import the session again."
        ) from e
