"""The step list: each action beside the frame that was seen before it, which is what a trainer is given."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from typing import Any

from PySide6.QtCore import QAbstractListModel, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from curation.steps.model import ActionType, Step
from curation.veil import Veil
from replay.timebase import TimeNs, format_t
from widgets import theme
from widgets.controls import column, label
from widgets.panel_state import PanelState, StatePage
from widgets.row_view import RowView
from widgets.session_table import Index
from widgets.step_rows import NO_STEPS, StepRows, detailed, titled
from widgets.wording import count, words

STEP_ROLE = Qt.ItemDataRole.UserRole
PICTURE_ROLE = Qt.ItemDataRole.UserRole + 1
CURRENT_ROLE = Qt.ItemDataRole.UserRole + 2
THUMB = QSize(104, 60)
_ROW_PX = 72
_KEPT_PICTURES = 400
ICONS = {
    ActionType.CLICK: "mouse-pointer-2",
    ActionType.LONG_PRESS: "timer",
    ActionType.DRAG: "hand",
    ActionType.SCROLL: "mouse",
    ActionType.TYPE: "text-cursor-input",
    ActionType.KEY: "keyboard",
    ActionType.HOVER: "crosshair",
    ActionType.WAIT: "clock",
    ActionType.TERMINATE: "flag",
}


class StepModel(QAbstractListModel):
    """The steps and the pictures that arrived for them."""

    def __init__(self) -> None:
        super().__init__()
        self._rows = NO_STEPS
        self._veil = Veil(None)
        self._pictures: OrderedDict[int, QImage] = OrderedDict()
        self._current = -1

    def show_steps(self, rows: StepRows, veil: Veil) -> None:
        """Steps, worded as `veil` leaves them."""
        self.beginResetModel()
        self._rows, self._veil, self._current = rows, veil, -1
        self.endResetModel()

    def forget_pictures(self) -> None:
        self._pictures.clear()

    def show_picture(self, frame_index: int, picture: QImage) -> None:
        self._pictures[frame_index] = picture
        while len(self._pictures) > _KEPT_PICTURES:
            self._pictures.popitem(last=False)
        for row in self._rows.places_before(frame_index):
            self.dataChanged.emit(self.index(row), self.index(row), [PICTURE_ROLE])

    @property
    def current(self) -> int:
        return self._current

    def show_playhead(self, t_ns: TimeNs) -> int:
        """The row of the latest step begun at the playhead."""
        row = bisect_right(self._rows.starts_ns, t_ns) - 1
        before, self._current = self._current, row
        if before != row:
            for changed in (before, row):
                if changed >= 0:
                    self.dataChanged.emit(self.index(changed), self.index(changed), [CURRENT_ROLE])
        return row

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        if role == CURRENT_ROLE:
            return index.row() == self._current
        if role == PICTURE_ROLE:
            seen = self._rows.steps[index.row()].obs_index
            return None if seen is None else self._pictures.get(seen)
        step = self._veil.step(self._rows.steps[index.row()])
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{step.index + 1}. {titled(step.action)} {detailed(step.action)}".strip()
        if role == Qt.ItemDataRole.ToolTipRole:
            return ", ".join(words(f) for f in step.flags)
        return step if role == STEP_ROLE else None


class StepRowPainter(QStyledItemDelegate):
    """Observation, number, action, time and flags; where the action points is marked on the observation."""

    picture_wanted = Signal(object)  # frame index

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.frame_size: tuple[int, int] | None = None

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        style = option.widget.style()
        style.drawPrimitive(QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, option.widget)
        step: Step = index.data(STEP_ROLE)
        area = QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if index.data(CURRENT_ROLE):
            painter.fillRect(area, theme.with_alpha("accent", 0.10))
            painter.fillRect(QRectF(area.x(), area.y(), 2, area.height()), theme.color("accent"))
        self._paint_picture(painter, QRectF(area.x() + 10, area.y() + 6, THUMB.width(), THUMB.height()), step, index)
        self._paint_words(painter, area.adjusted(THUMB.width() + 22, 8, -8, -6), step)
        painter.restore()

    def _paint_picture(self, painter: QPainter, box: QRectF, step: Step, index: Index) -> None:
        painter.fillRect(box, theme.color("canvas"))
        picture: QImage | None = index.data(PICTURE_ROLE)
        if picture is None:
            if step.obs_index is not None:
                self.picture_wanted.emit(step.obs_index)
            return
        size = QSize(picture.width(), picture.height()).scaled(box.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
        shown = QRectF(0, 0, size.width(), size.height())
        shown.moveCenter(box.center())
        painter.drawImage(shown, picture)
        point = step.action.point
        if point is None or point.frame_x is None or point.frame_y is None or self.frame_size is None:
            return
        x = shown.x() + point.frame_x / self.frame_size[0] * shown.width()
        y = shown.y() + point.frame_y / self.frame_size[1] * shown.height()
        painter.setPen(QPen(theme.color("canvas"), 3.5))
        painter.drawEllipse(QPointF(x, y), 5, 5)
        painter.setPen(QPen(theme.color("accent"), 1.8))
        painter.drawEllipse(QPointF(x, y), 5, 5)

    def _paint_words(self, painter: QPainter, area: QRectF, step: Step) -> None:
        left, elide = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, Qt.TextElideMode.ElideRight
        theme.paint_icon(painter, ICONS[step.action.type], QRectF(area.x(), area.y() + 1, 14, 14), "text")
        painter.setFont(theme.interface_font(13, 600))
        painter.setPen(theme.color("text"))
        title = painter.fontMetrics().elidedText(titled(step.action), elide, int(area.width() - 60))
        painter.drawText(area.adjusted(20, 0, 0, 0), left, title)
        painter.setFont(theme.mono_font(11))
        painter.setPen(theme.color("muted"))
        painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, f"#{step.index + 1}")
        frame = "" if step.obs_index is None else f" · f {step.obs_index}"
        painter.drawText(area.adjusted(0, 40, 0, 0), left, format_t(step.t_start_ns) + frame)
        painter.setFont(theme.interface_font(12))
        beside = 20 if step.flags else 0  # the triangle
        detail = painter.fontMetrics().elidedText(detailed(step.action), elide, int(area.width() - beside))
        painter.drawText(area.adjusted(0, 20, 0, 0), left, detail)
        if step.flags:
            theme.paint_icon(painter, "triangle-alert", QRectF(area.right() - 13, area.y() + 22, 13, 13), "accent")


class StepPanel(QWidget):
    """Steps of the session as the default recipe reduces it."""

    time_requested = Signal(object)  # t_ns
    events_requested = Signal(object)  # the row of a step whose events are wanted
    picture_wanted = Signal(object)  # frame index

    def __init__(self) -> None:
        super().__init__()
        self._model = StepModel()
        self._view = RowView("Steps", _ROW_PX)
        self._view.setModel(self._model)
        self._painter = StepRowPainter(self._view)
        self._painter.picture_wanted.connect(self.picture_wanted)
        self._view.setItemDelegate(self._painter)
        self._view.row_chosen.connect(self._choose)
        self._view.row_opened.connect(lambda index: self.events_requested.emit(index.row()))
        self._summary = label("", "small")
        self._page = StatePage(self._view)
        self._summary.setContentsMargins(12, 8, 8, 0)
        self.setLayout(column(self._summary, self._page, spacing=6))
        self.show_state(PanelState.empty("No steps", "Open a session to see its actions.", "list-ordered"))

    def show_state(self, state: PanelState) -> None:
        self._summary.setText("")
        self._page.show_state(state)

    def show_session(self, frame_size: tuple[int, int] | None) -> None:
        """Another session: its pictures replace the ones before."""
        self._painter.frame_size = frame_size
        self._model.forget_pictures()

    def show_steps(self, rows: StepRows, veil: Veil) -> None:
        self._model.show_steps(rows, veil)
        notes = f", {count(rows.flagged, 'step')} flagged" if rows.flagged else ""
        self._summary.setText(f"{count(len(rows), 'step')} by reduce@1{notes}")
        if len(rows):
            self._page.show_content()
        else:
            self._page.show_state(PanelState.empty("No steps", "Nothing was done in what is kept of this session."))

    def show_picture(self, frame_index: int, picture: QImage) -> None:
        self._model.show_picture(frame_index, picture)

    def show_playhead(self, t_ns: TimeNs) -> None:
        self._view.keep_in_sight(self._model.show_playhead(t_ns))

    @property
    def current_row(self) -> int:
        """The row that is selected, else the one at the playhead; -1 where there is none."""
        picked = self._view.currentIndex()
        return picked.row() if picked.isValid() and self._view.hasFocus() else self._model.current

    def pick(self, row: int) -> None:
        """Select a step and bring it into sight."""
        self._view.pick(row)
        self._view.setFocus()

    def _choose(self, index: Index) -> None:
        step: Step = index.data(STEP_ROLE)
        self.time_requested.emit(step.t_start_ns)
