"""Before an import: what to read, and what the person who was recorded has agreed to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QWidget

from widgets.controls import Segments, button, column, label, line_edit, row

CONSENTS = (("Unknown", "unknown"), ("Limited", "limited"), ("Granted", "granted"))
EXPLAINED = {
    "unknown": "Sessions can be reviewed; exports refuse them until consent is known.",
    "limited": "Sessions leave only for purposes that an export names.",
    "granted": "The person agreed to training use of these sessions.",
}


class ImportDialog(QDialog):
    """Emits `import_requested` with (paths, consent) and closes."""

    import_requested = Signal(object)

    def __init__(self, parent: QWidget, paths: tuple[Path, ...], choose_folder: Callable[[], Path | None]) -> None:
        super().__init__(parent)
        self.setWindowTitle("Import")
        self._paths = paths
        self._choose_folder = choose_folder
        self._box = line_edit("Folder or file to import", "A recorder's folder, or a folder of many")
        self._box.setText("; ".join(str(p) for p in paths))
        self._consent = Segments("Consent", CONSENTS)
        self._consent.chosen.connect(self._explain)
        self._value = "unknown"
        self._hint = label(EXPLAINED["unknown"], "small", wrap=True)
        self._go = button("Import", self._accept, role="primary", icon="download")
        self._go.setDefault(True)
        self._box.textChanged.connect(lambda text: self._go.setEnabled(bool(text.strip())))
        self._go.setEnabled(bool(paths))
        formats = (
            "Safelight tables, AgentNet, owa-mcap, DuckTrack and PC Tracker are recognised. Sources are only read."
        )
        what = column(label("What", "section"), row(self._box, button("Choose…", self._choose)), spacing=6)
        who = column(
            label("Consent of the person recorded", "section"), row(self._consent, None), self._hint, spacing=6
        )
        buttons = row(None, button("Cancel", self.reject), self._go)
        head = column(label("Import sessions", "title"), label(formats, "muted", wrap=True), spacing=4)
        self.setLayout(column(head, what, who, 8, buttons, margins=(24, 20, 24, 18), spacing=14))
        self.setMinimumWidth(540)

    def _choose(self) -> None:
        chosen = self._choose_folder()
        if chosen is not None:
            self._box.setText(str(chosen))

    def _explain(self, value: str) -> None:
        self._value = value
        self._hint.setText(EXPLAINED[value])

    def _accept(self) -> None:
        text = self._box.text().strip()
        same = text == "; ".join(str(p) for p in self._paths)
        paths = self._paths if same else (Path(text).expanduser(),)
        self.accept()
        self.import_requested.emit((paths, self._value))
