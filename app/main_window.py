"""The window: a rail, a banner, the pages, the jobs tray. It places them, keeps its geometry and closes; no more."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QSize, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QWidget

from widgets.controls import column, row
from widgets.jobs_tray import JobsTray
from widgets.notifications import Banner, Toast
from widgets.rail import Rail, RailEntry

_FIRST_SIZE = QSize(1440, 900)
_TITLE_BAR_PX = 32


class MainWindow(QMainWindow):
    """Holds the pages by name and shows one."""

    closing = Signal()
    page_changed = Signal(object)  # str

    def __init__(self, pages: dict[str, QWidget], entries: tuple[RailEntry, ...]) -> None:
        super().__init__()
        self.setWindowTitle("Safelight")
        self.resize(_FIRST_SIZE.boundedTo(self.screen().availableSize() - QSize(0, _TITLE_BAR_PX)))
        self._pages = pages
        self.rail = Rail(entries)
        self.banner = Banner()
        self.tray = JobsTray()
        self._stack = QStackedWidget()
        for page in pages.values():
            self._stack.addWidget(page)
        centre = QWidget()
        right = column(self._stack, self.tray, spacing=0)
        right.setStretch(0, 1)
        body = row(self.rail, right, spacing=0)
        body.setStretch(1, 1)
        outer = column(self.banner, body, spacing=0)
        outer.setStretch(1, 1)
        centre.setLayout(outer)
        self.setCentralWidget(centre)
        self.toast = Toast(centre)
        self.rail.page_requested.connect(self.show_page)
        self.show_page(next(iter(pages)))

    @property
    def page(self) -> str:
        return next(name for name, page in self._pages.items() if page is self._stack.currentWidget())

    def show_page(self, name: str) -> None:
        self._stack.setCurrentWidget(self._pages[name])
        self.rail.show_page(name)
        self.page_changed.emit(name)

    def geometry_bytes(self) -> bytes:
        return bytes(self.saveGeometry().data())

    def restore(self, geometry: bytes) -> None:
        if geometry:
            self.restoreGeometry(QByteArray(geometry))

    def closeEvent(self, event: QCloseEvent) -> None:
        self.closing.emit()
        super().closeEvent(event)
