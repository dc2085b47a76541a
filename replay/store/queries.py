"""DuckDB on one thread, over Arrow tables only: it is handed no key, no path and no way out.

Rejected: DuckDB reading the store's Parquet itself. Its spill files and its cache would be plaintext outside the
track doors, and the vault's sealed tables would need a download to be readable.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Final

import duckdb
import pyarrow as pa

from replay.errors import BadInput, Refused, StorageFailed

DEFAULT_MEMORY_BYTES: Final = 2 << 30
# Of the answer, which DuckDB hands out beside its own memory; as JSON it grows some ten times.
DEFAULT_ANSWER_BYTES: Final = 64 << 20
_BATCH_ROWS: Final = 65_536
_SETTINGS: Final = (
    "SET temp_directory=''",
    "SET enable_external_access=false",
    "SET autoinstall_known_extensions=false",
    "SET autoload_known_extensions=false",
    "SET threads=2",
)


def _bare_connection(memory_bytes: int) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(":memory:", config={"python_enable_replacements": "false"})
    for setting in _SETTINGS:
        con.execute(setting)
    con.execute(f"SET memory_limit='{memory_bytes}B'")
    return con


def _given(con: duckdb.DuckDBPyConnection, tables: Mapping[str, pa.Table]) -> None:
    """The tables of one query, and from then on no other setting."""
    for name, table in tables.items():
        con.register(name, table)
    con.execute("SET lock_configuration=true")


def _only_select(con: duckdb.DuckDBPyConnection, sql: str) -> None:
    try:
        statements = con.extract_statements(sql)
    except duckdb.Error as e:
        raise _bad_query(e) from e
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise Refused("not_one_select", "A query is exactly one SELECT.", "Write one SELECT over the session tables.")


def _bad_query(error: duckdb.Error) -> BadInput:
    # DuckDB quotes values from the data in conversion errors, so only the kinds that speak of the query are passed on.
    speaks_of_query = (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException)
    detail = str(error).splitlines()[0][:200] if isinstance(error, speaks_of_query) else type(error).__name__
    return BadInput("bad_query", f"The query could not be run: {detail}", "Check it against docs/formats.md.")


def _too_large() -> StorageFailed:
    return StorageFailed(
        "query_too_large", "The query needs more memory than it may have.", "Select fewer rows or columns."
    )


def _failed_midway(error: Exception) -> BadInput | StorageFailed:
    """While batches stream, Arrow wraps DuckDB's error, of which only the words are left; they may quote the data."""
    if str(error).startswith("Out of Memory Error"):
        return _too_large()
    return BadInput("bad_query", "The query failed on the data it read.", "Check it against docs/formats.md.")


class QueryThread:
    """One DuckDB thread. Every query gets a fresh connection that sees only the tables passed with it."""

    def __init__(self, memory_bytes: int = DEFAULT_MEMORY_BYTES, answer_bytes: int = DEFAULT_ANSWER_BYTES) -> None:
        self._memory_bytes = memory_bytes
        self._answer_bytes = answer_bytes
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="query")
        self._lock = threading.Lock()
        self._running: duckdb.DuckDBPyConnection | None = None
        self._spare: duckdb.DuckDBPyConnection | None = None  # of the query thread alone

    def submit(self, sql: str, tables: Mapping[str, pa.Table], params: Sequence[Any] = ()) -> Future[pa.Table]:
        """Run one SELECT over `tables`. The future raises Refused, BadInput or StorageFailed (memory)."""
        return self._pool.submit(self._run, sql, tables, params)

    def _run(self, sql: str, tables: Mapping[str, pa.Table], params: Sequence[Any]) -> pa.Table:
        con, self._spare = self._spare or _bare_connection(self._memory_bytes), None
        with self._lock:
            self._running = con
        try:
            _given(con, tables)
            _only_select(con, sql)
            return self._answer(con.sql(sql, params=list(params)).to_arrow_reader(_BATCH_ROWS))
        except duckdb.OutOfMemoryException as e:
            raise _too_large() from e
        except duckdb.Error as e:
            raise _bad_query(e) from e
        except (OSError, pa.ArrowException) as e:
            raise _failed_midway(e) from None
        finally:
            with self._lock:
                self._running = None
            con.close()
            self._prepare_later()

    def _prepare_later(self) -> None:
        """The next query's connection, made while nobody waits for it: half of what a short query takes."""
        with suppress(RuntimeError):  # the pool is closing
            self._pool.submit(self._prepare)

    def _prepare(self) -> None:
        if self._spare is None:
            self._spare = _bare_connection(self._memory_bytes)

    def _answer(self, reader: pa.RecordBatchReader) -> pa.Table:
        batches: list[pa.RecordBatch] = []
        size = rows = 0
        for batch in reader:
            batches.append(batch)
            size, rows = size + batch.nbytes, rows + batch.num_rows
            if size > self._answer_bytes:
                raise Refused(
                    "answer_too_large",
                    f"The answer has more than {rows} rows, which is more than a query may hand out.",
                    "Select fewer rows or columns, or count and sum in the query.",
                )
        return pa.Table.from_batches(batches, reader.schema)

    def interrupt(self) -> None:
        """Stop the running query; its future raises BadInput."""
        with self._lock:
            if self._running is not None:
                self._running.interrupt()

    def close(self) -> None:
        self.interrupt()
        self._pool.shutdown(wait=True, cancel_futures=True)
        if self._spare is not None:
            self._spare.close()
            self._spare = None
