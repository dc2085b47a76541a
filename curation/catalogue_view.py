"""The catalogue with what curators made of each session beside it: the one table behind every session list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from curation.model import CurationState
from curation.search.session_filter import Condition, parse_catalogue_filter
from replay.store import catalogue
from replay.store.queries import QueryThread

POSITION: Final = "position"
EVERY: Final = parse_catalogue_filter("")
SORTS: Final[dict[str, str]] = {
    "imported": "imported_at_utc_ns DESC, id",
    "started": "started_at_utc_ns DESC NULLS LAST, id",
    "length": "duration_ns DESC, id",
    "events": "events DESC, id",
    "state": "state, id",
    "id": "id",
}
SORTED_BY: Final = frozenset({*catalogue.SCHEMA.names, "state", "labels", "episodes", "cuts", "redactions"})
_SORTED_AS: Final = {"sync_method": "sync_sigma_ns", catalogue.DRAWN: "events"}
"""Columns that are shown by another one's value."""
FACETS: Final[dict[str, str]] = {
    "state": "state",
    "consent": "consent",
    "sync": "sync_method",
    "format": "format",
    "app": "unnest(apps)",
    "problem": "unnest(problems)",
}
"""Fields of the filter whose values are counted, and what DuckDB counts for each."""

_DECIDED: Final = {"state": pa.string(), "label_names": pa.list_(pa.string())}
Positions = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class EditSummary:
    """How many of each decision stand in one session, and where it is in the curators' day."""

    state: str = "new"
    labels: int = 0
    episodes: int = 0
    cuts: int = 0
    redactions: int = 0
    label_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facet:
    """One value of one field of the filter, and how many of the rows have it."""

    field: str
    value: str
    count: int


def summarised(state: CurationState) -> EditSummary:
    names = tuple(sorted({label.name for label in state.labels.values()}))
    return EditSummary(
        state.state.value, len(state.labels), len(state.episodes), len(state.cuts), len(state.redactions), names
    )


def catalogue_with_edits(rows: pa.Table, summaries: Mapping[str, EditSummary]) -> pa.Table:
    """The catalogue plus columns state, labels, episodes, cuts, redactions and label_names, row for row."""
    decided = [EditSummary(), *summaries.values()]
    which = _int64s(np.zeros(rows.num_rows, np.int64))  # of `decided`
    if summaries:
        found = pc.index_in(rows["id"], pa.array(list(summaries), pa.string()))
        which = pc.add(pc.fill_null(found, -1), 1)
    for name in ("state", "labels", "episodes", "cuts", "redactions", "label_names"):
        values = pa.array([getattr(summary, name) for summary in decided], _DECIDED.get(name, pa.int64()))
        rows = rows.append_column(name, values.take(which))
    return rows


def with_problems(rows: pa.Table, damaged: Mapping[str, str]) -> pa.Table:
    """`rows` with the code of what is wrong among the problems of each damaged session."""
    if not damaged:
        return rows
    found = [
        [*(problems or ()), damaged[session]] if session in damaged else problems
        for session, problems in zip(rows["id"].to_pylist(), rows["problems"].to_pylist(), strict=True)
    ]
    at = rows.column_names.index("problems")
    return rows.set_column(at, rows.schema.field(at), pa.array(found, rows.schema.field(at).type))


def with_positions(rows: pa.Table) -> pa.Table:
    """`rows` with the column that says which row each is, by which a query names the rows it keeps."""
    return rows.append_column(POSITION, _int64s(np.arange(rows.num_rows, dtype=np.int64)))


def _int64s(values: Positions) -> pa.Array:
    """`values` as they lie there. `pa.array` would first import NumPy's masked arrays, which takes 50 ms."""
    return pa.Array.from_buffers(pa.int64(), len(values), [None, pa.py_buffer(values)])


def sort_of(column: str, *, descending: bool) -> str:
    """The order by a column of the view, what is unknown last; that of the import where there is no such column."""
    if column not in SORTED_BY:
        return SORTS["imported"]
    column = _SORTED_AS.get(column, column)
    value = f"len({column})" if column in ("apps", "problems") else column
    return f"{value} {'DESC' if descending else 'ASC'} NULLS LAST, id"


def select_positions(
    queries: QueryThread, rows: pa.Table, condition: Condition, sort: str, limit: int | None = None
) -> Positions:
    """Which rows (of a catalogue `with_positions`) a condition keeps, in the order of `sort`, a piece of SORTS."""
    if condition == EVERY and sort == SORTS["imported"]:  # the first page is not kept waiting for a query
        return np.arange(rows.num_rows - 1, -1, -1, dtype=np.int64)[:limit]
    sql = f"SELECT {POSITION} FROM sessions WHERE {condition.sql} ORDER BY {sort} LIMIT ?"
    found = queries.submit(sql, {"sessions": rows}, (*condition.params, limit if limit is not None else 2**62)).result()
    return np.asarray(found[POSITION].to_numpy(), np.int64)


def select_sessions(
    queries: QueryThread, rows: pa.Table, where: str = "", sort: str = "imported", limit: int | None = None
) -> pa.Table:
    """The rows that a filter of the catalogue keeps, in one of SORTS. Raises BadInput where it is not understood."""
    condition = parse_catalogue_filter(where)
    return rows.take(select_positions(queries, with_positions(rows), condition, SORTS[sort], limit))


def facets(queries: QueryThread, rows: pa.Table, shown: Positions) -> tuple[Facet, ...]:
    """How many of the rows at `shown` have each value of each of FACETS, the most frequent first in each field."""
    named = [
        f"SELECT '{field}' AS field, value, count(*) AS n FROM (SELECT {what} AS value FROM kept) GROUP BY value"
        for field, what in FACETS.items()
    ]
    columns = ["state", "consent", "sync_method", "format", "apps", "problems", POSITION]
    kept = rows.select(columns) if len(shown) == rows.num_rows else rows.select(columns).take(shown)
    found = queries.submit(" UNION ALL ".join(named) + " ORDER BY n DESC, value", {"kept": kept}).result()
    counted = [Facet(r["field"], r["value"], r["n"]) for r in found.to_pylist() if r["value"]]
    order = list(FACETS)
    return tuple(sorted(counted, key=lambda f: order.index(f.field)))
