"""The library: how long it takes to open, until its first rows are there, and to filter, sort, count and search it."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from app.core import Core
from bench._many import session_id, write_many, write_searchable
from bench.registry import Context, Result
from bench.timing import ms_percentiles, seconds
from curation.catalogue_view import SORTS, Positions, facets, select_positions, with_positions
from curation.search.library_search import Found
from curation.search.library_words import VERSION, LibraryWords
from curation.search.session_filter import parse_filter
from replay.store import catalogue
from replay.store.catalogue import ACTIVITY_BINS, Catalogue
from replay.store.library import Library

ROWS_BAR_MS: Final = 300.0
QUERY_BAR_MS: Final = 100.0
_APPS: Final = ("Mail", "Editor", "Browser", "Terminal", "Sheet", "Chat", "Files", "Calendar", "Settings")
_FILTERS: Final = (
    "app:mail dur:>10m label:none",
    "consent:granted -problem:none",
    "started:>=2026-02 sync:frame_table",
    "terminal",
)
_ASKED: Final = tuple(name for name in SORTS if name != "imported")  # the rows stand by import already
_SEGMENTS: Final = 10


def run(context: Context) -> list[Result]:
    size = 5_000 if context.quick else 100_000
    return [*_listing(context, size), *_searching(context, 200 if context.quick else 1_000)]


def _listing(context: Context, size: int) -> list[Result]:
    context.note(f"writing a library of {size} sessions")
    home = context.work / "home"
    library = Library.create(context.work / "many", home)
    write_many(library, home, size)
    for part in np.array_split(np.arange(size), _SEGMENTS):
        Catalogue(library).append(catalogue_rows(part.tolist()))
    library.gate.log.close()
    context.note("opening it")
    opened: list[Core] = []
    open_s = seconds(lambda: opened.append(_opened(library.path, home)))
    with opened[0] as core:
        rows: list[pa.Table] = []
        first_ms = seconds(lambda: _first_rows(core, rows)) * 1e3
        again_ms = seconds(lambda: _first_rows(core, rows)) * 1e3
        table = rows[0]
        queries = [lambda w=w: _filtered(core, table, w) for w in _FILTERS for _ in range(5)]
        sorts = [
            lambda s=s: select_positions(core.queries, table, _ALL, SORTS[s])
            for s in SORTS
            if s != "imported"
            for _ in range(5)
        ]
        filter_ms, filter_p95 = ms_percentiles(seconds(q) for q in queries)
        sort_ms, sort_p95 = ms_percentiles(seconds(q) for q in sorts)
        shown = select_positions(core.queries, table, _ALL, SORTS["imported"])
        facets_ms, _ = ms_percentiles(seconds(lambda: facets(core.queries, table, shown)) for _ in range(5))
    name = f"library.{{}}_{size // 1000}k"
    return [
        Result(name.format("open"), open_s, "s"),
        _result(name.format("first_rows"), first_ms, ROWS_BAR_MS),
        _result(name.format("rows_again"), again_ms, ROWS_BAR_MS),
        _result(name.format("filter_p50"), filter_ms, QUERY_BAR_MS),
        _result(name.format("filter_p95"), filter_p95, QUERY_BAR_MS),
        _result(name.format("sort_p50"), sort_ms, QUERY_BAR_MS),
        _result(name.format("sort_p95"), sort_p95, QUERY_BAR_MS),
        Result(name.format("facets"), facets_ms, "ms"),
    ]


_ALL: Final = parse_filter("").catalogue


def _result(name: str, ours_ms: float, bar_ms: float) -> Result:
    return Result(name, ours_ms, "ms", bar=f"≤ {bar_ms:.0f} ms", met=ours_ms <= bar_ms)


def _opened(path: Path, home: Path) -> Core:
    core = Core.open(path, home)
    core.library.session_ids()
    return core


def _first_rows(core: Core, rows: list[pa.Table]) -> None:
    """What the Library page does before it paints: read the catalogue, and select in the order of import."""
    rows[:] = [with_positions(core.sessions())]
    select_positions(core.queries, rows[0], _ALL, SORTS["imported"])


def _filtered(core: Core, rows: pa.Table, where: str) -> Positions:
    return select_positions(core.queries, rows, parse_filter(where).catalogue, SORTS["imported"])


def catalogue_rows(numbers: list[int]) -> pa.Table:
    """Rows as imports write them, of sessions that differ in everything that is filtered and sorted."""
    dice = random.Random(numbers[0])
    rows = [
        {
            "id": session_id(n),
            "imported_at_utc_ns": 1_770_000_000_000_000_000 + n * 10**9,
            "started_at_utc_ns": 1_760_000_000_000_000_000 + dice.randrange(2 * 10**16),
            "duration_ns": dice.randrange(60, 4 * 3600) * 10**9,
            "format": dice.choice(("agentnet", "owamcap", "parquet", "ducktrack")),
            "recorder": "bench",
            "os": dice.choice(("windows", "macos", "linux")),
            "subject_id": f"subject-{n % 100}",
            "apps": sorted(dice.sample(_APPS, dice.randrange(1, 6))),
            "frames": dice.randrange(100_000),
            "width": 1920,
            "height": 1080,
            "events": dice.randrange(2_000_000),
            "pointer_events": dice.randrange(1_000_000),
            "clicks": dice.randrange(5_000),
            "key_events": dice.randrange(50_000),
            "activity": [dice.randrange(200) for _ in range(ACTIVITY_BINS)],
            "sync_method": dice.choice(("frame_table", "recorder_event", "correlated", "assumed")),
            "sync_sigma_ns": dice.randrange(300_000_000),
            "consent": dice.choice(("granted", "granted", "limited", "unknown")),
            "problems": dice.sample(("clock_step", "missing_media", "unmatched_press"), dice.randrange(3)),
            "size_bytes": dice.randrange(10**9),
        }
        for n in numbers
    ]
    return pa.Table.from_pylist(rows, schema=catalogue.SCHEMA)


def _searching(context: Context, size: int) -> list[Result]:
    context.note(f"writing the words of {size} sessions")
    home = context.work / "home2"
    library = Library.create(context.work / "words", home)
    dice = random.Random(7)
    lexicon = ["".join(dice.choices("abcdefghijklmnopqrstuvwxyz", k=dice.randrange(3, 10))) for _ in range(5_000)]
    for n in range(size):
        lines = {field: "\n".join(" ".join(dice.choices(lexicon, k=8)) for _ in range(100)) for field in _FIELDS}
        write_searchable(library, n, LibraryWords(VERSION, lines).to_bytes())
    library.gate.log.close()
    context.note("searching them")
    with Core.open(library.path, home) as core:
        terms = parse_filter(f"typed:{lexicon[0]} title:{lexicon[1]}").content
        ids = core.library.session_ids()
        first_s, cold_s = _search(core, terms, ids)
        _, warm_s = _search(core, terms, ids)
    name = f"library.search_{size}"
    return [
        Result(f"{name}_first_answer", first_s * 1e3, "ms"),
        Result(f"{name}_cold", cold_s, "s"),
        Result(f"{name}_warm", warm_s * 1e3, "ms"),
    ]


_FIELDS: Final = ("title", "url", "typed", "text", "element")


def _search(core: Core, terms: object, ids: tuple[str, ...]) -> tuple[float, float]:
    """(seconds until it is told how far it has come, until everything was looked into)."""
    found: list[Found] = []
    search = core.search(terms, ids)  # type: ignore[arg-type]
    first_s = seconds(lambda: found.append(next(search)))
    rest_s = seconds(lambda: found.extend(search))
    if found[-1].looked != len(ids):
        raise AssertionError(f"not everything was looked into: {dict(found[-1].not_looked)}")
    return first_s, first_s + rest_s
