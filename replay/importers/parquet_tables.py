"""The Parquet files of one table: their columns checked against the schema, their rows read by DuckDB in batches.

Column types are checked by Arrow, which keeps them exactly; rows come through DuckDB's `read_parquet`, which streams
any number of files in bounded memory. DuckDB may touch the table's own files only, loads no extension and spills
nothing to disk.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from replay import schema
from replay.errors import BadInput
from replay.importers.contract import SourceFile, SourceSession
from replay.importers.untrusted_files import opened
from replay.shown_name import shown_name

BATCH_ROWS: Final = 65_536
MEMORY: Final = "1GB"
LARGEST_TIME_NS: Final = 1 << 62  # differences of two times stay within 64 bits
_OPTIONAL_HERE: Final = {
    "session": frozenset({"duration_ns", "consent_status", "classification"}),  # decided by the import, not by a file
    "frames": frozenset({"duration_ns", "iframe"}),
}
_WIDER: Final = {
    pa.int64(): (pa.int8(), pa.int16(), pa.int32(), pa.uint8(), pa.uint16(), pa.uint32()),
    pa.int32(): (pa.int8(), pa.int16(), pa.uint8(), pa.uint16()),
    pa.float64(): (pa.float32(), pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32()),
    pa.string(): (pa.large_string(), pa.string_view()),
}
_GLOB: Final = re.compile(r"([*?\[])")
_TABLES_WITH_RAW: Final = frozenset(schema.EVENT_TABLES)


@dataclass(frozen=True, slots=True)
class TableFiles:
    """The files of one table of one source; none where the source does not have the table."""

    source: SourceSession
    table: str
    files: tuple[SourceFile, ...]

    @property
    def declared(self) -> dict[str, schema.Column]:
        """The columns a file may have, by name."""
        columns = {c.name: c for c in schema.TABLES[self.table].columns}
        if self.table in _TABLES_WITH_RAW:
            columns["raw"] = schema.RAW.column("raw")
        return columns

    def check_columns(self) -> None:
        """Raise BadInput, naming file, column and reason, where a file does not have the table's columns."""
        for file in self.files:
            self._check_file(file)

    def _check_file(self, file: SourceFile) -> None:
        name = shown_name(file.path.name)
        with opened(self.source, file, f"“{name}”") as f:
            try:
                found = pq.ParquetFile(f).schema_arrow
            except (pa.ArrowException, OSError, ValueError):
                raise BadInput(
                    "parquet_unreadable",
                    f"“{name}” is not a readable Parquet file.",
                    "Write it again, or leave it out.",
                ) from None
        declared = self.declared
        if len(set(found.names)) != len(found.names):
            raise _refusal("column_twice", name, "a column", "is there twice")
        for field in found:
            if field.name not in declared:
                raise _refusal("column_unknown", name, f"“{shown_name(field.name)}”", "is not a column of this table")
            _check_type(name, declared[field.name], field.type)
        for column in declared.values():
            if self.needs(column) and column.name not in found.names:
                raise _refusal("column_missing", name, f"“{column.name}”", "is required and missing")

    def needs(self, column: schema.Column) -> bool:
        """Whether a file must have the column, with a value in every row."""
        given = column.name not in ("session_id", "seq") and column.name not in _OPTIONAL_HERE.get(self.table, ())
        return column.required and given


def _check_type(name: str, column: schema.Column, found: pa.DataType) -> None:
    if column.name in ("session_id", "source_sha256") or (pa.types.is_null(found) and not column.required):
        return
    if not _holds(column.type, found):
        raise _refusal("column_type", name, f"“{column.name}”", f"should be {column.type}, is {shown_name(str(found))}")


def _holds(declared: pa.DataType, found: pa.DataType) -> bool:
    """Whether every value of type `found` is one of type `declared`."""
    if pa.types.is_dictionary(found):
        found = found.value_type
    if found == declared or found in _WIDER.get(declared, ()):
        return True
    if pa.types.is_list(declared):
        return (pa.types.is_list(found) or pa.types.is_large_list(found)) and _holds(
            declared.value_type, found.value_type
        )
    if pa.types.is_struct(declared) and pa.types.is_struct(found):
        names = {f.name for f in declared}
        return {f.name for f in found} == names and all(
            _holds(declared.field(n).type, found.field(n).type) for n in names
        )
    return False


def _refusal(code: str, name: str, column: str, why: str) -> BadInput:
    return BadInput(code, f"In “{name}”, column {column} {why}.", "Correct the file and import again.")


def read_batches(files: TableFiles) -> Iterator[pa.RecordBatch]:
    """The rows of all files in order, with the declared types and without `session_id`; checked value by value.

    Raises BadInput naming file, row and column at a value that is missing, not allowed or beyond any clock.
    """
    if not files.files:
        return
    connection = _connection(files)
    paths = [_literal(f) for f in files.files]
    query = "SELECT * FROM read_parquet($paths, union_by_name=true, filename=true, file_row_number=true)"
    try:
        reader = connection.sql(query, params={"paths": paths}).to_arrow_reader(BATCH_ROWS)
        for batch in reader:
            yield _checked(files, batch)
    except duckdb.Error as e:
        raise BadInput(
            "parquet_unreadable",
            f"The Parquet files of table “{files.table}” cannot be read ({type(e).__name__}).",
            "Write them again, or leave them out.",
        ) from None
    finally:
        connection.close()


