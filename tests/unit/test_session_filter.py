"""The typed filter binds values, knows its fields and refuses what it does not understand."""

from __future__ import annotations

import pyarrow as pa
import pytest

from curation.catalogue_view import EditSummary, catalogue_with_edits, select_sessions
from curation.search.session_filter import FIELDS, parse_filter
from replay.errors import BadInput
from replay.store import catalogue
from replay.store.queries import QueryThread


def row(session_id: str, minutes: float, apps: list[str], problems: list[str]) -> dict[str, object]:
    return {
        "id": session_id,
        "imported_at_utc_ns": 1,
        "duration_ns": round(minutes * 60e9),
        "format": "agentnet",
        "apps": apps,
        "frames": 10,
        "events": 100,
        "pointer_events": 90,
        "clicks": 3,
        "key_events": 10,
        "activity": [0] * 64,
        "sync_method": "recorder_event",
        "sync_sigma_ns": 1,
        "consent": "granted",
        "problems": problems,
        "size_bytes": 1,
    }


ROWS = catalogue_with_edits(
    pa.Table.from_pylist(
        [row("AAA", 5, ["Mail"], []), row("BBB", 15, ["Code"], ["clock_step"])], schema=catalogue.SCHEMA
    ),
    {"BBB": EditSummary(state="done", labels=2)},
)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("", ["AAA", "BBB"]),
        ("app:mail", ["AAA"]),
        ("dur:>10m", ["BBB"]),
        ("dur:<=5m", ["AAA"]),
        ("label:none", ["AAA"]),
        ("label:2", ["BBB"]),
        ("state:done", ["BBB"]),
        ("problem:clock", ["BBB"]),
        ("problem:none", ["AAA"]),
        ("-app:mail", ["BBB"]),
        ("-os:linux", ["AAA", "BBB"]),  # a session whose system is unknown is not one of Linux
        ("bbb", ["BBB"]),
        ("code", ["BBB"]),
        ("app:mail state:done", []),
        ("app:\"it's'; DROP TABLE sessions\"", []),
    ],
)
def test_filters_keep_what_they_say(queries: QueryThread, where: str, expected: list[str]) -> None:
    assert select_sessions(queries, ROWS, where, "id")["id"].to_pylist() == expected


@pytest.mark.parametrize("where", ["nope:1", "dur:long", "app:", 'app:"open', 'app:"x\\', "events:>10m"])
def test_what_is_not_understood_is_refused(where: str) -> None:
    with pytest.raises(BadInput):
        parse_filter(where)


DAYS = ("started", "imported")


def test_every_field_runs(queries: QueryThread) -> None:
    for field in FIELDS:
        value = ">1" if field in ("dur", "events", "frames") else ">=2026-04" if field in DAYS else "none"
        select_sessions(queries, ROWS, f"{field}:{value}")
