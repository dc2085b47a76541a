"""The typed filter binds values, knows its fields and refuses what it does not understand."""

from __future__ import annotations

import pyarrow as pa
import pytest

from curation.catalogue_view import (
    EVERY,
    SORTS,
    EditSummary,
    catalogue_with_edits,
    select_positions,
    select_sessions,
    sort_of,
    with_positions,
)
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


def test_unknown_values_come_last_in_both_directions(queries: QueryThread) -> None:
    times = [3, None, 1]
    at = catalogue.SCHEMA.get_field_index("started_at_utc_ns")
    whole = pa.Table.from_pylist([row(name, 5, [], []) for name in "ABC"], schema=catalogue.SCHEMA)
    rows = with_positions(whole.set_column(at, catalogue.SCHEMA.field(at), pa.array(times, pa.int64())))
    order = {
        d: select_positions(queries, rows, EVERY, sort_of("started_at_utc_ns", descending=d)) for d in (True, False)
    }
    assert [p.tolist() for p in order.values()] == [[0, 2, 1], [2, 0, 1]]


def test_the_order_of_import_needs_no_query(queries: QueryThread) -> None:
    rows = with_positions(ROWS.sort_by(list(catalogue.BY_IMPORT)))
    asked = parse_filter("dur:>0s").catalogue
    for limit in (None, 1):
        found = select_positions(queries, rows, EVERY, SORTS["imported"], limit).tolist()
        assert found == select_positions(queries, rows, asked, SORTS["imported"], limit).tolist()
