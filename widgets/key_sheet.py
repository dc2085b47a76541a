"""F1: the keys that are valid here, by group, read from the same registry as the menus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QScrollArea, QWidget

from widgets.controls import button, column, label, row


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One action on the sheet; `keys` as shown, e.g. `Shift+→`."""

    group: str
    title: str
    keys: tuple[str, ...]


class KeySheet(QDialog):
    """A sheet of keys; Escape or F1 closes it."""

    def __init__(self, parent: QWidget, rows: Sequence[KeyRow]) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys")
        self.setAccessibleName("Keys valid here")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        groups: dict[str, list[KeyRow]] = {}
        for r in rows:
            groups.setdefault(r.group, []).append(r)
        columns = [column(spacing=18), column(spacing=18)]
        heights = [0, 0]
        for name, members in groups.items():
            side = heights.index(min(heights))
            heights[side] += len(members) + 2
            columns[side].addLayout(_group(name, members))
        for c in columns:
            c.addStretch(1)
        body = QWidget()
        body.setLayout(row(*columns, margins=(24, 20, 24, 20), spacing=40))
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(body)
        close = row(None, button("Close", self.accept), margins=(16, 8, 16, 12))
        self.setLayout(column(area, close, spacing=0))
        self.resize(min(parent.width(), body.sizeHint().width() + area.verticalScrollBar().sizeHint().width() + 2), 640)


def _group(name: str, members: list[KeyRow]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(6)
    grid.addWidget(label(name, "heading"), 0, 0, 1, 2)
    for i, member in enumerate(members, start=1):
        keys = row(*(label(k, "key") for k in member.keys), None, spacing=4)
        grid.addLayout(keys, i, 0, Qt.AlignmentFlag.AlignVCenter)
        grid.addWidget(label(member.title), i, 1)
    grid.setColumnMinimumWidth(0, 150)
    grid.setColumnStretch(1, 1)
    return grid
