"""The session list: a virtual table over the catalogue's Arrow rows. 100 000 rows cost what is on screen.

Filtering is asked for (`SessionFilterBar`), answered elsewhere and shown with `show_rows`; sorting is done here, on
Arrow columns. The table holds no titles, goals or texts, because the catalogue has none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from widgets.badges import consent_badge, state_badge, sync_badge
from widgets.wording import app_name, date, grouped, length, short_id

Index = QModelIndex | QPersistentModelIndex
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
    Shown("Session", "id", short_id, 96),
    Shown("Started (UTC)", "started_at_utc_ns", date, 130),
    Shown("Length", "duration_ns", length, 72, right=True),
    Shown("Apps", "apps", _apps, 180),
    Shown("Activity", "activity", lambda _: "", 130),
    Shown("Events", "events", grouped, 78, right=True),
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


class SessionTableModel(QAbstractTableModel):
    """Rows of one Arrow table, in an order of their own."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: pa.Table | None = None
        self._order: npt.NDArray[np.int64] = np.zeros(0, np.int64)
        self._shown = self._order
        self._sorted_by: tuple[int, Qt.SortOrder] | None = None

    def show_rows(self, rows: pa.Table, positions: npt.NDArray[np.int64] | None = None) -> None:
        """Show a catalogue (with or without the columns of what was decided), or its rows at `positions`.

        The chosen sorting stays; without one they stand as they come.
        """
        self.beginResetModel()
        self._rows = rows.combine_chunks()
        self._shown = np.arange(rows.num_rows) if positions is None else positions
        self._order = self._shown
        self._apply_sort()
        self.endResetModel()

    def session_id(self, row: int) -> str:
        assert self._rows is not None
        found: str = self._rows["id"][int(self._order[row])].as_py()
        return found

    def row_of(self, session_id: str) -> int | None:
        if self._rows is None:
            return None
        at = pc.index(self._rows["id"], session_id).as_py()
        found = np.flatnonzero(self._order == at)
        return None if at < 0 or not len(found) else int(found[0])

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
        row = int(self._order[index.row()])
        value = self._cell(column.source, row)
        if role == BADGE_ROLE:
            return self._badge(column.source, value, row)
        if role == ACTIVITY_ROLE:
            return value if column.source == "activity" else None
        return "–" if value is None and column.source != "activity" else column.text(value)

    def _cell(self, source: str, row: int) -> Any:
        assert self._rows is not None
        if source not in self._rows.column_names:
            return "new" if source == "state" else 0
        return self._rows[source][row].as_py()

    def _badge(self, source: str, value: Any, row: int) -> Any:
        if source == "sync_method":
            return sync_badge(value, self._cell("sync_sigma_ns", row))
        if source == "consent":
            return consent_badge(value)
        return state_badge(value) if source == "state" else None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self.layoutAboutToBeChanged.emit()
        self._sorted_by = (column, order)
        self._apply_sort()
        self.layoutChanged.emit()

    def _apply_sort(self) -> None:
        if self._sorted_by is None or self._rows is None or self._sorted_by[0] < 0:
            return
        source = COLUMNS[self._sorted_by[0]].source
        source = "sync_sigma_ns" if source == "sync_method" else source
        if source not in self._rows.column_names:
            return
        whole = len(self._shown) == self._rows.num_rows
        chosen = self._rows if whole else self._rows.select([source, "id"]).take(pa.array(self._shown))
        values = chosen[source]
        if pa.types.is_list(values.type):
            values = pc.list_value_length(values)
        direction = "ascending" if self._sorted_by[1] is Qt.SortOrder.AscendingOrder else "descending"
        table = pa.table({"value": values, "id": chosen["id"]})
        keys = [("value", direction, "at_end"), ("id", "ascending", "at_end")]
        order = pc.sort_indices(table, sort_keys=keys).to_numpy().astype(np.int64)
        self._order = order if whole else self._shown[order]


def _alignment(column: Shown) -> Qt.AlignmentFlag:
    return Qt.AlignmentFlag.AlignVCenter | (Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft)
