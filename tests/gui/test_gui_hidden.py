"""The window words nothing that a redaction hides: not before it is known what that is, not after, not when it cannot
be known."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QAbstractListModel, Qt
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QLabel, QLineEdit, QWidget

from app.composition import Desktop
from app.core import Core
from app.driver import Driver
from app.overlay_choices import KINDS, OverlayChoices
from curation import commands
from curation.edits import RedactionAdded
from curation.model import TextRedaction
from curation.veil import HIDDEN
from replay.key_caption import Caption
from replay.timebase import TimeRange
from tests.export_sessions import PASSWORD
from tests.gui.building import seconds
from widgets.event_rows import TITLES
from widgets.step_list import STEP_ROLE, StepModel

ROLES = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole)
# Typed, copied in capitals, in an address in small letters, and, while it is typed, its beginning.
TELLING = (PASSWORD.lower(), PASSWORD.lower()[:4])
HARMLESS = "hello world"
LOOK_EVERY_S = 0.05


def _of_models(window: QWidget) -> Iterator[str]:
    for view in window.findChildren(QAbstractItemView):
        model = view.model()
        for row in range(0 if model is None else model.rowCount()):
            for column in range(1 if isinstance(model, QAbstractListModel) else model.columnCount()):
                index = model.index(row, column)
                yield from (str(index.data(role) or "") for role in ROLES)
                if isinstance(model, StepModel):
                    yield repr(index.data(STEP_ROLE))


def _of_widgets(window: QWidget) -> Iterator[str]:
    for widget in (window, *window.findChildren(QWidget)):
        yield from (widget.windowTitle(), widget.toolTip(), widget.accessibleName())
        if isinstance(widget, QLabel | QAbstractButton | QLineEdit):
            yield widget.text()


def worded(desktop: Desktop) -> str:
    """Everything that the window says by models, widgets, overlays and the timeline, in small letters."""
    page = desktop.workbench
    said = [*_of_models(desktop.window), *_of_widgets(desktop.window)]
    said += [
        repr(page.canvas._overlay),
        repr(page.canvas._note),
        repr(page.timeline._tracks and page.timeline._tracks.windows),
    ]
    return "\n".join(said).lower()


class Watch:
    """Reads the whole window again and again: whenever a list gets new rows, and between events."""

    def __init__(self, desktop: Desktop) -> None:
        self._desktop = desktop
        self.leaks: set[str] = set()
        self.looks = 0
        self._looked_s = 0.0
        # The headers of a table are views of its model too, and a slot is connected once.
        for model in {view.model() for view in desktop.workbench.findChildren(QAbstractItemView)}:
            model.modelReset.connect(self.look)

    def look(self) -> None:
        said = worded(self._desktop)
        self.looks, self._looked_s = self.looks + 1, time.monotonic()
        self.leaks |= {t for t in TELLING if t in said}

    def at_rest(self) -> bool:
        if time.monotonic() - self._looked_s > LOOK_EVERY_S:
            self.look()
        return self._desktop.idle


@pytest.fixture
def ready(desktop: Desktop) -> Desktop:
    """The window, asked to show all it can: every kind of event, and captions in full."""
    for chip in desktop.workbench.events.findChildren(QAbstractButton):
        if chip.text() in TITLES.values() and not chip.isChecked():
            chip.setEnabled(True)
            chip.click()
    desktop.stage.show_choices(OverlayChoices(Caption.FULL, KINDS))
    return desktop


def decide(library: Path, session_id: str, which: str) -> None:
    """Redact the password's keys, or its text, or a text that is not there."""
    with Core.open(library, library.parent / "home") as core:
        editor, session = core.editor(session_id), core.session(session_id)
        state = editor.state
        if which == "keys":
            answer = commands.redact_keys(state, session, TimeRange(seconds(0.55), seconds(1.3)))
        else:
            answer = commands.redact_text(state, session, core.library.key, PASSWORD)
        assert isinstance(answer, commands.Edits), answer
        edits = answer.edits
        if which == "unreadable":
            (added,) = (e for e in edits if isinstance(e, RedactionAdded))
            assert isinstance(added.redaction, TextRedaction)
            moved = tuple(replace(v, seq=999) for v in added.redaction.locators)
            edits = (RedactionAdded(replace(added.redaction, locators=moved)),)
        editor.commit(edits, title=answer.title, origin="test")


def open_watched(desktop: Desktop, driver: Driver, library: Path) -> Watch:
    desktop.show(library)
    driver.wait_idle()
    watch = Watch(desktop)
    driver.run_action("session.open")
    driver.wait_until(watch.at_rest)
    driver.run_action("view.captions", mode="full", purpose="look for leaks")
    driver.wait_until(watch.at_rest)
    for at_s in (0.75, 1.0, 1.3, 1.7, 2.7, 3.3):
        driver.run_action("seek.goto", t_ns=seconds(at_s))
        driver.wait_until(watch.at_rest)
        watch.look()
    return watch


@pytest.mark.parametrize("which", ["keys", "text"])
def test_what_a_redaction_hides_is_worded_at_no_moment(ready, driver, library, captured_library, which):
    decide(library, captured_library[1], which)
    watch = open_watched(ready, driver, library)
    assert watch.looks > 10
    assert watch.leaks == set()
    assert HARMLESS in worded(ready)


def test_when_it_cannot_be_known_what_is_hidden_every_word_stays_hidden(ready, driver, library, captured_library):
    decide(library, captured_library[1], "unreadable")
    watch = open_watched(ready, driver, library)
    said = worded(ready)
    assert watch.leaks == set()
    assert HARMLESS not in said
    assert "quarterly" not in said
    assert HIDDEN in said
    assert "all text stays hidden" in said


def test_a_redaction_hides_at_once(ready, driver, library):
    watch = open_watched(ready, driver, library)
    assert watch.leaks == set(TELLING), "without a redaction the watch must see the password"
    driver.run_action("redact.text", text=PASSWORD)
    assert not [t for t in TELLING if t in worded(ready)]
    driver.wait_idle()
    assert not [t for t in TELLING if t in worded(ready)]
    driver.run_action("edit.undo")
    driver.wait_idle()
    assert PASSWORD.lower() in worded(ready)


def test_a_mask_hides_no_word(ready, driver, library):
    open_watched(ready, driver, library)
    driver.run_action("redact.box", rect=(10, 10, 50, 50))
    assert HARMLESS in worded(ready)
    rows = [line for line in worded(ready).splitlines() if line.startswith("key ")]
    assert rows
    assert HIDDEN not in "".join(rows)
