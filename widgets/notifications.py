"""What the window says on its own: a banner for what stays true, a toast for what happened elsewhere."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer
from PySide6.QtWidgets import QFrame, QLabel, QWidget

from widgets import theme
from widgets.controls import button, label, row, tool

TOAST_MS = 6000


class Banner(QFrame):
    """One sentence across the window for as long as it holds; not to be dismissed."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("banner")
        self._icon = QLabel()
        self._text = label("")
        self._text.setWordWrap(True)
        self._text.setMinimumWidth(200)
        self._run: Callable[[], object] = lambda: None
        self._act = button("", lambda: self._run())
        line = row(self._icon, self._text, self._act, margins=(16, 6, 16, 6), spacing=10)
        line.setStretch(1, 1)
        self.setLayout(line)
        self.hide()

    def show_sentence(
        self, sentence: str, *, icon: str, tone: str, action: str = "", run: Callable[[], object] = lambda: None
    ) -> None:
        """`tone` is `note` (amber) or `alarm` (red); `action` names a button that runs; no sentence, no banner."""
        self._text.setText(sentence)
        self._act.setText(action)
        self._act.setAccessibleName(action or "Nothing to do")
        self._act.setVisible(bool(action))
        self._run = run
        self.setAccessibleName(sentence)
        color = "accent" if tone == "note" else "danger_text"
        self._icon.setPixmap(theme.icon(icon, color).pixmap(QSize(16, 16)))
        self.setProperty("tone", tone)
        self.style().unpolish(self)
        self.style().polish(self)
        self.setVisible(bool(sentence))


class Toast(QFrame):
    """A sentence in the lower right corner that leaves by itself; errors stay until closed."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("toast")
        self._icon = QLabel()
        self._text = label("", wrap=True)
        self._text.setMinimumWidth(280)
        self._text.setMaximumWidth(420)
        line = row(
            self._icon, self._text, tool("x", "Close the message", self.hide), margins=(14, 10, 8, 10), spacing=10
        )
        line.setAlignment(self._icon, Qt.AlignmentFlag.AlignTop)
        self.setLayout(line)
        self._leave = QTimer(self, interval=TOAST_MS, singleShot=True)
        self._leave.timeout.connect(self.hide)
        self._over = parent
        parent.installEventFilter(self)
        self.hide()

    @property
    def sentence(self) -> str:
        return self._text.text() if self.isVisible() else ""

    def say(self, sentence: str, *, error: bool = False) -> None:
        self._text.setText(sentence)
        self.setAccessibleName(sentence)
        name, color = ("circle-alert", "danger_text") if error else ("circle-check", "ok_text")
        self._icon.setPixmap(theme.icon(name, color).pixmap(QSize(16, 16)))
        self.setProperty("tone", "error" if error else "note")
        self.style().unpolish(self)
        self.style().polish(self)
        self._leave.stop()
        if not error:
            self._leave.start()
        self.show()
        self._place()

    def _place(self) -> None:
        self.adjustSize()
        area = self._over.rect()
        self.move(area.right() - self.width() - 20, area.bottom() - self.height() - 20)
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)
