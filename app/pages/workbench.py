"""The Workbench: canvas and transport in the middle, lists left, inspector right, timeline below; panels dock."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabWidget, QVBoxLayout, QWidget

from widgets.compare_view import CompareView
from widgets.event_list import EventPanel
from widgets.frame_canvas import FrameCanvas
from widgets.inspector import Inspector
from widgets.search_panel import SearchPanel
from widgets.step_list import StepPanel
from widgets.timeline.view import TimelineView
from widgets.transport_bar import TransportBar, TransportButtons

_PANELS_VERSION = 2


class WorkbenchPage(QMainWindow):
    """Only a place for widgets; whoever composes it wires them."""

    def __init__(self, buttons: TransportButtons) -> None:
        super().__init__(None, Qt.WindowType.Widget)
        self.setObjectName("page")
        self.canvas = FrameCanvas()
        self.compare = CompareView(self.canvas)
        self.transport = TransportBar(buttons)
        self.timeline = TimelineView()
        self.events = EventPanel()
        self.steps = StepPanel()
        self.search = SearchPanel()
        self.inspector = Inspector()
        self.setDockNestingEnabled(True)
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self._central()
        area = Qt.DockWidgetArea
        self.events_dock = self._dock("Events", self.events, area.LeftDockWidgetArea)
        self.steps_dock = self._dock("Steps", self.steps, area.LeftDockWidgetArea)
        self.search_dock = self._dock("Search", self.search, area.LeftDockWidgetArea)
        self.inspector_dock = self._dock("Inspector", self.inspector, area.RightDockWidgetArea)
        self.timeline_dock = self._dock("Timeline", self.timeline, area.BottomDockWidgetArea)
        for tabbed in (self.events_dock, self.steps_dock, self.search_dock, self.timeline_dock):
            # A tab or the lanes' own headings already say what it is; a tab is dragged to move its panel.
            tabbed.setTitleBarWidget(QWidget())
        self.events.step_requested.connect(self.show_step)
        self.steps.events_requested.connect(self.show_events_of)
        self._arranged = False
        self._made_room: tuple[QByteArray, tuple[tuple[QDockWidget, int], ...]] | None = None
        self.arrange()

    def showEvent(self, event: QShowEvent) -> None:
        """Panels take their sizes only from a page that has one of its own."""
        super().showEvent(event)
        if not self._arranged:
            self._size_panels()

    def _central(self) -> None:
        middle = QWidget()
        layout = QVBoxLayout(middle)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.compare, 1)
        layout.addWidget(self.transport)
        self.setCentralWidget(middle)

    def _dock(self, title: str, content: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        out = QDockWidget(title)
        out.setObjectName(f"dock_{title.lower()}")
        out.setAccessibleName(title)
        out.setWidget(content)
        features = QDockWidget.DockWidgetFeature
        out.setFeatures(features.DockWidgetMovable | features.DockWidgetFloatable)
        self.addDockWidget(area, out)
        return out

    def arrange(self) -> None:
        """Every panel back where it started."""
        corner, area = Qt.Corner, Qt.DockWidgetArea
        self.setCorner(corner.BottomLeftCorner, area.BottomDockWidgetArea)
        self.setCorner(corner.BottomRightCorner, area.BottomDockWidgetArea)
        for dock, place in (
            (self.events_dock, area.LeftDockWidgetArea),
            (self.inspector_dock, area.RightDockWidgetArea),
            (self.timeline_dock, area.BottomDockWidgetArea),
        ):
            dock.setFloating(False)
            self.addDockWidget(place, dock)
        self.tabifyDockWidget(self.events_dock, self.steps_dock)
        self.tabifyDockWidget(self.steps_dock, self.search_dock)
        self.events_dock.raise_()
        self._size_panels()

    def _size_panels(self) -> None:
        self._arranged = self.isVisible()
        self.resizeDocks([self.events_dock, self.inspector_dock], [330, 300], Qt.Orientation.Horizontal)
        self.resizeDocks([self.timeline_dock], [332], Qt.Orientation.Vertical)

    @property
    def stage(self) -> tuple[FrameCanvas | TimelineView, ...]:
        """What is worked on: where Tab, Home, End, up and down belong to the session and Space held pans."""
        return (*self.compare.canvases, self.timeline)

    def make_room(self, on: bool) -> None:
        """For two pictures side by side: what stands beside the picture leaves, and comes back as it was."""
        if on and self._made_room is None:
            docks = [d for d in self.findChildren(QDockWidget) if d is not self.timeline_dock and not d.isFloating()]
            left = tuple((d, _width_on_top(d)) for d in docks if not d.isHidden())
            self._made_room = self.saveState(_PANELS_VERSION), left
            for dock, _ in left:
                dock.setVisible(False)
        elif not on and self._made_room is not None:
            left, self._made_room = self._made_room[1], None
            # Else the panels come back beside a middle that still claims room for two, and the window grows.
            QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
            for dock, _ in left:
                dock.setVisible(True)
            on_top = [(dock, width) for dock, width in left if width]
            self.resizeDocks([d for d, _ in on_top], [width for _, width in on_top], Qt.Orientation.Horizontal)
            for dock, _ in on_top:
                dock.raise_()

    def show_step(self, place: int) -> None:
        """The step at `place`, in the list of steps; nothing where there is none."""
        if place >= 0:
            self.steps_dock.raise_()
            self.steps.pick(place)

    def show_events_of(self, place: int) -> None:
        """The events of the step at `place`, in the list of events, as far as their kind is shown there."""
        if place >= 0 and self.events.pick_step(place):
            self.events_dock.raise_()

    def other_list(self) -> None:
        """From an event to its step, or from a step to its events."""
        if self.steps.visibleRegion().isEmpty():
            self.show_step(self.events.current_step)
        else:
            self.show_events_of(self.steps.current_row)

    def focus_panel(self, direction: int) -> None:
        """Put the focus into the next panel; on the stage Tab goes from item to item, so this is the way out of it."""
        panels = (self.events, self.steps, self.search, self.canvas, self.transport, self.inspector, self.timeline)
        order = [p for p in panels if p.isVisible() and not p.visibleRegion().isEmpty()]
        focused = self.focusWidget()
        at = next(
            (i for i, p in enumerate(order) if focused is not None and (p is focused or p.isAncestorOf(focused))), -1
        )
        for step in range(1, len(order) + 1):
            target = order[(at + direction * step) % len(order)]
            inside = [target, *target.findChildren(QWidget)]
            ready = (w for w in inside if w.focusPolicy() & Qt.FocusPolicy.TabFocus and w.isVisible() and w.isEnabled())
            first = next(ready, None)
            if first is not None:
                first.setFocus(Qt.FocusReason.TabFocusReason)
                return

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape, where nothing else wants it, gives the keys back to the frame."""
        if event.key() == Qt.Key.Key_Escape and not self.canvas.hasFocus():
            self.canvas.setFocus()
        else:
            super().keyPressEvent(event)

    def panels(self) -> bytes:
        """Where the panels are, to be given back to `restore_panels`."""
        now = self.saveState(_PANELS_VERSION) if self._made_room is None else self._made_room[0]
        return bytes(now.data())

    def restore_panels(self, state: bytes) -> None:
        if state:
            self._arranged = self.restoreState(QByteArray(state), _PANELS_VERSION)
            if not self._arranged:
                self.arrange()


def _width_on_top(dock: QDockWidget) -> int:
    """0 for a tab that lies under another: it has no width of its own."""
    return 0 if dock.visibleRegion().isEmpty() else dock.width()
