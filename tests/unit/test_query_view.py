"""Which sessions and tables a query speaks of: never fewer than it could mean."""

from __future__ import annotations

import pytest

from curation.query_view import pruned, tables_named

MINE, OTHER = "A" * 26, "B" * 26
IS_MINE = f"session_id = '{MINE}'"


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT * FROM keys WHERE {IS_MINE}",
        f"select k.key from keys as k where k.session_id='{MINE}' AND k.t_ns > 5 ORDER BY k.t_ns LIMIT 3;",
        f"SELECT kind, count(*)\nFROM pointer\nWHERE {IS_MINE}\nGROUP BY ALL",
    ],
)
def test_a_query_about_one_session_reads_that_one(sql: str) -> None:
    assert pruned(sql, [MINE, OTHER]) == (MINE,)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM keys",
        f"SELECT * FROM keys WHERE {IS_MINE} OR t_ns > 5",
        f"SELECT * FROM keys WHERE NOT {IS_MINE}",
        f"SELECT {IS_MINE} AS mine, count(*) FROM keys GROUP BY ALL",
        f"SELECT count(*) FILTER ({IS_MINE}), count(*) FROM keys",
        f"SELECT * FROM keys k JOIN windows w ON k.t_ns = w.t_ns WHERE k.{IS_MINE}",
        f"SELECT * FROM keys WHERE {IS_MINE} UNION ALL SELECT * FROM keys WHERE t_ns > 5",
        f"SELECT * FROM keys WHERE t_ns > (SELECT max(t_ns) FROM keys WHERE {IS_MINE})",
        f"SELECT * FROM keys WHERE session_id != '{MINE}'",
    ],
)
def test_a_query_that_may_speak_of_others_reads_them_too(sql: str) -> None:
    assert pruned(sql, [MINE, OTHER]) == (MINE, OTHER)


def test_tables_are_known_in_either_case() -> None:
    assert tables_named("SELECT * FROM Keys, (SELECT 1 AS one FROM WINDOWS)") == {"keys", "windows"}
    assert tables_named("SELECT * FROM RAW") == {"raw"}
