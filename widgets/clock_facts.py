"""The clock of a session: how sure it is, how it came to be so, and the ways to better it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from replay.session import Session
from replay.sync import SyncModel
from widgets.badges import BadgeView, badge_of_session
from widgets.controls import button, column, label, row
from widgets.wording import milliseconds, words


@dataclass(frozen=True, slots=True)
class ClockVerdict:
    """What came of measuring the clock, in a sentence; `can_apply`: the events may be put on what was measured;
    `can_keep`: it is no clock, but may be kept with the session."""

    sentence: str
    can_apply: bool = False
    can_keep: bool = False
    is_running: bool = False


_NOTHING = ClockVerdict("")


class ClockFacts(QWidget):
    """Shows the clock in force with its history, and what a measurement told."""

    nudge_requested = Signal(object)  # frames, events later against the picture
    measure_requested = Signal()
    apply_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._badge = BadgeView("Clock")
        self._history = label("", "small", wrap=True)
        self._verdict_words = label("", "small", wrap=True)
        self._earlier = button("1 frame earlier", lambda: self.nudge_requested.emit(-1))
        self._later = button("1 frame later", lambda: self.nudge_requested.emit(1))
        self._measure = button("Measure", self.measure_requested.emit)
        self._apply = button("Apply", self.apply_requested.emit)
        self._earlier.setAccessibleName("Events one frame earlier")
        self._later.setAccessibleName("Events one frame later")
        self._measure.setAccessibleName("Measure the clock from the pictures")
        self._verdict, self._has_video, self._read_only = _NOTHING, False, False
        nudge = row(self._earlier, self._later, None, spacing=6)
        measure = row(self._measure, self._apply, None, spacing=6)
        self.setLayout(
            column(
                label("Clock", "section"), self._badge, self._history, self._verdict_words, nudge, measure, spacing=6
            )
        )
        self.show_verdict(None)

    def set_read_only(self, read_only: bool) -> None:
        self._read_only = read_only
        for widget in (self._earlier, self._later):
            widget.setEnabled(not read_only)
        self._show_buttons()

    def show_session(self, session: Session) -> None:
        self._badge.show_badge(badge_of_session(session))
        self._history.setText("\n".join(_line(clock) for clock in session.clocks))
        self._has_video = session.frames is not None
        self._show_buttons()

    def show_verdict(self, verdict: ClockVerdict | None) -> None:
        """None: nothing was measured since the session was opened."""
        self._verdict = verdict or _NOTHING
        self._verdict_words.setText(self._verdict.sentence)
        self._verdict_words.setVisible(bool(self._verdict.sentence))
        self._show_buttons()

    def _show_buttons(self) -> None:
        may_edit = not self._read_only
        self._measure.setEnabled(may_edit and self._has_video and not self._verdict.is_running)
        is_asked = self._verdict.can_apply or self._verdict.can_keep
        self._apply.setText("Keep" if self._verdict.can_keep else "Apply")
        what = "Keep what was found" if self._verdict.can_keep else "Put the events on the measured clock"
        self._apply.setAccessibleName(what)
        self._apply.setVisible(is_asked)
        self._apply.setEnabled(may_edit and is_asked)


def _line(clock: SyncModel) -> str:
    drift = f", drift {clock.drift_ppm:+.0f} ppm" if clock.drift_ppm else ""
    offset = f"{clock.offset_ns / 1e6:+.1f} ms"
    return f"{words(clock.method)}: offset {offset} ± {milliseconds(clock.sigma_ns)}{drift}"
