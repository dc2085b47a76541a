"""Lists and tables: virtual, sorted, filtered, bound to the playhead, and silent about what is hidden."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from curation.catalogue_view import EditSummary, catalogue_with_edits
from curation.model import CurationState, KeysRedaction, SeqSpan
from curation.redaction.plan import resolve
from curation.steps.model import Action, ActionType, Point
from curation.steps.reduce import reduce
from curation.veil import HIDDEN, Lifted, Veil
from replay.store.catalogue import SCHEMA
from tests.gui.building import nothing_decided, seconds, session, span
from widgets.event_list import EventModel, EventPanel
from widgets.event_rows import EventKind, index_of, worded
from widgets.plan_table import PlanModel, PlanRow
from widgets.session_filter_bar import SessionFilterBar
from widgets.session_list import SessionList
from widgets.session_table import COLUMNS, SessionTableModel
from widgets.step_list import PICTURE_ROLE, StepModel
from widgets.step_rows import StepRows, detailed, titled

_ADD_ROW = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
COLUMN = {c.title: i for i, c in enumerate(COLUMNS)}


def catalogue(n: int) -> pa.Table:
    """`n` sessions, each a minute longer than the one before."""
    rows = [
        {
            "id": f"{i:026d}", "imported_at_utc_ns": i, "started_at_utc_ns": None if i == 1 else i * 10**9,
            "duration_ns": (i * 37 % n + 1) * 60 * 10**9, "format": "parquet", "recorder": "r", "os": "Linux",
            "subject_id": None, "apps": ["Mail.exe", "editor"][: i % 3], "frames": i, "width": 1280, "height": 720,
            "events": i, "pointer_events": i, "clicks": 1, "key_events": 2, "activity": [0, 3, 1, 4],
            "sync_method": "correlated", "sync_sigma_ns": 10_000_000, "consent": "granted", "problems": [],
            "size_bytes": 10,
        }
        for i in range(n)
    ]  # fmt: skip
    return catalogue_with_edits(pa.Table.from_pylist(rows, schema=SCHEMA), {rows[0]["id"]: EditSummary("done", 2)})


@pytest.fixture
def model(dressed):
    return SessionTableModel()


def texts(model: SessionTableModel, title: str) -> list[str]:
    return [model.index(r, COLUMN[title]).data() for r in range(model.rowCount())]


def test_the_session_table_is_a_sound_model(model, qtmodeltester):
    model.show_rows(catalogue(5))
    qtmodeltester.check(model)


def test_cells_read_as_people_speak(model):
    model.show_rows(catalogue(3))
    assert texts(model, "Length") == ["1:00", "2:00", "3:00"]
    assert texts(model, "Apps") == ["–", "Mail", "Mail, editor"]
    assert texts(model, "State") == ["done", "new", "new"]
    assert texts(model, "Started (UTC)") == ["1970-01-01 00:00", "–", "1970-01-01 00:00"]


def test_other_rows_leave_the_picked_ones_picked_and_in_sight(dressed, qtbot, model):
    view = SessionList(model)
    qtbot.addWidget(view)
    view.resize(900, 300)
    view.show()
    rows = catalogue(500)
    view.show_rows(rows, np.arange(500))
    view.pick(f"{3:026d}")
    view.selectionModel().select(model.index(5, 0), _ADD_ROW)
    told: list[tuple[str, ...]] = []
    view.picked.connect(told.append)
    view.show_rows(rows, np.arange(500)[::-1])
    assert view.picked_ids() == (f"{5:026d}", f"{3:026d}")
    assert view.visualRect(view.currentIndex()).intersects(view.viewport().rect())
    view.verticalScrollBar().setValue(100)
    view.show_rows(rows, np.arange(500))
    assert view.verticalScrollBar().value() == 100
    assert told == []


def test_a_hundred_thousand_picked_sessions_are_told_at_once(dressed, qtbot, model):
    rows = pa.concat_tables([catalogue(1000)] * 100)
    view = SessionList(model)
    qtbot.addWidget(view)
    view.resize(1200, 600)
    start_cpu_s = time.process_time()
    view.show_rows(rows, np.arange(100_000)[::-1])
    view.grab()
    view.selectAll()
    assert len(view.picked_ids()) == 100_000
    assert time.process_time() - start_cpu_s < 1.0


def test_typing_leads_to_the_next_session_that_begins_so(dressed, qtbot, model):
    view = SessionList(model)
    qtbot.addWidget(view)
    rows = catalogue(100)
    names = [("parquet", "owamcap", "other")[i % 3] for i in range(100)]
    at = rows.column_names.index("format")
    view.show_rows(rows.set_column(at, rows.schema.field(at), pa.array(names)), np.arange(100))
    view.selectRow(0)
    QTest.keyClicks(view, f"{42:026d}")
    assert view.picked_ids() == (f"{42:026d}",)
    view.setCurrentIndex(model.index(0, COLUMN["Format"]))
    qtbot.wait(QApplication.keyboardInputInterval() + 50)
    QTest.keyClicks(view, "O")
    assert view.currentIndex().row() == 1
    QTest.keyClicks(view, "t")
    assert view.currentIndex().row() == 2
    QTest.keyClicks(view, "x")  # nothing begins so
    assert view.currentIndex().row() == 2


def test_the_menu_copies_ids_and_cells_and_chooses_columns(dressed, qtbot, model):
    view = SessionList(model)
    qtbot.addWidget(view)
    view.show()
    view.show_rows(catalogue(5), np.arange(5))
    view.selectRow(1)
    view.selectionModel().select(model.index(3, 0), _ADD_ROW)
    view.selectionModel().setCurrentIndex(model.index(1, COLUMN["Apps"]), QItemSelectionModel.SelectionFlag.NoUpdate)

    def chosen(*titles: str) -> None:
        menu = view.menu()
        for title in titles[:-1]:
            menu = next(a for a in menu.actions() if a.text() == title).menu()
        next(a for a in menu.actions() if a.text() == titles[-1]).trigger()

    chosen("Copy the ids")
    assert QGuiApplication.clipboard().text() == f"{1:026d}\n{3:026d}"
    chosen("Copy this cell")
    assert QGuiApplication.clipboard().text() == "Mail"
    chosen("Columns", "Cuts")
    assert "Cuts" in view.hidden_columns()
    chosen("Copy the rows")
    header, first, second = QGuiApplication.clipboard().text().split("\n")
    assert set(header.split("\t")) & {"Apps", "Cuts"} == {"Apps"}
    assert [line.split("\t")[0] for line in (first, second)] == [f"{1:026d}", f"{3:026d}"]


def test_enter_opens_and_copy_takes_the_rows(dressed, qtbot, model):
    view = SessionList(model)
    qtbot.addWidget(view)
    model.show_rows(catalogue(3))
    opened: list[str] = []
    view.opened.connect(opened.append)
    view.pick(f"{1:026d}")
    QTest.keyClick(view, Qt.Key.Key_Return)
    QTest.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert opened == [f"{1:026d}"]
    header, line = QGuiApplication.clipboard().text().split("\n")
    assert header.startswith("Session\t")
    assert line.startswith(f"{1:026d}\t")


def test_the_filter_asks_once_typing_settles(dressed, qtbot):
    bar = SessionFilterBar()
    qtbot.addWidget(bar)
    asked: list[str] = []
    bar.filter_requested.connect(asked.append)
    with qtbot.waitSignal(bar.filter_requested):
        for letter in "dur:>1m":
            QTest.keyClick(bar.focusProxy(), letter)
    assert asked == ["dur:>1m"]


def test_chips_write_and_unwrite_their_words(dressed, qtbot):
    bar = SessionFilterBar()
    qtbot.addWidget(bar)
    bar.set_text("mail")
    chip = bar._chips["state:new"]
    chip.click()
    assert bar.text == "mail state:new"
    chip.click()
    assert bar.text == "mail"


@pytest.fixture
def events():
    return session().events


def wording(events, kind: EventKind, **more) -> list[str]:
    index = index_of(events)
    rows = index.row[index.places_of(frozenset({kind}))]
    return [worded(events, kind, int(r), more.get("veil", nothing_decided(session()))) for r in rows]


def test_every_event_is_listed_once_in_order_of_time(events):
    index = index_of(events)
    assert len(index.t_ns) == events.count
    assert (index.t_ns[1:] >= index.t_ns[:-1]).all()


def test_keys_typed_into_a_secure_field_are_never_worded(events):
    keys = wording(events, EventKind.KEY)
    assert keys[0] == "Key down  h"
    assert keys[5] == "Key down  Control+s"
    assert keys[-2:] == [f"Key down  {HIDDEN}", f"Key up  {HIDDEN}"]


def test_redacted_keys_are_not_worded_either(events):
    redaction = KeysRedaction("k", span(2, 3), (SeqSpan("keys", 0, 3),))
    veil = Veil(resolve(session(), CurationState(redactions={"k": redaction}), bytes(32)))
    keys = wording(events, EventKind.KEY, veil=veil)
    assert [k for k in keys[:4] if HIDDEN not in k] == []
    assert keys[5] == "Key down  Control+s"


def test_windows_name_the_app_without_its_folder(events):
    assert wording(events, EventKind.WINDOW)[0] == "Focus  Mail  Inbox"


def test_the_event_list_is_a_sound_model(dressed, events, qtmodeltester):
    model = EventModel()
    model.show_events(events, index_of(events))
    qtmodeltester.check(model)


def test_the_event_list_follows_the_playhead_within_the_shown_kinds(dressed, qtbot, events):
    panel = EventPanel()
    qtbot.addWidget(panel)
    panel.show_events(events, index_of(events))
    model = panel._model
    model.show_kinds(frozenset({EventKind.KEY}))
    assert model.rowCount() == 10
    assert model.show_playhead(seconds(2.15)) == 1
    assert model.show_playhead(seconds(0)) == -1


def test_a_click_on_an_event_asks_to_go_there(dressed, qtbot, events):
    panel = EventPanel()
    qtbot.addWidget(panel)
    panel.resize(340, 400)
    panel.show()
    panel.show_events(events, index_of(events))
    asked: list[int] = []
    panel.time_requested.connect(asked.append)
    view = panel._view
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(panel._model.index(2)).center())
    assert asked == [panel._model.index(2).data(Qt.ItemDataRole.UserRole + 1)]


def test_steps_are_listed_with_their_observation(dressed, qtmodeltester):
    model = StepModel()
    steps = reduce(session())
    model.show_steps(StepRows(steps), Lifted())
    qtmodeltester.check(model)
    picture = QImage(8, 8, QImage.Format.Format_RGB32)
    seen = next(s for s in steps if s.obs_index is not None)
    assert seen.obs_index is not None
    assert model.index(seen.index).data(PICTURE_ROLE) is None
    model.show_picture(seen.obs_index, picture)
    assert model.index(seen.index).data(PICTURE_ROLE).size() == picture.size()


CLICK = Action(ActionType.CLICK, "left", point=Point(10, 20, 5, 6))


@pytest.mark.parametrize(
    ("action", "title", "detail"),
    [
        (CLICK, "Click", "at 5, 6"),
        (replace(CLICK, count=2), "Double click", "at 5, 6"),
        (replace(CLICK, button="right", modifiers=("Control",)), "Right click", "with Control at 5, 6"),
        (Action(ActionType.TYPE, text="hello\nyou"), "Type", "“hello you”"),
        (Action(ActionType.KEY, keys=("s",), modifiers=("Control",)), "Press Control+s", ""),
        (Action(ActionType.SCROLL, scroll_dy=-3), "Scroll down 3", ""),
    ],
)
def test_actions_are_worded(action, title, detail):
    assert titled(action) == title
    assert detailed(action) == detail


def test_without_a_plan_no_captured_word_is_worded(events):
    kinds = (EventKind.KEY, EventKind.WINDOW, EventKind.TEXT)
    assert all(HIDDEN in line for kind in kinds for line in wording(events, kind, veil=Veil(None)))
    actions = [Veil(None).step(s).action for s in reduce(session())]
    assert not [a for a in actions if "h" in a.keys or "Control" in a.keys + a.modifiers or a.text == "hi"]


def test_the_plan_says_why_a_session_stays_home(dressed, qtmodeltester):
    model = PlanModel()
    model.show_rows([PlanRow("A" * 26, 1, 22, 300, 20, 4), PlanRow("B" * 26, refused="Nobody recorded the consent.")])
    qtmodeltester.check(model)
    last = model.columnCount() - 1
    assert model.index(0, last).data() == "Leaves"
    assert model.index(1, last).data() == "Nobody recorded the consent."
    assert model.index(1, 2).data() == "–"
    assert model.rowCount(QModelIndex()) == 2
