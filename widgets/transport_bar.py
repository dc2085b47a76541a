"""The bar under the frame: play and step, where the playhead is, how masks and keys are shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLineEdit, QToolButton, QWidget

from replay.transport import Mode, TransportState
from widgets import theme
from widgets.controls import Segments, combo, line_edit, row, tool
from widgets.mask_painter import MaskView
from widgets.wording import hud

_SPEEDS = (0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 4.0, 8.0, 16.0)
RATES = (*(-speed for speed in reversed(_SPEEDS)), *_SPEEDS)
_MARGINS, _GAP, _TIME_PX, _SHORT_TIME_PX = 24, 4, 208, 114
CAPTIONS = (("No keys", "off"), ("Shortcuts", "shortcuts"), ("All keys", "full"))


@dataclass(frozen=True, slots=True)
class TransportButtons:
    """What each button does; the tips come from the same actions as the menus."""

    home: Callable[[], object]
    previous_frame: Callable[[], object]
    play: Callable[[], object]
    next_frame: Callable[[], object]
    end: Callable[[], object]
    loop: Callable[[], object]
    skip_idle: Callable[[], object]


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
        self._rate_shown = 1.0
        self._is_short = False  # the time alone; the canvas says which frame it is
        self._home = tool("skip-back", "To the start (Home)", run.home)
        self._back = tool("chevron-left", "Previous frame (←)", run.previous_frame)
        self._play = self._play_button(run.play)
        self._next = tool("chevron-right", "Next frame (→)", run.next_frame)
        self._end = tool("skip-forward", "To the end (End)", run.end)
        self._time = self._time_field()
        self._loop = tool("repeat", "Loop between in and out (Ctrl+L)", run.loop, checkable=True)
        self._skip_idle = tool("fast-forward", "Skip idle stretches (Shift+L)", run.skip_idle, checkable=True)
        self._rate = self._rate_choice()
        self._captions = combo("Keystroke caption", CAPTIONS)
        self._captions.setCurrentIndex(1)
        views = [("Original", MaskView.ORIGINAL), ("Outline", MaskView.OUTLINE), ("Final", MaskView.FINAL)]
        self._views = Segments("Masks", views)
        self._views.show_value(MaskView.OUTLINE)
        self._views.setToolTip("How masks are shown (V)")
        self._rate.activated.connect(lambda i: self.rate_requested.emit(RATES[i]))
        self._captions.activated.connect(lambda i: self.captions_requested.emit(CAPTIONS[i][1]))
        self._views.chosen.connect(self.mask_view_requested)
        self._captions.setFixedWidth(112)
        self.setLayout(self._arranged())
        self.set_enabled(False)

    def minimumSizeHint(self) -> QSize:
        return QSize(380, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        """When it gets narrow, what is needed least leaves the bar first; the menus still have it."""
        room = self.width() - _MARGINS - 5 * _GAP - _TIME_PX - _taken(self._back, self._play, self._next, self._rate)
        self._is_short = room < 0
        self._time.setFixedWidth(_SHORT_TIME_PX if self._is_short else _TIME_PX)
        self._show_time(self._hud)
        for group in ((self._views,), (self._home, self._end), (self._skip_idle,), (self._loop,), (self._captions,)):
            taken = _taken(*group) + _GAP
            for widget in group:
                widget.setVisible(taken <= room)
            room -= taken if taken <= room else 0

    def _arranged(self) -> QHBoxLayout:
        buttons = (self._home, self._back, self._play, self._next, self._end)
        playing = (self._rate, self._loop, self._skip_idle)
        shown = (self._captions, self._views)
        line = row(*buttons, 8, self._time, *playing, None, *shown, margins=(12, 6, 12, 6), spacing=_GAP)
        line.setSizeConstraint(QHBoxLayout.SizeConstraint.SetNoConstraint)
        return line

    def _play_button(self, run: Callable[[], object]) -> QToolButton:
        out = tool("play", "Play (Space)", run)
        out.setProperty("role", "play")
        out.setFixedSize(36, 28)
        out.setIconSize(QSize(16, 16))
        return out

    def _rate_choice(self) -> QComboBox:
        """Speeds with their direction: an arrow and a sign for backwards."""
        out = combo("Speed and direction", [(_rate_text(r), r) for r in RATES])
        for i, r in enumerate(RATES):
            out.setItemIcon(i, theme.icon("chevron-left" if r < 0 else "chevron-right"))
        out.setIconSize(QSize(12, 12))
        out.setMaxVisibleItems(len(RATES))
        out.setToolTip("Speed and direction (J, K, L shuttle)")
        out.setCurrentIndex(RATES.index(1.0))
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
            self._time.setModified(False)
            self._show_time(self._hud)

    def set_enabled(self, on: bool) -> None:
        widgets: tuple[QWidget, ...] = (self._home, self._back, self._play, self._next, self._end, self._time)
        for widget in (*widgets, self._rate, self._loop, self._skip_idle, self._captions, self._views):
            widget.setEnabled(on)

    def _show_time(self, hud_text: str) -> None:
        """Show where the playhead is, unless a person is typing there."""
        self._hud = hud_text
        text = hud_text.split(" · ")[0] if self._is_short else hud_text
        if not (self._time.hasFocus() and self._time.isModified()) and self._time.text() != text:
            self._time.setText(text)

    def ask_time(self) -> None:
        """Put the cursor into the time field, its text selected."""
        self._time.setFocus()
        self._time.selectAll()

    def show_state(self, state: TransportState) -> None:
        """Where the playhead is, and how it moves: the speed is negative backwards, and any is shown."""
        self._show_time(hud(state.t_ns, state.frame))
        self._show_playing(state.mode is Mode.PLAYING)
        if state.rate != self._rate_shown:
            self._rate_shown = state.rate
            self._rate.setPlaceholderText(_rate_text(state.rate))
            self._rate.setCurrentIndex(RATES.index(state.rate) if state.rate in RATES else -1)
        self._loop.setChecked(state.looping)
        self._skip_idle.setChecked(state.skips_idle)

    def _show_playing(self, playing: bool) -> None:
        name = "Pause (Space)" if playing else "Play (Space)"
        if name != self._play.accessibleName():
            self._play.setIcon(theme.icon("pause" if playing else "play", "on_accent"))
            self._play.setAccessibleName(name)
            self._play.setToolTip(name)

    def show_mask_view(self, view: MaskView) -> None:
        self._views.show_value(view)

    def show_captions(self, mode: str) -> None:
        self._captions.setCurrentIndex([value for _, value in CAPTIONS].index(mode))


def _taken(*widgets: QWidget) -> int:
    """The width that widgets need, in px, with a gap beside each."""
    return sum(min(w.sizeHint().width(), w.maximumWidth()) + _GAP for w in widgets)


def _rate_text(rate: float) -> str:
    return f"{'−' if rate < 0 else ''}{abs(rate):g}×"
