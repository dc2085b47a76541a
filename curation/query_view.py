"""The session tables as one query sees them: masked as an export would be, or raw where that was asked for by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from curation.model import CurationState
from curation.redaction.apply import Applier
from curation.redaction.plan import resolve
from replay import schema
from replay.errors import BadInput, Refused
from replay.session import Session
from replay.store.sessions import SessionStore

BUDGET_BYTES: Final = 1 << 30
# One table, one SELECT, and a condition that begins with the session and can only narrow from there. Anything cleverer
# (OR, joins, a comparison in the select list) speaks of other sessions too, and must read them.
_OF_ONE_SESSION: Final = re.compile(
    r"\s*select\b.*\bfrom\s+\w+(?:\s+(?:as\s+)?\w+)?\s+where\s+(?:\w+\.)?session_id\s*=\s*'([A-Z2-7]{26})'"
    r"(?:\s*;?\s*|\s+(?:and|group\s+by|order\s+by|limit)\b.*)",
    re.IGNORECASE | re.DOTALL,
)
_WIDENS: Final = re.compile(r"\b(?:or|union|except|intersect)\b|\bselect\b.*\bselect\b", re.IGNORECASE | re.DOTALL)

LoadSession = Callable[[str], Session]
LoadState = Callable[[str], CurationState]


def tables_named(sql: str) -> frozenset[str]:
    """The session tables a query names. Raises BadInput where the query cannot be read."""
    try:
        with duckdb.connect(":memory:") as con:
            named = con.get_table_names(sql)
    except duckdb.Error as e:
        raise BadInput("bad_query", "The query cannot be read.", "Write one SELECT over the session tables.") from e
    return frozenset(name.lower() for name in named) & frozenset(schema.TABLES)


def pruned(sql: str, session_ids: Iterable[str]) -> tuple[str, ...]:
    """The sessions a query can speak of: the one that `WHERE session_id = '…'` leaves, else all of `session_ids`."""
    of_one = None if _WIDENS.search(sql) else _OF_ONE_SESSION.fullmatch(sql)
    return tuple(i for i in session_ids if of_one is None or i == of_one[1])


class QueryView:
    """Builds the Arrow tables of one query, within a memory budget."""

    def __init__(
        self, store: SessionStore, load_session: LoadSession, load_state: LoadState, budget_bytes: int = BUDGET_BYTES
    ) -> None:
        self._store = store
        self._load_session = load_session
        self._load_state = load_state
        self._budget_bytes = budget_bytes

    def tables(self, names: frozenset[str], session_ids: tuple[str, ...], *, raw: bool) -> dict[str, pa.Table]:
        """Every named table over all of `session_ids`.

        Raises Refused where they do not fit the budget, and for the `raw` table unless `raw`.
        """
        if not raw and names & schema.RAW_CLASS_TABLES:
            raise Refused(
                "raw_needs_purpose", "The table “raw” holds source rows.", "Ask with --raw --purpose and say what for."
            )
        self._check_budget(names, session_ids)
        parts: dict[str, list[pa.Table]] = {name: [] for name in names}
        for session_id in session_ids:
            for name, table in self._of_session(session_id, names, raw=raw).items():
                parts[name].append(table)
        return {
            name: pa.concat_tables(found) if found else schema.TABLES[name].arrow.empty_table()
            for name, found in parts.items()
        }

    def _check_budget(self, names: frozenset[str], session_ids: tuple[str, ...]) -> None:
        needed = 0
        for session_id in session_ids:
            for name in names:
                with self._store.open_table(session_id, name) as f:
                    metadata = pq.read_metadata(f)
                needed += sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
        if needed > self._budget_bytes:
            raise Refused(
                "query_too_large",
                f"These tables of {len(session_ids)} sessions hold {needed >> 20} MiB; a query may read "
                f"{self._budget_bytes >> 20} MiB.",
                "Name sessions with session_id = '…' or --sessions.",
            )

    def _of_session(self, session_id: str, names: frozenset[str], *, raw: bool) -> Mapping[str, pa.Table]:
        if raw:
            return {name: self._store.read_table(session_id, name) for name in names}
        masked = self._masked(session_id)
        # The frame table holds times and sizes only, nothing a mask reaches.
        masked["frames"] = self._store.read_table(session_id, "frames")
        return {name: _under_its_own_id(masked[name], session_id) for name in names}

    def _masked(self, session_id: str) -> dict[str, pa.Table]:
        session, state = self._load_session(session_id), self._load_state(session_id)
        key = self._store.library.key
        plan = resolve(session, state, key)
        applier = Applier(plan, session, state, lambda name: self._store.read_table(session_id, name), key)
        return {name: table.rows for name, table in applier.apply(()).tables.items()}


def _under_its_own_id(table: pa.Table, session_id: str) -> pa.Table:
    """Export tables carry pseudonyms; inside the library a session is known by its id."""
    at = table.column_names.index("session_id")
    ids = pa.repeat(session_id, table.num_rows)
    return table.set_column(at, table.schema.field(at), ids)