def _connection(files: TableFiles) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:", config={"memory_limit": MEMORY, "threads": "2"})
    root = str(_plain_part(files.source.root.absolute())).rstrip("/").replace("'", "''")
    # External access goes last: nothing can be set after it.
    for setting in (
        "temp_directory = ''",
        "autoinstall_known_extensions = false",
        "autoload_known_extensions = false",
        f"allowed_directories = ['{root}/']",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        connection.execute(f"SET {setting}")
    return connection


def _plain_part(folder: Path) -> Path:
    """`folder`, or the first folder above it whose path is no pattern: to resolve one, DuckDB lists what is above."""
    return next(p for p in (folder, *folder.parents) if not _GLOB.search(str(p)))


def _literal(file: SourceFile) -> str:
    """The file's path for DuckDB, with the characters that would make it a pattern escaped."""
    path = str(file.path.absolute())
    try:
        path.encode()
    except UnicodeEncodeError:
        raise BadInput(
            "name_not_text", "The session's folder has a name that is not text.", "Rename it and import again."
        ) from None
    return _GLOB.sub(r"[\1]", path)


def _checked(files: TableFiles, batch: pa.RecordBatch) -> pa.RecordBatch:
    arrays, names = [], []
    _check_range(batch)
    for column in files.declared.values():
        if column.name in ("session_id", "source_sha256") or column.name not in batch.schema.names:
            continue
        values = _of_type(files, column, batch)
        _check_values(files, column, values, batch)
        arrays.append(values)
        names.append(column.name)
    return pa.RecordBatch.from_arrays(arrays, names=names)


def _of_type(files: TableFiles, column: schema.Column, batch: pa.RecordBatch) -> pa.Array:
    values = batch.column(column.name)
    try:
        values = values.cast(column.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise _refusal(
            "column_type", shown_name(files.table), f"“{column.name}”", "has a value of the wrong type"
        ) from None
    if column.type == pa.float64():
        return pc.if_else(pc.is_nan(values), None, values)
    return values


def _check_values(files: TableFiles, column: schema.Column, values: pa.Array, batch: pa.RecordBatch) -> None:
    if files.needs(column):
        _refuse_where(pc.is_null(values), column, "is empty", batch)
    if column.enum:
        allowed = pc.is_in(values, value_set=pa.array(column.enum, pa.string()), skip_nulls=False)
        _refuse_where(pc.and_(pc.is_valid(values), pc.invert(allowed)), column, "is none of the allowed values", batch)
    if column.type == pa.float64():
        _refuse_where(pc.is_inf(values), column, "is infinite", batch)
    if column.type == schema.RECT:
        _check_rectangles(files, column, values, batch)
    if column.surface is schema.Surface.TIME:
        beyond = pc.or_(pc.greater(values, LARGEST_TIME_NS), pc.less(values, -LARGEST_TIME_NS))
        _refuse_where(beyond, column, "is a time that no clock shows", batch)


def _check_rectangles(files: TableFiles, column: schema.Column, values: pa.Array, batch: pa.RecordBatch) -> None:
    """A rectangle with a hole in it could place nothing, neither a cursor nor a mask; a display has an area too."""
    parts = {name: pc.struct_field(values, name) for name in ("x", "y", "w", "h")}
    least = np.nextafter(0.0, 1.0) if files.table == "displays" else 0.0
    for name, part in parts.items():
        holes = pc.invert(pc.fill_null(pc.is_finite(part), False))
        _refuse_where(pc.and_(pc.is_valid(values), holes), column, "is a rectangle without all its numbers", batch)
        if name in ("w", "h"):
            _refuse_where(pc.less(part, least), column, "is a rectangle without an area", batch)


def _check_range(batch: pa.RecordBatch) -> None:
    """Nothing ends before it starts: whether a cut touches it could not be told."""
    if {"t_start_ns", "t_end_ns"} <= set(batch.schema.names):
        reversed_ = pc.less(batch.column("t_end_ns"), batch.column("t_start_ns"))
        _refuse_where(reversed_, schema.TEXTS.column("t_end_ns"), "is before t_start_ns", batch)


def _refuse_where(bad: pa.Array, column: schema.Column, why: str, batch: pa.RecordBatch) -> None:
    at = pc.index(pc.fill_null(bad, False), True).as_py()
    if at < 0:
        return
    path, row = batch.column("filename")[at].as_py(), batch.column("file_row_number")[at].as_py()
    name = shown_name(path.rsplit("/", 1)[-1])
    raise BadInput(
        "value_not_allowed",
        f"In “{name}”, row {row + 1}, column “{column.name}” {why}.",
        "Correct the file and import again.",
    )
