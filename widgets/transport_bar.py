"""The bar under the frame: play and step, where the playhead is, how masks and keys are shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QToolButton, QWidget

from widgets import theme
from widgets.controls import Segments, combo, line_edit, row, tool
from widgets.mask_painter import MaskView

RATES = (0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 4.0, 8.0, 16.0)
_MARGINS, _GAP, _TIME_PX = 24, 4, 192
CAPTIONS = (("No keys", "off"), ("Shortcuts", "shortcuts"), ("All keys", "full"))


@dataclass(frozen=True, slots=True)
class TransportButtons:
    """What each button does; the tips come from the same actions as the menus."""

    home: Callable[[], object]
    previous_frame: Callable[[], object]
    play: Callable[[], object]
    next_frame: Callable[[], object]
    end: Callable[[], object]


class TransportBar(QFrame):
    """Wishes out, facts in; it decides nothing about time."""

    rate_requested = Signal(object)  # float
    mask_view_requested = Signal(object)  # MaskView
    captions_requested = Signal(object)  # "off", "shortcuts" or "full"
    time_typed = Signal(object)  # str, as typed into the time field

    def __init__(self, run: TransportButtons) -> None:
        super().__init__()
        self.setObjectName("bar")
        self._hud = ""
        self._home = tool("skip-back", "To the start (Home)", run.home)
        self._back = tool("chevron-left", "Previous frame (←)", run.previous_frame)
        self._play = self._play_button(run.play)
        self._next = tool("chevron-right", "Next frame (→)", run.next_frame)
        self._end = tool("skip-forward", "To the end (End)", run.end)
        self._time = self._time_field()
        self._rate = combo("Speed", [(f"{r:g}×", r) for r in RATES])
        self._rate.setCurrentIndex(RATES.index(1.0))
        self._rate.setToolTip("Speed (J, K, L shuttle)")
        self._captions = combo("Keystroke caption", CAPTIONS)
        self._captions.setCurrentIndex(1)
        views = [("Original", MaskView.ORIGINAL), ("Outline", MaskView.OUTLINE), ("Final", MaskView.FINAL)]
        self._views = Segments("Masks", views)
        self._views.show_value(MaskView.OUTLINE)
        self._views.setToolTip("How masks are shown (V)")
        self._rate.activated.connect(lambda i: self.rate_requested.emit(RATES[i]))
        self._captions.activated.connect(lambda i: self.captions_requested.emit(CAPTIONS[i][1]))
        self._views.chosen.connect(self.mask_view_requested)
        self._rate.setFixedWidth(68)
        self._captions.setFixedWidth(112)
        self.setLayout(self._arranged())
        self.set_enabled(False)

    def minimumSizeHint(self) -> QSize:
        return QSize(400, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        """When it gets narrow, what is needed least leaves the bar first; the menus still have it."""
        always = (self._home, self._back, self._play, self._next, self._end, self._time)
        needed = _MARGINS + sum(w.sizeHint().width() + _GAP for w in always[:-1]) + _TIME_PX
        for widget in (self._views, self._rate, self._captions):
            needed += widget.sizeHint().width() + _GAP + 6
            widget.setVisible(needed <= self.width())

    def _arranged(self) -> QHBoxLayout:
        buttons = (self._home, self._back, self._play, self._next, self._end)
        line = row(*buttons, 8, self._time, self._rate, None, margins=(12, 6, 12, 6), spacing=4)
        for widget in (self._captions, self._views):
            line.addSpacing(6)
            line.addWidget(widget)
        return line

    def _play_button(self, run: Callable[[], object]) -> QToolButton:
        out = tool("play", "Play (Space)", run)
        out.setProperty("role", "play")
        out.setFixedSize(36, 28)
        out.setIconSize(QSize(16, 16))
        return out

    def _time_field(self) -> QLineEdit:
        out = line_edit("Time and frame", role="mono")
        out.setFixedWidth(_TIME_PX)
        out.setAlignment(Qt.AlignmentFlag.AlignCenter)
        out.setToolTip("Where the playhead is. Type a time, “f 1234” or “e 56” and press Enter (Ctrl+G).")
        out.returnPressed.connect(self._typed)
        out.editingFinished.connect(self._left)
        return out

    def _typed(self) -> None:
        self.time_typed.emit(self._time.text())

    def _left(self) -> None:
        """Once the field is left, it shows where the playhead is again, whatever was typed."""
        if not self._time.hasFocus():
            self._time.setText(self._hud)
            self._time.setModified(False)

    def set_enabled(self, on: bool) -> None:
        widgets: tuple[QWidget, ...] = (self._home, self._back, self._play, self._next, self._end, self._time)
        for widget in (*widgets, self._rate, self._captions, self._views):
            widget.setEnabled(on)

    def show_time(self, hud: str) -> None:
        """Show where the playhead is, unless a person is typing there."""
        self._hud = hud
        if not (self._time.hasFocus() and self._time.isModified()) and self._time.text() != hud:
            self._time.setText(hud)

    def ask_time(self) -> None:
        """Put the cursor into the time field, its text selected."""
        self._time.setFocus()
        self._time.selectAll()

    def show_playing(self, playing: bool) -> None:
        name = "Pause (Space)" if playing else "Play (Space)"
        self._play.setIcon(theme.icon("pause" if playing else "play", "on_accent"))
        self._play.setAccessibleName(name)
        self._play.setToolTip(name)

    def show_rate(self, rate: float) -> None:
        if rate in RATES:
            self._rate.setCurrentIndex(RATES.index(rate))

    def show_mask_view(self, view: MaskView) -> None:
        self._views.show_value(view)

    def show_captions(self, mode: str) -> None:
        self._captions.setCurrentIndex([value for _, value in CAPTIONS].index(mode))
