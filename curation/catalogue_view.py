"""The catalogue with what curators made of each session beside it: the one table behind every session list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from curation.model import CurationState
from curation.session_filter import parse_filter
from replay.store.queries import QueryThread

SORTS: Final[dict[str, str]] = {
    "imported": "imported_at_utc_ns DESC, id",
    "started": "started_at_utc_ns DESC NULLS LAST, id",
    "length": "duration_ns DESC, id",
    "events": "events DESC, id",
    "state": "state, id",
    "id": "id",
}


@dataclass(frozen=True, slots=True)
class EditSummary:
    """How many of each decision stand in one session, and where it is in the curators' day."""

    state: str = "new"
    labels: int = 0
    episodes: int = 0
    cuts: int = 0
    redactions: int = 0


def summarised(state: CurationState) -> EditSummary:
    return EditSummary(
        state.state.value, len(state.labels), len(state.episodes), len(state.cuts), len(state.redactions)
    )


def catalogue_with_edits(catalogue: pa.Table, summaries: Mapping[str, EditSummary]) -> pa.Table:
    """`catalogue` plus columns state (string), labels, episodes, cuts, redactions (int64), row for row."""
    found = [summaries.get(i, EditSummary()) for i in catalogue["id"].to_pylist()]
    out = catalogue.append_column("state", pa.array([s.state for s in found], pa.string()))
    for name in ("labels", "episodes", "cuts", "redactions"):
        out = out.append_column(name, pa.array([getattr(s, name) for s in found], pa.int64()))
    return out


def select_sessions(
    queries: QueryThread, rows: pa.Table, where: str = "", sort: str = "imported", limit: int | None = None
) -> pa.Table:
    """The rows that a typed filter keeps, in one of SORTS. Raises BadInput where the filter is not understood."""
    condition = parse_filter(where)
    sql = f"SELECT * FROM sessions WHERE {condition.sql} ORDER BY {SORTS[sort]} LIMIT ?"
    return queries.submit(sql, {"sessions": rows}, (*condition.params, limit if limit is not None else 2**62)).result()
