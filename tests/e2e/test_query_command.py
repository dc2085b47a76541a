"""`safelight query` reads session tables masked, raw only for a purpose, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli import imported, run


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = Path(__file__).resolve().parents[3] / "shared" / "data" / "sessions"
    if not data.is_dir():
        pytest.skip("the folder of real sessions, ../shared/data, is not on this machine")
    path = tmp_path_factory.mktemp("query") / "library"
    imported(path, data / "agentnet_raw", data / "ducktrack_example")
    return path


def test_counts_over_sessions_are_those_of_the_recordings(library: Path) -> None:
    answer = run("query", library, "SELECT session_id, count(*) FROM pointer GROUP BY ALL ORDER BY 2")
    assert answer.json["columns"] == ["session_id", "count_star()"]
    assert [n for _, n in answer.json["rows"]] == [4095, 13347]


def test_a_named_session_prunes(library: Path) -> None:
    session = run("query", library, "SELECT session_id FROM frames LIMIT 1").json["rows"][0][0]
    answer = run("query", library, f"SELECT DISTINCT session_id FROM pointer WHERE session_id = '{session}'")
    assert answer.json["rows"] == [[session]]


def test_a_filter_prunes(library: Path) -> None:
    answer = run("query", library, "SELECT count(DISTINCT session_id) FROM pointer", "--sessions", "format:ducktrack")
    assert answer.json["rows"] == [[1]]


def test_redacted_keys_come_as_placeholders_unless_raw_is_asked_for_with_a_purpose(library: Path) -> None:
    session = run("sessions", library, "--where", "format:agentnet").json["sessions"][0]["id"]
    sql = f"SELECT key FROM keys WHERE session_id = '{session}' ORDER BY t_ns DESC LIMIT 2"
    assert run("query", library, sql).json["rows"] == [["t"], ["t"]]
    assert run("redact", "add", library, session, "--keys", "--from", "120", "--to", "123").code == 0
    masked = run("query", library, sql).json["rows"]
    assert ["t"] not in masked
    assert run("query", library, sql, "--raw").code == 1
    assert run("query", library, sql, "--raw", "--purpose", "test").json["rows"] == [["t"], ["t"]]
    run("undo", library, session)


@pytest.mark.parametrize("sql", ["SELECT * FROM raw", "COPY keys TO 'x.csv'", "SELECT 1; SELECT 2", "nonsense"])
def test_what_may_not_be_asked_is_refused_with_a_code(library: Path, sql: str) -> None:
    answer = run("query", library, sql)
    assert answer.code == 1
    assert answer.json["error"]["code"] in {"raw_needs_purpose", "not_one_select", "bad_query"}
