"""The search inside a session: a box, what it found in order of time, and a way from one hit to the next."""

from __future__ import annotations

from bisect import insort
from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import QLineEdit, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QToolButton, QWidget

from curation.search.session_search import MOST_HITS, Hit
from curation.search.session_words import Kind
from curation.veil import Veil
from replay.timebase import TimeNs, format_t
from widgets import theme
from widgets.controls import column, label, row, tool
from widgets.panel_state import PanelState, StatePage
from widgets.row_view import RowView
from widgets.session_table import Index
from widgets.wording import count, grouped, words

SETTLE_MS: Final = 120
ROW_PX: Final = 24
EXAMPLES: Final = (
    'Words, "a phrase", app:mail typed:invoice, -title:draft. '
    "Fields: app, title, url, typed, text, element, label, problem, step."
)
HIT_ROLE = Qt.ItemDataRole.UserRole
_ICONS = {
    Kind.LABEL: ("tag", "track.labels"),
    Kind.PROBLEM: ("circle-alert", "track.problems"),
    Kind.WINDOW: ("app-window", "track.windows"),
    Kind.TEXT: ("text-cursor-input", "track.texts"),
    Kind.STEP: ("list-ordered", "muted"),
    Kind.TYPED: ("keyboard", "track.keys"),
    Kind.ELEMENT: ("layers", "muted"),
}
_ORDER = {kind: i for i, kind in enumerate(Kind)}


def _in_time(hit: Hit) -> tuple[TimeNs, int, str]:
    return hit.t_ns, _ORDER[hit.kind], hit.snippet


class HitModel(QAbstractListModel):
    """What was found so far, in order of time."""

    def __init__(self) -> None:
        super().__init__()
        self._hits: list[Hit] = []

    def clear(self) -> None:
        self.beginResetModel()
        self._hits = []
        self.endResetModel()

    def add(self, hits: tuple[Hit, ...]) -> None:
        """More hits, each where its time puts it."""
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        marked = [self._hits[i.row()] for i in before]
        if len(hits) > len(self._hits):
            self._hits = sorted([*self._hits, *hits], key=_in_time)
        else:
            for hit in hits:
                insort(self._hits, hit, key=_in_time)
        self.changePersistentIndexList(before, [self.index(self._hits.index(h)) for h in marked])
        self.layoutChanged.emit()

    def hit(self, at: int) -> Hit:
        return self._hits[at]

    def row_after(self, t_ns: TimeNs) -> int:
        """The first hit later than a moment; their number where there is none."""
        return next((i for i, h in enumerate(self._hits) if h.t_ns > t_ns), len(self._hits))

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._hits)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        hit = self._hits[index.row()]
        if role == HIT_ROLE:
            return hit
        if role == Qt.ItemDataRole.DisplayRole:
            return hit.snippet
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{format_t(hit.t_ns)}, {words(hit.field)}: {hit.snippet}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{words(hit.field)} · {format_t(hit.t_ns)}"
        return None


