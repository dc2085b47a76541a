"""What an export would do, session by session: how much leaves, or why nothing does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, Qt
from PySide6.QtGui import QColor, QIcon
from PySide6.QtWidgets import QHeaderView, QTableView

from widgets import theme
from widgets.session_table import Index
from widgets.wording import grouped, short_id

TITLES = ("Session", "Episodes", "Steps", "Frames", "Masked", "Cut", "Verdict")


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One session of a plan. `refused`: the sentence that says why nothing of it leaves; `warnings` do not block."""

    session: str
    episodes: int = 0
    steps: int = 0
    frames: int = 0
    masked_frames: int = 0
    cut_frames: int = 0
    refused: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        return self.refused or (" ".join(self.warnings) if self.warnings else "Leaves")


class PlanModel(QAbstractTableModel):
    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[PlanRow, ...] = ()

    def show_rows(self, rows: Sequence[PlanRow]) -> None:
        self.beginResetModel()
        self._rows = tuple(rows)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(TITLES)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        return TITLES[section] if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        r, last = self._rows[index.row()], index.column() == len(TITLES) - 1
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(r)[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole and last:
            return r.verdict
        if role == Qt.ItemDataRole.DecorationRole and last:
            return _verdict_icon(r)
        if role == Qt.ItemDataRole.ForegroundRole and r.refused and not last:
            return QColor(theme.color("muted"))
        return _alignment(index.column()) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def _text(self, r: PlanRow) -> tuple[str, ...]:
        if r.refused:
            return (short_id(r.session), "–", "–", "–", "–", "–", r.verdict)
        numbers = (r.episodes, r.steps, r.frames, r.masked_frames, r.cut_frames)
        return (short_id(r.session), *(grouped(n) for n in numbers), r.verdict)


def _alignment(column: int) -> Qt.AlignmentFlag:
    """Numbers to the right, words to the left."""
    side = Qt.AlignmentFlag.AlignRight if 0 < column < len(TITLES) - 1 else Qt.AlignmentFlag.AlignLeft
    return Qt.AlignmentFlag.AlignVCenter | side


def _verdict_icon(r: PlanRow) -> QIcon:
    if r.refused:
        return theme.icon("ban", "danger_text")
    return theme.icon("triangle-alert", "accent") if r.warnings else theme.icon("circle-check", "ok_text")


class PlanTable(QTableView):
    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Plan of the export")
        self._rows = PlanModel()
        self.setModel(self._rows)
        self.setShowGrid(False)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.verticalHeader().hide()
        self.horizontalHeader().setAccessibleName("Columns of the plan")
        self.verticalHeader().setDefaultSectionSize(int(theme.tokens().metric["row"]) + 4)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setDefaultSectionSize(84)
        self.setColumnWidth(0, 120)
        self.horizontalHeader().setSectionResizeMode(len(TITLES) - 1, QHeaderView.ResizeMode.Stretch)

    def show_rows(self, rows: Sequence[PlanRow]) -> None:
        self._rows.show_rows(rows)
