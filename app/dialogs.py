"""The few questions that only a dialog can ask: for a folder, for one line of text, for a yes that cannot be undone."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from widgets.controls import button, column, label, line_edit, row


def ask_folder(parent: QWidget, title: str) -> Path | None:
    """A folder that a person chose, or None."""
    chosen = QFileDialog.getExistingDirectory(parent, title)
    return Path(chosen) if chosen else None


def ask_line(parent: QWidget, title: str, hint: str, accept: str) -> str | None:
    """One line of text, or None where the question was closed; `accept` names the act on the button."""
    dialog = QDialog(parent)
    dialog.setWindowTitle(title)
    box = line_edit(title)
    accepted = button(accept, dialog.accept, role="primary")
    accepted.setDefault(True)
    buttons = row(None, button("Cancel", dialog.reject), accepted)
    dialog.setLayout(
        column(
            label(title, "heading"),
            label(hint, "muted", wrap=True),
            box,
            4,
            buttons,
            margins=(20, 18, 20, 16),
            spacing=10,
        )
    )
    dialog.setMinimumWidth(440)
    box.setFocus()
    answered = dialog.exec() == QDialog.DialogCode.Accepted
    text = box.text().strip()
    dialog.deleteLater()
    return text if answered and text else None
