"""DuckDB answers one SELECT over the tables it was given and can reach nothing else."""

from __future__ import annotations

import pyarrow as pa
import pytest

from replay.errors import BadInput, Refused, SafelightError, StorageFailed
from replay.store.queries import QueryThread

TABLE = {"keys": pa.table({"n": [1, 2, 3], "text": ["a", "b", "c secret"]})}


def test_parameters_are_bound(queries: QueryThread) -> None:
    assert queries.submit("SELECT n FROM keys WHERE n > ?", TABLE, [1]).result().to_pydict() == {"n": [2, 3]}


@pytest.mark.parametrize(
    "sql",
    [
        "COPY keys TO '/tmp/leak.csv'",
        "ATTACH '/tmp/leak.db'",
        "SELECT 1; SELECT 2",
        "SET enable_external_access=true",
        "INSTALL httpfs",
        "CREATE TABLE t AS SELECT 1",
        "PRAGMA database_list",
    ],
)
def test_anything_but_one_select_is_refused(queries: QueryThread, sql: str) -> None:
    with pytest.raises(Refused, match="exactly one SELECT"):
        queries.submit(sql, TABLE).result()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM glob('/*')",
        "SELECT * FROM TABLE",
    ],
)
def test_files_and_python_variables_are_out_of_reach(queries: QueryThread, sql: str) -> None:
    with pytest.raises(SafelightError):
        queries.submit(sql, TABLE).result()


def test_an_error_does_not_quote_the_data(queries: QueryThread) -> None:
    with pytest.raises(BadInput) as refused:
        queries.submit("SELECT CAST(text AS INTEGER) FROM keys", TABLE).result()
    assert "secret" not in refused.value.sentence


def test_a_query_that_needs_too_much_memory_is_stopped_and_leaves_no_file() -> None:
    thread = QueryThread(memory_bytes=32 << 20)
    big = "SELECT list(a.range) FROM range(40000000) a GROUP BY a.range % 1000003"
    with pytest.raises(StorageFailed, match="memory"):
        thread.submit(big, {}).result()
    thread.close()


def test_an_error_in_the_middle_of_the_answer_does_not_quote_the_data(queries: QueryThread) -> None:
    rows = {"t": pa.table({"s": ["1"] * 300_000 + ["hunter2"]})}
    with pytest.raises(BadInput) as refused:
        queries.submit("SELECT s::INT FROM t", rows).result()
    assert refused.value.code == "bad_query"
    assert "hunter2" not in refused.value.sentence
    assert refused.value.__cause__ is None


def test_an_answer_beyond_its_budget_is_refused_with_the_count() -> None:
    queries = QueryThread(answer_bytes=1 << 20)
    try:
        assert queries.submit("SELECT range FROM range(100000)", {}).result().num_rows == 100_000
        with pytest.raises(Refused, match=r"more than \d+ rows") as refused:
            queries.submit("SELECT range FROM range(1000000000)", {}).result()
    finally:
        queries.close()
    assert refused.value.code == "answer_too_large"
