"""The facts of a session: what was captured, how sure its clock is, what is wrong with it, where it stands."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from curation.model import CurationState, SessionState
from replay.problems import Problem, Severity
from replay.session import Session
from replay.timebase import format_t
from widgets import theme
from widgets.clock_facts import ClockFacts
from widgets.controls import button, column, combo, label, row, separator
from widgets.wording import count, date, grouped, length, words

_SEVERITY = {
    Severity.INFO: ("info", "info_text"),
    Severity.WARNING: ("triangle-alert", "accent"),
    Severity.ERROR: ("circle-alert", "danger_text"),
}
_FACTS = (
    "Id", "Started", "Length", "Picture", "Frames", "Events", "Displays", "System", "Recorder", "Importer", "Consent",
    "Subject",
)  # fmt: skip
_MONOSPACED = frozenset({"Id", "Subject"})


class SessionFacts(QWidget):
    """Read-only but for the session's state and a nudge of its clock."""

    time_requested = Signal(object)
    state_requested = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._state = combo("State of the session", [(words(s.value), s) for s in SessionState])
        self._state.activated.connect(lambda i: self.state_requested.emit(list(SessionState)[i]))
        self._facts = QGridLayout()  # a form squeezes its rows where the panel has to scroll
        self._facts.setContentsMargins(0, 0, 0, 0)
        self._facts.setColumnStretch(1, 1)
        self._facts.setHorizontalSpacing(16)
        self._facts.setVerticalSpacing(6)
        self._values = {name: self._fact(name) for name in _FACTS}
        self.clock = ClockFacts()
        self._decided = label("", "small", wrap=True)
        self._problems = QVBoxLayout()
        self._problems.setSpacing(8)
        self._lines = self._arranged()
        self.setLayout(self._lines)

    def _arranged(self) -> QVBoxLayout:
        out = column(margins=(14, 12, 14, 12), spacing=10)
        out.addWidget(label("Session", "heading"))
        out.addLayout(column(label("State", "section"), self._state, self._decided, spacing=4))
        out.addLayout(self._facts)
        out.addWidget(separator())
        out.addWidget(self.clock)
        out.addWidget(separator())
        out.addLayout(column(label("Problems", "section"), self._problems, spacing=6))
        out.addStretch(1)
        return out

    def _fact(self, name: str) -> QLabel:
        value = label("", "mono" if name in _MONOSPACED else "", wrap=True)
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row_at = self._facts.rowCount()
        self._facts.addWidget(label(name, "small"), row_at, 0, Qt.AlignmentFlag.AlignTop)
        self._facts.addWidget(value, row_at, 1)
        return value

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay out anew: a layout whose texts changed while another page was in front keeps the old rows else."""
        super().resizeEvent(event)
        self._lines.invalidate()

    def set_read_only(self, read_only: bool) -> None:
        self._state.setEnabled(not read_only)
        self.clock.set_read_only(read_only)

    def show_state(self, state: CurationState) -> None:
        self._state.setCurrentIndex(list(SessionState).index(state.state))
        things = (
            (state.episodes, "episode"),
            (state.labels, "label"),
            (state.cuts, "cut"),
            (state.redactions, "redaction"),
        )
        self._decided.setText(" · ".join(count(len(made), name) for made, name in things))

    def show_session(self, session: Session, state: CurationState) -> None:
        for name, text in _facts_of(session).items():
            self._values[name].setText(text)
        self.clock.show_session(session)
        self._show_problems(session.problems)
        self.show_state(state)

    def _show_problems(self, problems: tuple[Problem, ...]) -> None:
        while (item := self._problems.takeAt(0)) is not None:
            if (gone := item.widget()) is not None:
                gone.deleteLater()
        for p in problems:
            self._problems.addWidget(self._problem(p))
        if not problems:
            self._problems.addWidget(label("None found.", "small"))

    def _problem(self, problem: Problem) -> QWidget:
        icon = QLabel()
        name, color = _SEVERITY[problem.severity]
        icon.setPixmap(theme.icon(name, color).pixmap(QSize(14, 14)))
        icon.setAccessibleName(words(problem.severity.value))
        times = f" ({grouped(problem.count)}×)" if problem.count > 1 else ""
        text = column(label(problem.sentence + times, "small", wrap=True), spacing=2)
        if problem.t_ns is not None:
            t_ns = problem.t_ns
            text.addWidget(button(format_t(t_ns), lambda: self.time_requested.emit(t_ns), role="link"))
        out = QWidget()
        line = row(icon, text)
        line.setStretch(1, 1)
        line.setAlignment(icon, Qt.AlignmentFlag.AlignTop)
        out.setLayout(line)
        return out


def _facts_of(session: Session) -> dict[str, str]:
    """Everything a curator asks about, by name; nothing captured."""
    info, frames, video = session.info, session.frames, session.video
    size = f"{video.width} × {video.height}" if video else "no video"
    rate = f", {1e9 / frames.frame_ns:.4g} fps" if frames is not None and len(frames) > 1 else ""
    return {
        "Id": info.id[:13],
        "Started": date(info.started_at_utc_ns),
        "Length": length(session.extent.duration_ns),
        "Picture": size + rate,
        "Frames": grouped(len(frames)) if frames is not None else "–",
        "Events": grouped(session.events.count),
        "Displays": str(len(session.geometry.displays_at(0)) or "–"),
        "System": " ".join(p for p in (info.os, info.os_version) if p) or "–",
        "Recorder": " ".join(p for p in (info.recorder, info.recorder_version) if p) or "–",
        "Importer": f"{info.importer} {info.importer_version}".strip() or "–",
        "Consent": ": ".join(p for p in (words(info.consent_status), ", ".join(info.consent_purposes)) if p),
        "Subject": (info.subject_id or "–")[:13],
    }
