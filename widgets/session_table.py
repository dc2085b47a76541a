"""The session list: a virtual table over the catalogue's Arrow rows. 100 000 rows cost what is on screen.

Filtering and sorting are asked for (`SessionFilterBar`, the headers), answered elsewhere and shown with `show_rows`.
The table holds no titles, goals or texts, because the catalogue has none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from widgets.badges import Badge, consent_badge, state_badge, sync_badge
from widgets.wording import app_name, date, grouped, length, short_id

Index = QModelIndex | QPersistentModelIndex
Int64s = npt.NDArray[np.int64]
BADGE_ROLE = Qt.ItemDataRole.UserRole
ACTIVITY_ROLE = Qt.ItemDataRole.UserRole + 1


def _apps(apps: list[str] | None) -> str:
    return ", ".join(app_name(a) for a in apps or ()) or "–"


@dataclass(frozen=True, slots=True)
class Shown:
    """One column: its catalogue column, how a cell reads, and how wide it starts (px)."""

    title: str
    source: str
    text: Callable[[Any], str]
    width: int
    right: bool = False


COLUMNS = (
    Shown("Session", "id", short_id, 112),
    Shown("Started (UTC)", "started_at_utc_ns", date, 150),
    Shown("Length", "duration_ns", length, 72, right=True),
    Shown("Apps", "apps", _apps, 180),
    Shown("Activity", "activity", lambda _: "", 130),
    Shown("Events", "events", grouped, 92, right=True),
    Shown("Sync", "sync_method", str, 96),
    Shown("Consent", "consent", str, 104),
    Shown("State", "state", str, 112),
    Shown("Labels", "labels", grouped, 64, right=True),
    Shown("Cuts", "cuts", grouped, 56, right=True),
    Shown("Redactions", "redactions", grouped, 88, right=True),
    Shown("Problems", "problems", lambda p: str(len(p)) if p else "–", 78, right=True),
    Shown("Format", "format", str, 90),
    Shown("Subject", "subject_id", lambda s: short_id(s) if s else "–", 90),
)


_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
_RIGHT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight


@dataclass(frozen=True, slots=True)
class Look:
    """What one cell shows: a badge or a sparkline where it has one, else text."""

    text: str
    alignment: Qt.AlignmentFlag
    badge: Badge | None
    activity: list[int] | None


_UNKNOWN: dict[str, Any] = {"state": "new", "activity": None}
"""What stands in for a column that is not there, or not yet; 0 elsewhere."""


class SessionTableModel(QAbstractTableModel):
    """Rows of one Arrow table, in an order of their own."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: pa.Table | None = None
        self._columns: dict[str, pa.ChunkedArray] = {}  # of `_rows`: to ask it for one costs more than a cell
        self._order: Int64s = np.zeros(0, np.int64)

    def show_rows(self, rows: pa.Table, positions: Int64s | None = None) -> None:
        """Show a catalogue (with or without what was decided), or its rows at `positions`, as they come."""
        self.beginResetModel()
        self._take(rows)
        self._order = np.arange(rows.num_rows) if positions is None else positions
        self.endResetModel()

    def fill(self, rows: pa.Table) -> None:
        """The same rows with further columns."""
        self._take(rows)
        if len(self._order):
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._order) - 1, len(COLUMNS) - 1))

    def _take(self, rows: pa.Table) -> None:
        self._rows, self._columns = rows, dict(zip(rows.column_names, rows.columns, strict=True))

    def session_id(self, row: int) -> str:
        return self.session_ids(np.array([row], np.int64))[0]

    def session_ids(self, rows: Int64s) -> tuple[str, ...]:
        if self._rows is None or not len(rows):
            return ()
        return tuple(self._rows["id"].take(pa.array(self._order[rows])).to_pylist())

    def row_of(self, session_id: str) -> int | None:
        found = self.rows_of((session_id,))
        return int(found[0]) if len(found) else None

    def rows_of(self, session_ids: Sequence[str]) -> Int64s:
        """Where sessions stand, ascending; those that are not shown have no row."""
        if self._rows is None or not session_ids:
            return np.zeros(0, np.int64)
        wanted = np.zeros(self._rows.num_rows, bool)
        among = pc.is_in(self._rows["id"], pa.array(session_ids, pa.string()))
        wanted[among.to_numpy()] = True
        return np.flatnonzero(wanted[self._order])

    def next_beginning(self, text: str, column: int, after: int) -> int | None:
        """The next row after `after`, going round, whose cell (its id, where a cell is no word) begins with `text`."""
        if self._rows is None or not len(self._order):
            return None
        source = COLUMNS[column].source
        is_word = source in self._rows.column_names and pa.types.is_string(self._rows.schema.field(source).type)
        begins = pc.starts_with(self._rows[source if is_word else "id"], text, ignore_case=True)
        found = np.flatnonzero(pc.fill_null(begins, False).to_numpy()[self._order])
        if not len(found):
            return None
        return int(found[np.searchsorted(found, after, "right") % len(found)])

    def record(self, row: int) -> dict[str, Any]:
        """The whole catalogue row."""
        assert self._rows is not None
        found: dict[str, Any] = self._rows.slice(int(self._order[row]), 1).to_pylist()[0]
        return found

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._order)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section].title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(COLUMNS[section])
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or self._rows is None:
            return None
        column = COLUMNS[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole, BADGE_ROLE, ACTIVITY_ROLE):
            return None
        look = self.look(index.row(), index.column())
        if role == BADGE_ROLE:
            return look.badge
        return look.activity if role == ACTIVITY_ROLE else look.text

    def look(self, row: int, column: int) -> Look:
        """What a shown cell shows."""
        shown, at = COLUMNS[column], int(self._order[row])
        value = self._cell(shown.source, at)
        text = "–" if value is None and shown.source != "activity" else shown.text(value)
        activity = value if shown.source == "activity" else None
        return Look(text, _alignment(shown), self._badge(shown.source, value, at), activity)

    def _cell(self, source: str, row: int) -> Any:
        column = self._columns.get(source)
        return _UNKNOWN.get(source, 0) if column is None else column[row].as_py()

    def _badge(self, source: str, value: Any, row: int) -> Badge | None:
        if source == "sync_method":
            return sync_badge(value, self._cell("sync_sigma_ns", row))
        if source == "consent":
            return consent_badge(value)
        return state_badge(value) if source == "state" else None


def _alignment(column: Shown) -> Qt.AlignmentFlag:
    return _RIGHT if column.right else _LEFT
