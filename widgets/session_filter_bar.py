"""The filter box above the session list: typed words, chips for common ones, a sentence when it is not understood."""

from __future__ import annotations

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QPushButton, QToolButton, QWidget

from widgets import theme
from widgets.controls import button, column, label, line_edit, row

SETTLE_MS = 150
_GAP_PX, _LEAST_PX = 6, 400
CHIPS = (
    ("New", "state:new"),
    ("In progress", "state:in_progress"),
    ("Done", "state:done"),
    ("No labels", "label:none"),
    ("With redactions", "redaction:any"),
    ("With problems", "-problem:none"),
    ("Over 10 min", "dur:>10m"),
)
EXAMPLE = 'app:outlook  dur:>10m  label:none  started:2026-04  typed:"invoice"  or any word'


class SessionFilterBar(QWidget):
    """Asks for a filter once typing settles; shows what came of it."""

    filter_requested = Signal(object)  # str
    search_requested = Signal(object)  # str, once it may also be looked for inside the sessions

    def __init__(self) -> None:
        super().__init__()
        self._box = line_edit("Filter sessions", f"Filter: {EXAMPLE}")
        self._box.addAction(theme.icon("search", "muted"), self._box.ActionPosition.LeadingPosition)
        self._box.setClearButtonEnabled(True)
        for inside in self._box.findChildren(QToolButton):
            inside.setAccessibleName("Filter")
        self._count = label("", "muted")
        self._note = label("", "muted")
        self._note.hide()
        self._error = label("", "error", wrap=True)
        self._error.hide()
        self._chips = {word: self._chip(title, word) for title, word in CHIPS}
        self._settled = QTimer(self, interval=SETTLE_MS, singleShot=True)
        self._settled.timeout.connect(self._ask)
        self._box.textChanged.connect(self._typed)
        self._box.returnPressed.connect(self.look)
        top = row(self._box, self._count, spacing=12)
        self.setLayout(
            column(top, row(*self._chips.values(), None, spacing=_GAP_PX), self._note, self._error, spacing=8)
        )
        self.setFocusProxy(self._box)

    def minimumSizeHint(self) -> QSize:
        return QSize(_LEAST_PX, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """When it gets narrow, the last chips leave first; their words can still be typed."""
        super().resizeEvent(event)
        needed = 0
        for chip in self._chips.values():
            needed += chip.sizeHint().width() + _GAP_PX
            chip.setVisible(needed <= self.width())

    def _chip(self, title: str, word: str) -> QPushButton:
        out = button(title, role="chip")
        out.setCheckable(True)
        out.setToolTip(word)
        out.clicked.connect(lambda on: self._set_word(word, on))
        return out

    def _set_word(self, word: str, on: bool) -> None:
        words = [w for w in self._box.text().split() if w != word]
        self._box.setText(" ".join([*words, word] if on else words))

    def _typed(self, text: str) -> None:
        words = text.split()
        for word, chip in self._chips.items():
            chip.setChecked(word in words)
        self._settled.start()

    def _ask(self) -> None:
        self._settled.stop()
        self.filter_requested.emit(self._box.text().strip())

    def look(self) -> None:
        """Ask to filter, and to look into the sessions where the filter has words of theirs."""
        self._settled.stop()
        self.search_requested.emit(self._box.text().strip())

    def toggle_word(self, word: str) -> None:
        """Put a word into the box, or take it out."""
        whole = f" {self._box.text()} "
        is_there = f" {word} " in whole
        self._box.setText(whole.replace(f" {word} ", " ").strip() if is_there else f"{self._box.text()} {word}".strip())
        self._ask()

    @property
    def text(self) -> str:
        return self._box.text().strip()

    def set_text(self, text: str) -> None:
        """Fill the box as if typed."""
        self._box.setText(text)

    def show_count(self, text: str) -> None:
        self._count.setText(text)
        self.show_note("")
        self._show_error("")

    def show_note(self, text: str) -> None:
        """What is true of the list beside its count, such as into which sessions nobody could look."""
        self._note.setText(text)
        self._note.setVisible(bool(text))

    def show_refusal(self, sentence: str) -> None:
        """Say at the box why the filter was not understood; the rows stay as they were."""
        self._show_error(sentence)

    def _show_error(self, sentence: str) -> None:
        self._error.setText(sentence)
        self._error.setVisible(bool(sentence))
        self._box.setProperty("invalid", bool(sentence))
        self._box.style().unpolish(self._box)
        self._box.style().polish(self._box)
