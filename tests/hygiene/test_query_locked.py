"""DuckDB sees the tables it was handed and nothing else: no file, no folder, no environment, no setting, no log."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from replay.errors import SafelightError
from replay.store.queries import QueryThread

MARK = "wombat-in-the-query"
TABLES = {"keys": pa.table({"text": [MARK]})}


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM glob('/*')",
        "SELECT * FROM sniff_csv('{file}')",
        "SELECT * FROM read_blob('/proc/self/environ')",
        "SELECT * FROM read_csv('{file}')",
        "SELECT * FROM read_json('{file}')",
        "SELECT * FROM read_parquet('{file}')",
        "SELECT * FROM '{file}'",
        "SELECT * FROM parquet_metadata('{file}')",
        "SELECT * FROM query('COPY keys TO ''{file}''')",
        "SELECT getenv('HOME')",
        "SELECT * FROM duckdb_secrets()",
        "SELECT * FROM sqlite_scan('{file}', 'edits')",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET temp_directory='{folder}'",
        "PRAGMA enable_logging",
        "PRAGMA enable_profiling",
        "EXPORT DATABASE '{folder}'",
        "SELECT 1; COPY keys TO '{file}'",
    ],
)
def test_nothing_outside_is_reached(queries: QueryThread, sql: str, tmp_path: Path) -> None:
    file = tmp_path / "there.csv"
    file.write_text("a,b\n1,2\n")
    with pytest.raises(SafelightError):
        queries.submit(sql.format(file=file, folder=tmp_path), TABLES).result()
    assert [p.name for p in tmp_path.iterdir()] == ["there.csv"]


def test_settings_leave_no_place_to_write_to(queries: QueryThread) -> None:
    wanted = "temp_directory", "enable_external_access", "lock_configuration", "autoload_known_extensions"
    names = ", ".join(f"current_setting('{name}') AS {name}" for name in wanted)
    (found,) = queries.submit(f"SELECT {names}", TABLES).result().to_pylist()
    assert tuple(found.values()) == ("", False, True, False)


def test_the_log_of_duckdb_holds_no_query_and_no_row(queries: QueryThread) -> None:
    queries.submit("SELECT * FROM keys WHERE text = ?", TABLES, [MARK]).result()
    assert queries.submit("SELECT * FROM duckdb_logs()", TABLES).result().num_rows == 0