class HitPainter(QStyledItemDelegate):
    """Time, kind, and the words around what was sought, which stands out."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        style = option.widget.style()
        style.drawPrimitive(QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, option.widget)
        hit: Hit = index.data(HIT_ROLE)
        area = QRectF(option.rect)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.save()
        painter.setFont(theme.mono_font(11))
        painter.setPen(theme.color("muted"))
        painter.drawText(area.adjusted(10, 0, 0, 0), middle, format_t(hit.t_ns))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        icon, color = _ICONS[hit.kind]
        theme.paint_icon(painter, icon, QRectF(area.x() + 108, area.center().y() - 6, 13, 13), color)
        self._paint_words(painter, area.adjusted(130, 0, -8, 0), hit)
        painter.restore()

    def _paint_words(self, painter: QPainter, area: QRectF, hit: Hit) -> None:
        """The snippet from a little before what was sought, so that a narrow panel shows it too."""
        lead = hit.snippet[: hit.start]
        sought, rest = hit.snippet[hit.start : hit.end], hit.snippet[hit.end :]
        painter.setFont(theme.interface_font(12))
        metrics = painter.fontMetrics()
        room = area.width() * 0.4
        if metrics.horizontalAdvance(lead) > room:
            lead = metrics.elidedText(lead, Qt.TextElideMode.ElideLeft, int(room))
        x = area.x()
        for text, color, weight in ((lead, "muted", 400), (sought, "accent", 600), (rest, "text", 400)):
            painter.setFont(theme.interface_font(12, weight))
            painter.setPen(theme.color(color))
            left = area.right() - x
            if left <= 0:
                return
            fitted = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(left) + 1)
            painter.drawText(QRectF(x, area.y(), left, area.height()), Qt.AlignmentFlag.AlignVCenter, fitted)
            x += painter.fontMetrics().horizontalAdvance(text)


class _Box(QLineEdit):
    """Enter and Shift+Enter go from hit to hit; Down goes into the list."""

    stepped = Signal(object)  # +1, -1
    list_wanted = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.stepped.emit(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
        elif event.key() == Qt.Key.Key_Down:
            self.list_wanted.emit()
        else:
            super().keyPressEvent(event)


class SearchPanel(QWidget):
    """Asks for a query once typing settles, and to go to the time of a hit."""

    query_requested = Signal(object)  # str
    time_requested = Signal(object)  # t_ns
    words_changed = Signal(object)  # Veil: what may be read of the session; None where none is open

    def __init__(self) -> None:
        super().__init__()
        self._box = _Box()
        self._box.setAccessibleName("Search the session")
        self._box.setPlaceholderText("Search the session")
        self._box.setToolTip(EXAMPLES)
        self._box.addAction(theme.icon("search", "muted"), self._box.ActionPosition.LeadingPosition)
        self._box.setClearButtonEnabled(True)
        for inside in self._box.findChildren(QToolButton):
            inside.setAccessibleName("Search")
        self._previous = tool("chevron-left", "Previous hit (Shift+F3)", lambda: self.step(-1))
        self._next = tool("chevron-right", "Next hit (F3)", lambda: self.step(1))
        self._said = label("", "muted", wrap=True)
        self._model = HitModel()
        self._view = RowView("Hits", ROW_PX)
        self._view.setModel(self._model)
        self._view.setItemDelegate(HitPainter(self._view))
        self._page = StatePage(self._view)
        self._settled = QTimer(self, interval=SETTLE_MS, singleShot=True)
        self._settled.timeout.connect(self._ask)
        self._t_ns: TimeNs = 0
        self._is_open = False
        self._wire()
        top = column(row(self._box, self._previous, self._next, spacing=4), self._said, spacing=4)
        top.setContentsMargins(8, 8, 8, 0)
        self.setLayout(column(top, self._page, spacing=6))
        self.setMinimumWidth(264)
        self.setFocusProxy(self._box)
        self.show_closed()

    def _wire(self) -> None:
        self._box.textChanged.connect(lambda _: self._settled.start())
        self._box.stepped.connect(self.step)
        self._box.list_wanted.connect(self._into_list)
        self._view.row_chosen.connect(lambda index: self.time_requested.emit(index.data(HIT_ROLE).t_ns))

    def sizeHint(self) -> QSize:
        return QSize(330, 400)

    @property
    def query(self) -> str:
        return self._box.text().strip()

    def set_query(self, text: str) -> None:
        """Fill the box as if typed, and ask at once."""
        self._box.setText(text)
        self._ask()

    def ask(self) -> None:
        """Put the cursor into the box, what stands there picked."""
        self._box.setFocus()
        self._box.selectAll()

    def _ask(self) -> None:
        self._settled.stop()
        self.query_requested.emit(self.query)

    # -- hits ------------------------------------------------------------------------------------------------------

    def show_playhead(self, t_ns: TimeNs) -> None:
        """From where the next hit is sought."""
        self._t_ns = t_ns

    def step(self, direction: int) -> None:
        """Go to the hit after (or before) the one picked, else after the playhead; round and round."""
        if self._settled.isActive():
            self._ask()
        n = self._model.rowCount()
        if not n:
            return
        current = self._view.currentIndex().row()
        if current >= 0:
            at = current + direction
        else:
            at = self._model.row_after(self._t_ns - 1 if direction > 0 else self._t_ns) - (direction < 0)
        index = self._model.index(at % n)
        self._view.setCurrentIndex(index)
        self._view.scrollTo(index)
        self.time_requested.emit(self._model.hit(index.row()).t_ns)

    def _into_list(self) -> None:
        if self._model.rowCount():
            self._view.setFocus()
            if not self._view.currentIndex().isValid():
                self.step(1)

    # -- what is shown ---------------------------------------------------------------------------------------------

    def _say(self, text: str, role: str = "muted") -> None:
        self._said.setText(text)
        self._said.setVisible(bool(text))
        self._said.setProperty("role", role)
        for changed in (self._said, self._box):
            self._box.setProperty("invalid", role == "error")
            changed.style().unpolish(changed)
            changed.style().polish(changed)

    def _show(self, state: PanelState) -> None:
        self._model.clear()
        self._say("")
        self._enable_steps()
        self._page.show_state(state)

    def _enable_steps(self) -> None:
        for button in (self._previous, self._next):
            button.setEnabled(self._model.rowCount() > 0)

    def show_words(self, veil: Veil | None) -> None:
        """Other words may be read than before: whoever searches hears of it."""
        self.words_changed.emit(veil)

    def show_closed(self) -> None:
        self._box.setEnabled(False)
        self._show(PanelState.empty("No session is open", "Open one in the Library.", "search"))

    def show_hidden(self) -> None:
        """The words are not to be read yet, or at all; why is said at the frame."""
        self._box.setEnabled(True)
        self._show(PanelState.loading("Words are hidden", "They can be sought once it is known what redactions hide."))

    def show_ready(self) -> None:
        """Nothing is sought."""
        self._box.setEnabled(True)
        self._show(PanelState.empty("Search this session", EXAMPLES, "search"))

    def show_started(self) -> None:
        """A search begins; what it finds is added."""
        self._box.setEnabled(True)
        self._show(PanelState.loading("Searching…"))

    def show_refusal(self, sentence: str) -> None:
        """Say at the box why the query was not understood."""
        self._show(PanelState.empty("Nothing is sought", EXAMPLES, "search"))
        self._say(sentence, "error")

    def add_hits(self, hits: tuple[Hit, ...]) -> None:
        if hits:
            self._model.add(hits)
            self._page.show_content()
            self._enable_steps()
        self._say(f"{count(self._model.rowCount(), 'hit')} so far…")

    def show_finished(self) -> None:
        """Everything was looked at, or more was found than is listed."""
        n = self._model.rowCount()
        if not n:
            self._show(PanelState.empty("Nothing found", "Nothing that may be read here has these words.", "search"))
        elif n >= MOST_HITS:
            self._say(f"The first {grouped(n)} hits. Add a word to narrow them.")
        else:
            self._say(count(n, "hit"))
