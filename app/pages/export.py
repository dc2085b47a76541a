"""The Export page: which sessions, which formats, where to; what the plan says; and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QScrollArea, QWidget

from widgets.controls import button, column, framed, label, line_edit, row
from widgets.panel_state import PanelState, StatePage
from widgets.plan_table import PlanRow, PlanTable
from widgets.wording import count

FORMATS = (
    ("archive", "archive", "Parquet tables and media with checksums, lossless for what is allowed out."),
    ("hf", "hf", "Parquet with images and dataset metadata, for the datasets library."),
    ("agentnet", "agentnet", "AgentNet JSONL and images with pyautogui actions."),
)


@dataclass(frozen=True, slots=True)
class ExportWish:
    """What a person asks for: formats, and a folder that does not exist yet."""

    formats: tuple[str, ...]
    folder: Path
    purpose: str | None = None


class ExportPage(QWidget):
    """Asks for a plan whenever the choice changes, and for the export when it is started."""

    plan_requested = Signal()
    start_requested = Signal(object)  # ExportWish
    folder_changed = Signal()

    def __init__(self, choose_folder: Callable[[], Path | None]) -> None:
        super().__init__()
        self.setObjectName("page")
        self._choose_folder = choose_folder
        self._boxes = {name: self._box(title, hint) for name, title, hint in FORMATS}
        self._folder = line_edit("Folder of the export", "A folder that does not exist yet")
        self._folder.textChanged.connect(lambda _: self.folder_changed.emit())
        self._purpose = line_edit("Purpose of the export", "Needed where consent is limited to purposes")
        self._purpose.editingFinished.connect(self._purpose_left)
        self._planned_purpose = ""
        self._what = label("", "heading")
        self._refused = label("", "muted", wrap=True)
        self._error = label("", "error", wrap=True)
        self._result = label("", "ok", wrap=True)
        self._result.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.start = button("Export", self._start, role="primary", icon="package-open")
        self.table = PlanTable()
        self._plan = StatePage(self.table)
        self.setLayout(self._arranged())
        self.set_formats(tuple(self._boxes))
        self._sessions = 0
        self.show_state(PanelState.empty("No library open", "Open one to export from it.", "library"))

    def _box(self, title: str, hint: str) -> QCheckBox:
        out = QCheckBox(title)
        out.setAccessibleName(f"Format {title}")
        out.setAccessibleDescription(hint)
        out.setToolTip(hint)
        out.toggled.connect(lambda _: self._changed())
        return out

    def _arranged(self) -> QHBoxLayout:
        formats = column(label("Formats", "section"), spacing=6)
        for name, _, hint in FORMATS:
            formats.addLayout(column(self._boxes[name], label(hint, "small", wrap=True), spacing=0))
        choose = button("Choose…", self._ask_folder)
        purpose = column(label("Purpose", "section"), self._purpose, spacing=6)
        folder = column(label("Folder", "section"), row(self._folder, choose), spacing=6)
        left = column(
            label("Export", "title"), self._what, 4, formats, 4, purpose, 4, folder, 8,
            row(self.start, None), self._error, self._result, None, margins=(24, 20, 24, 20), spacing=12,
        )  # fmt: skip
        side: QFrame = framed(left)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(side)
        area.setFixedWidth(380)
        right = column(label("Plan", "heading"), self._refused, self._plan, margins=(20, 20, 20, 20), spacing=10)
        right.setStretch(2, 1)
        out = row(area, right, spacing=0)
        out.setStretch(1, 1)
        return out

    def _ask_folder(self) -> None:
        chosen = self._choose_folder()
        if chosen is not None:
            self._folder.setText(str(chosen))

    def set_formats(self, names: Sequence[str]) -> None:
        for name, box in self._boxes.items():
            box.setChecked(name in names)

    def set_folder(self, folder: Path) -> None:
        self._folder.setText(str(folder))

    @property
    def formats(self) -> tuple[str, ...]:
        return tuple(name for name, box in self._boxes.items() if box.isChecked())

    @property
    def has_folder(self) -> bool:
        return bool(self._folder.text().strip())

    @property
    def wish(self) -> ExportWish:
        return ExportWish(self.formats, Path(self._folder.text().strip()).expanduser(), self.purpose)

    @property
    def purpose(self) -> str | None:
        return self._purpose.text().strip() or None

    @property
    def ready(self) -> bool:
        """Whether there is something to export, a format and a folder."""
        return bool(self._sessions and self.formats and self._folder.text().strip())

    def _purpose_left(self) -> None:
        if self._purpose.text() != self._planned_purpose:
            self._planned_purpose = self._purpose.text()
            self._changed()

    def _changed(self) -> None:
        self._error.setText("")
        self.plan_requested.emit()

    def _start(self) -> None:
        self.start_requested.emit(self.wish)

    def show_state(self, state: PanelState) -> None:
        """No plan: why, and what to do next."""
        self._sessions = 0
        self._what.setText("")
        self._refused.setText("")
        self._plan.show_state(state)

    def show_sessions(self, picked: int, total: int) -> None:
        """Whose plan this is: the picked sessions, or all."""
        self._what.setText(
            count(total, "session") if picked in (0, total) else f"{picked} of {count(total, 'session')}"
        )

    def show_planning(self) -> None:
        self._plan.show_state(PanelState.loading("Planning…", "Nothing is written yet."))

    def show_unplanned(self, sessions: int) -> None:
        """Too many to plan while somebody waits: it is done when the export starts."""
        self._sessions = sessions
        self._refused.setText("")
        hint = "They are planned first when the export starts; what is refused is then listed in its manifest."
        self._plan.show_state(PanelState.empty(count(sessions, "session"), hint, "library"))

    def show_plan(self, rows: Sequence[PlanRow]) -> None:
        refused = sum(1 for r in rows if r.refused)
        self._sessions = len(rows) - refused
        steps = sum(r.steps for r in rows if not r.refused)
        episodes = sum(r.episodes for r in rows if not r.refused)
        leaves = f"{count(self._sessions, 'session')}, {count(episodes, 'episode')} and {count(steps, 'step')} leave"
        self._refused.setText(
            leaves + (f"; {count(refused, 'session is', 'sessions are')} refused." if refused else ".")
        )
        self.table.show_rows(rows)
        if rows:
            self._plan.show_content()
        else:
            self._plan.show_state(PanelState.empty("Nothing to export", "Import sessions first.", "library"))

    def show_running(self, running: bool) -> None:
        self.start.setText(" Exporting…" if running else " Export")
        if running:
            self._result.setText("")
            self._error.setText("")

    def show_result(self, sentence: str, folder: Path) -> None:
        """What was written, and where, in words that can be selected."""
        self._result.setText(f"{sentence}\n{folder}")

    def show_error(self, sentence: str) -> None:
        """Why the export could not be made, at its button."""
        self._error.setText(sentence)

    @property
    def result(self) -> str:
        return self._result.text()

    @property
    def error(self) -> str:
        return self._error.text()
