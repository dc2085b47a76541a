"""The first screen: three ways to begin, and nothing else to configure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QWidget

from widgets import theme
from widgets.controls import column, label, row

TAGLINE = (
    "Replay captured sessions, label and trim them, hide what must not leave, and export what a model can learn from."
)


class DropZone(QFrame):
    """A frame that takes files and folders dropped on it."""

    dropped = Signal(object)  # tuple[Path, ...]

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("dropzone")
        self.setAcceptDrops(True)

    def _light(self, on: bool) -> None:
        self.setProperty("over", on)
        self.style().unpolish(self)
        self.style().polish(self)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            self._light(True)
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._light(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._light(False)
        paths = tuple(Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile())
        if paths:
            event.acceptProposedAction()
            self.dropped.emit(paths)


class FirstRun(QWidget):
    """Open the demo, import a folder, or open a library; each says what it will do before it does it."""

    def __init__(self, demo: Callable[[], object], import_: Callable[[], object], open_: Callable[[], object]) -> None:
        super().__init__()
        self.setObjectName("page")
        self.drop = DropZone()
        self._note = label("", "muted", wrap=True)
        self._note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._error = label("", "error", wrap=True)
        self._error.setAlignment(Qt.AlignmentFlag.AlignCenter)
        lamp = QLabel()
        lamp.setPixmap(theme.icon("scan", "accent").pixmap(QSize(40, 40)))
        head = column(lamp, label("Safelight", "title"), spacing=8)
        tagline = label(TAGLINE, "muted", wrap=True)
        choices = (
            _choice(
                "flask-conical",
                "Open the demo",
                "Makes a small library of made-up desktop work. Nothing is downloaded.",
                demo,
            ),
            _choice(
                "folder-input",
                "Import a folder",
                "Reads a recorder's files into a library. The files stay as they are.",
                import_,
            ),
            _choice("folder-open", "Open a library", "Continues where you left off.", open_),
        )
        hint = label("or drop a recording's folder here", "small")
        hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        inner = column(
            head, tagline, 12, *choices, 4, hint, self._note, self._error, margins=(40, 32, 40, 24), spacing=10
        )
        self.drop.setLayout(inner)
        self.drop.setFixedWidth(600)
        self.setLayout(column(None, row(None, self.drop, None), None))
        self.choices = choices

    def show_error(self, sentence: str) -> None:
        """Why the last choice could not be carried out, in place."""
        self._note.setText("")
        self._error.setText(sentence)

    def show_note(self, sentence: str) -> None:
        """What is being done about the last choice, in place."""
        self._error.setText("")
        self._note.setText(sentence)


def _choice(icon: str, title: str, hint: str, run: Callable[[], object]) -> QPushButton:
    out = QPushButton()
    out.setProperty("role", "choice")
    out.setAccessibleName(title)
    out.setAccessibleDescription(hint)
    out.setAutoDefault(False)
    picture = QLabel()
    picture.setPixmap(theme.icon(icon, "accent").pixmap(QSize(24, 24)))
    text = column(label(title, "heading"), label(hint, "small"), spacing=2)
    line = row(picture, text, None, margins=(16, 10, 16, 10), spacing=16)
    out.setLayout(line)
    out.setMinimumHeight(68)
    for child in out.findChildren(QLabel):
        child.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    out.clicked.connect(lambda: run())
    return out
