"""Two pictures side by side: the Workbench's own canvas left, another one right, and what aligns them.

Left is the canvas that everything acts on, or, where neither side is what is decided now, a pane that only shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QSlider, QSplitter, QToolButton, QWidget

from replay.timebase import NS_PER_S, TimeRange
from widgets.canvas_view import like
from widgets.controls import ElidedLabel, column, label, row, tool
from widgets.difference_list import DifferencePanel
from widgets.frame_canvas import FrameCanvas

_SLIDER_STEPS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Titles:
    """What is compared, and what each side is."""

    what: str
    left: str
    right: str


class ComparePane(QWidget):
    """A picture with what it is above it; only shows."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.title = ElidedLabel("section")
        self.canvas = FrameCanvas()
        self.canvas.setAccessibleName(name)
        self.canvas.setAccessibleDescription("The picture compared with, with pointer, keys and masks")
        self.setLayout(column(_heading(self.title), self.canvas, spacing=0))
        self.setVisible(False)


class CompareView(QWidget):
    """`act_requested` carries an action's id; `moved_to` where the other session was dragged to, t_ns of its own."""

    act_requested = Signal(object)
    moved_to = Signal(object)

    def __init__(self, main: FrameCanvas) -> None:
        super().__init__()
        self.main = main
        self.left, self.right = ComparePane("Left frame"), ComparePane("Right frame")
        self.differences = DifferencePanel()
        self.differences.setVisible(False)
        self._main_title = ElidedLabel("section")
        self._main_heading = _heading(self._main_title)
        self._what, self._offset = label("", "heading"), label("", "mono")
        self._hold = self._button("lock", "Hold the other session", "compare.hold", checkable=True)
        self._aligners = self._made_aligners()
        self._link = self._button("link", "Zoom and pan both together", "compare.link", checkable=True)
        self._link.setChecked(True)
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._extent = TimeRange(0, 1)
        self._linking = False
        self._bar = self._made_bar()
        self._arrange()
        for canvas in self.canvases:
            canvas.view_changed.connect(lambda _, c=canvas: self._follow(c))
        self.end()

    @property
    def canvases(self) -> tuple[FrameCanvas, FrameCanvas, FrameCanvas]:
        return self.main, self.left.canvas, self.right.canvas

    # -- making ----------------------------------------------------------------------------------------------------

    def _button(self, icon: str, name: str, action_id: str, *, checkable: bool = False) -> QToolButton:
        return tool(icon, name, lambda: self.act_requested.emit(action_id), checkable=checkable)

    def _made_aligners(self) -> tuple[QWidget, ...]:
        return (
            self._offset,
            self._button("chevron-left", "The other session one frame earlier ([)", "compare.earlier"),
            self._button("chevron-right", "The other session one frame later (])", "compare.later"),
            self._hold,
            self._button("skip-back", "Align both at their starts", "compare.align_starts"),
        )

    def _made_bar(self) -> QFrame:
        out = QFrame()
        out.setObjectName("panel")
        end = self._button("x", "End the comparison (Shift+C)", "compare.close")
        line = row(self._what, None, *self._aligners, 8, self._link, end, margins=(12, 4, 8, 4), spacing=4)
        out.setLayout(line)
        return out

    def _arrange(self) -> None:
        main = QWidget()
        main.setLayout(column(self._main_heading, self.main, spacing=0))
        self._main_column = main
        self._slider.setAccessibleName("Where the other session is")
        self._slider.setToolTip("Drag to align the other session with this one")
        self._slider.setRange(0, _SLIDER_STEPS)
        self._slider.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._slider.sliderMoved.connect(self._slid)
        right_layout = self.right.layout()
        assert right_layout is not None
        right_layout.addWidget(self._slider)
        self._sides = QSplitter(Qt.Orientation.Horizontal)
        self._sides.setHandleWidth(3)
        self._sides.setChildrenCollapsible(False)
        for side in (main, self.left, self.right, self.differences):
            self._sides.addWidget(side)
        for i, share in enumerate((1, 1, 1, 0)):
            self._sides.setStretchFactor(i, share)
        whole = column(self._bar, self._sides, spacing=0)
        whole.setStretchFactor(self._sides, 1)
        self.setLayout(whole)

    # -- what is shown ---------------------------------------------------------------------------------------------

    def begin(self, titles: Titles, *, replaces_main: bool, aligns: bool, lists: bool) -> None:
        """Show two sides. `replaces_main`: the left one too only shows; `aligns`: they are two sessions; `lists`: what
        they differ in stands beside them."""
        self._what.setText(titles.what)
        self._main_title.show_text(titles.left)
        self.left.title.show_text(titles.left)
        self.right.title.show_text(titles.right)
        self._main_column.setVisible(not replaces_main)
        self.left.setVisible(replaces_main)
        self.show_aligning(aligns)
        self.differences.setVisible(lists)
        for widget in (self._bar, self._main_heading, self.right):
            widget.setVisible(True)
        self._even()

    def end(self) -> None:
        """One picture again; nothing stays in the other panes."""
        for pane in (self.left, self.right):
            pane.setVisible(False)
            pane.canvas.show_note("")
            pane.canvas.show_sync(None)
            pane.canvas.show_state(None)
        for widget in (self._bar, self._main_heading, self.differences, self._slider):
            widget.setVisible(False)
        self.differences.clear()
        self._main_column.setVisible(True)

    def _even(self) -> None:
        width = max(self._sides.width(), 960)
        listed = 250 if not self.differences.isHidden() else 0
        self._sides.setSizes([(width - listed) // 2] * 3 + [listed])

    def show_aligning(self, on: bool) -> None:
        """Whether the other side has a clock of its own to align."""
        for widget in (*self._aligners, self._slider):
            widget.setVisible(on)

    def show_offset(self, offset_ns: int, *, is_held: bool) -> None:
        """By how much the other session's time runs ahead of this one's."""
        self._offset.setText("held" if is_held else f"{offset_ns / NS_PER_S:+.3f} s")
        self._hold.setChecked(is_held)

    def show_other_time(self, extent: TimeRange, t_ns: int) -> None:
        """Where the other session is, for its slider."""
        self._extent = extent
        if not self._slider.isSliderDown():
            self._slider.setValue(round((t_ns - extent.start_ns) * _SLIDER_STEPS / extent.duration_ns))

    def _slid(self, value: int) -> None:
        self.moved_to.emit(self._extent.start_ns + self._extent.duration_ns * value // _SLIDER_STEPS)

    # -- zoom and pan together -------------------------------------------------------------------------------------

    @property
    def linked(self) -> bool:
        return self._link.isChecked()

    def set_linked(self, on: bool) -> None:
        """Whether zoom and pan of one side are those of the other; both then show what the left one shows."""
        self._link.setChecked(on)
        self._follow(self.main if self.left.isHidden() else self.left.canvas)

    def _follow(self, source: FrameCanvas) -> None:
        frame = source.frame_size
        if not self.linked or self._linking or frame is None or self.right.isHidden():
            return
        self._linking = True
        for canvas in self.canvases:
            own = canvas.frame_size
            if canvas is not source and own is not None:
                here, there = (source.width(), source.height()), (canvas.width(), canvas.height())
                canvas.show_view(like(source.view, frame, here, own, there))
        self._linking = False


def _heading(title: QWidget) -> QFrame:
    out = QFrame()
    out.setObjectName("panel")
    out.setLayout(row(title, margins=(12, 4, 12, 4)))
    return out
