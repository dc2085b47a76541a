"""The real window on a real library: what a person sees, reaches and is told; and that nothing outlives it."""

from __future__ import annotations

import shutil
import threading

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QWidget,
)

from app.composition import Desktop
from app.driver import Driver
from app.settings import SettingsFile
from curation import commands
from replay.errors import SafelightError
from replay.timebase import TimeRange
from replay.transport import Mode
from tests.gui.building import seconds
from widgets.command_palette import CommandPalette
from widgets.import_dialog import ImportDialog
from widgets.inspector_item import ItemForm
from widgets.key_sheet import KeySheet
from widgets.mask_painter import MaskView


def press(desktop: Desktop, key: Qt.Key, modifiers=Qt.KeyboardModifier.NoModifier) -> None:
    """A key on the canvas, through Qt's own shortcut handling."""
    desktop.window.activateWindow()
    desktop.workbench.canvas.setFocus()
    QTest.keyClick(desktop.workbench.canvas, key, modifiers)


def test_every_action_has_a_handler(desktop):
    assert desktop.registry.unbound() == ()


def test_without_a_library_the_first_screen_offers_three_ways(desktop, driver):
    desktop.show()
    driver.wait_idle()
    assert desktop.library_page.shows_first_run
    names = [c.accessibleName() for c in desktop.library_page.first_run.choices]
    assert names == ["Open the demo", "Import a folder", "Open a library"]


def test_what_is_no_library_is_said_on_the_first_screen(desktop, driver, tmp_path):
    desktop.show(tmp_path)
    driver.wait_idle()
    assert desktop.library_page.shows_first_run
    labels = [w.text() for w in desktop.library_page.first_run.findChildren(QWidget) if hasattr(w, "text")]
    assert any("is not a Safelight library" in text for text in labels)


def test_the_first_frame_is_shown_after_opening(workbench):
    assert workbench.playback.shown_frame == 0
    assert workbench.workbench.canvas.frame_size == (640, 368)
    assert workbench.window.page == "workbench"


def test_keys_step_and_seek_to_exact_frames(workbench, driver):
    press(workbench, Qt.Key.Key_Right)
    press(workbench, Qt.Key.Key_Right)
    driver.wait_idle()
    assert workbench.playback.shown_frame == 2
    press(workbench, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    driver.wait_idle()
    assert workbench.playback.state.t_ns == pytest.approx(seconds(1 + 2 / 30), abs=10)
    press(workbench, Qt.Key.Key_Home)
    driver.wait_idle()
    assert workbench.playback.state.t_ns == workbench.playback.state.extent.start_ns


def test_space_plays_and_pauses(workbench, driver):
    press(workbench, Qt.Key.Key_Space)
    driver.wait_until(lambda: workbench.playback.state.t_ns > seconds(0.3), 20)
    press(workbench, Qt.Key.Key_Space)
    driver.wait_idle()
    at = workbench.playback.state.t_ns
    driver.wait_rest(0.1)
    assert workbench.playback.state.t_ns == at
    assert workbench.playback.shown_frame == workbench.playback.state.frame


def test_in_and_out_come_from_keys_and_make_a_cut(workbench, driver):
    driver.run_action("seek.goto", t_ns=seconds(1))
    press(workbench, Qt.Key.Key_I)
    driver.run_action("seek.goto", t_ns=seconds(2))
    press(workbench, Qt.Key.Key_O)
    press(workbench, Qt.Key.Key_X)
    (cut,) = workbench.edits.state.cuts.values()
    assert (cut.range.start_ns, cut.range.end_ns) == (seconds(1), seconds(2))
    press(workbench, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not workbench.edits.state.cuts


def test_a_key_that_needs_in_and_out_says_what_is_missing(workbench):
    plain, shift = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
    for key, modifiers in ((Qt.Key.Key_R, shift), (Qt.Key.Key_E, plain), (Qt.Key.Key_X, plain)):
        workbench.stage.say("")
        press(workbench, key, modifiers)
        assert "Set an in point (I)" in workbench.workbench.canvas._note
    assert not workbench.edits.items


def test_undo_says_what_it_would_undo(workbench, driver):
    driver.run_action("cut.add", start_ns=0, end_ns=seconds(1))
    assert workbench.binding.qaction("edit.undo").text() == "Undo “Add cut”"
    driver.run_action("edit.undo")
    assert workbench.binding.qaction("edit.undo").text() == "Undo"
    assert workbench.binding.qaction("edit.redo").text() == "Redo “Add cut”"


def test_a_digit_starts_a_live_label_and_ends_it(workbench, driver):
    press(workbench, Qt.Key.Key_1)
    driver.run_action("seek.goto", t_ns=seconds(1.5))
    press(workbench, Qt.Key.Key_1)
    (label,) = workbench.edits.state.labels.values()
    assert label.name == "milestone"
    assert label.range.end_ns == seconds(1.5)


def test_a_mask_gets_a_keyframe_where_it_is_moved(workbench, driver):
    driver.run_action("seek.goto", t_ns=seconds(0.5))
    driver.run_action("redact.box", rect=(10, 20, 100, 50))
    driver.run_action("seek.goto", t_ns=seconds(1.5))
    driver.run_action("redact.keyframe", rect=(210, 20, 100, 50))
    (mask,) = workbench.edits.state.redactions.values()
    assert [k.rect.x for k in mask.keyframes] == [10, 210]
    assert mask.rect_at(seconds(1)).x == 110
    driver.wait_idle()
    form = workbench.workbench.inspector.findChildren(ItemForm)[0]
    assert form.minimumSizeHint().width() <= 240
    workbench.stage.set_mask_view(MaskView.FINAL)
    image = workbench.workbench.canvas.grab().toImage()
    view = workbench.workbench.canvas.view
    x, y = view.to_widget(260, 45)
    assert image.pixelColor(int(x), int(y)).lightness() == 0


def test_a_refusal_is_said_on_the_stage_and_nothing_is_changed(workbench, driver):
    workbench.binding.trigger("redact.range", start_ns=seconds(3.7), end_ns=seconds(3.8))
    assert "No key was pressed" in workbench.workbench.canvas._note
    assert not workbench.edits.state.redactions


def test_an_edit_survives_closing_and_opening_again(workbench, driver):
    driver.run_action("cut.add", start_ns=0, end_ns=seconds(1))
    driver.run_action("session.open", session=workbench.library.open_session_id)
    driver.wait_idle()
    assert len(workbench.edits.state.cuts) == 1
    assert workbench.edits.undo_title == "Add cut"


def test_another_process_s_edits_appear_with_the_next_commit(workbench, driver, library):
    other = workbench.library.core.editor(workbench.library.open_session_id)
    answer = commands.add_cut(other.state, TimeRange(seconds(2), seconds(3)))
    other.commit(answer.edits, title=answer.title)
    driver.run_action("cut.add", start_ns=0, end_ns=seconds(1))
    assert len(workbench.edits.state.cuts) == 2


def test_a_nudge_moves_events_and_not_the_picture(workbench, driver):
    before = workbench.stage.session.events.keys.t_ns.copy()
    frame = workbench.playback.shown_frame
    driver.run_action("sync.later")
    driver.wait_idle()
    moved = workbench.stage.session.events.keys.t_ns - before
    assert set(moved.tolist()) == {workbench.stage.session.frames.frame_ns}
    assert workbench.playback.shown_frame == frame


def test_steps_are_listed_and_those_typing_hidden_keys_say_nothing(workbench, driver):
    steps = len(workbench.stage.steps)
    assert steps > 0
    driver.run_action("redact.range", start_ns=seconds(0.55), end_ns=seconds(1.4))
    driver.wait_idle()
    model = workbench.workbench.steps._model
    words = [model.index(r).data() for r in range(model.rowCount())]
    assert not any("hunter2" in w for w in words)


def test_a_filter_that_is_not_understood_is_refused_at_its_box(workbench, driver):
    driver.run_action("page.library")
    driver.run_action("library.filter", text="colour:red")
    driver.wait_until(lambda: bool(workbench.library_page.filter._error.text()), 10)
    assert "no field of that name" in workbench.library_page.filter._error.text()
    driver.run_action("library.filter", text="state:done")
    driver.wait_until(lambda: workbench.library_page.model.rowCount() == 0, 10)
    driver.run_action("library.filter", text="")
    driver.wait_until(lambda: workbench.library_page.model.rowCount() == 1, 10)


def test_letters_typed_into_a_field_are_text_and_no_actions(workbench, driver):
    driver.run_action("seek.goto")
    field = workbench.workbench.transport._time
    field.selectAll()
    for letter in "f 9":
        QTest.keyClick(field, letter)
    assert field.text() == "f 9"
    QTest.keyClick(field, Qt.Key.Key_Return)
    driver.wait_idle()
    assert workbench.playback.shown_frame == 9
    assert workbench.playback.state.in_ns is None


def test_an_event_is_gone_to_by_its_number(workbench, driver):
    playback = workbench.playback
    driver.run_action("seek.goto", text="e 1")
    for _ in range(2):
        driver.run_action("event.next")
    third = playback.state.t_ns
    driver.run_action("seek.end")
    driver.run_action("seek.goto", text="e 3")
    assert playback.state.t_ns == third
    driver.run_action("seek.goto", text="e 999999")
    driver.run_action("event.next")
    last = playback.state.t_ns
    driver.run_action("event.next")
    assert playback.state.t_ns == last


def test_the_palette_and_the_key_sheet_open_on_their_keys(workbench, driver):
    driver.run_action("palette.open", query="cut")
    (palette,) = workbench.window.findChildren(CommandPalette)
    assert palette.isVisible()
    palette.close()
    driver.run_action("help.keys")
    (sheet,) = workbench.window.findChildren(KeySheet)
    assert sheet.isVisible()
    (area,) = sheet.findChildren(QScrollArea)
    assert area.viewport().width() >= area.widget().minimumSizeHint().width()
    sheet.close()


def test_choosing_in_the_palette_carries_it_out(workbench, driver):
    driver.run_action("palette.open", query="to the end")
    (palette,) = workbench.window.findChildren(CommandPalette)
    QTest.keyClick(palette._box, Qt.Key.Key_Return)
    assert workbench.playback.state.t_ns == workbench.playback.state.extent.end_ns - 1


def test_closing_leaves_no_thread_and_keeps_no_captured_word(workbench, driver, tmp_path):
    driver.run_action("redact.text", text="hello world")
    before_close = {t.name for t in threading.enumerate()}
    assert "frame-server" in before_close
    workbench.close()
    assert [
        t.name for t in threading.enumerate() if t is not threading.main_thread() and not t.name.startswith("pytest")
    ] == []
    kept = (tmp_path / "home" / "settings.json").read_text()
    for captured in ("hello", "hunter2", "Quarterly", "Browser"):
        assert captured not in kept


def test_the_window_title_holds_nothing_captured(workbench):
    assert workbench.window.windowTitle() == "library – Safelight"


def test_panels_and_columns_are_remembered(dressed, tmp_path):
    first = Desktop(dressed, tmp_path / "home")
    first.library_page.list.hide_columns(("Events",))
    first.export_page.set_formats(("hf",))
    first.close()
    first.window.deleteLater()
    second = Desktop(dressed, tmp_path / "home")
    assert second.library_page.list.hidden_columns() == ("Events",)
    assert second.export_page.formats == ("hf",)
    second.close()
    second.window.deleteLater()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"version": 9}', b'{"version": 1, "captions": 7}'])
def test_damaged_settings_are_as_good_as_none(tmp_path, content):
    (tmp_path / "settings.json").write_bytes(content)
    assert SettingsFile.read(tmp_path).value == SettingsFile(tmp_path).value


def controls(root: QWidget) -> list[QWidget]:
    """Everything a keyboard or a screen reader can stop at."""
    kinds = (QAbstractButton, QLineEdit, QComboBox, QPlainTextEdit, QAbstractItemView)
    named_by_qt = ("qt_", "ScrollLeft", "ScrollRight")
    found = [w for w in root.findChildren(QWidget) if isinstance(w, kinds) and not w.isHidden()]
    own = [w for w in found if type(w.parent()).__module__.startswith(("widgets", "app")) or w.parent() is not None]
    return [w for w in own if not w.objectName().startswith(named_by_qt)]


def test_every_control_has_a_name(workbench, driver):
    driver.run_action("cut.add", start_ns=0, end_ns=seconds(1))
    driver.run_action("redact.box", rect=(10, 20, 100, 50))
    nameless = [
        f"{type(w).__name__} {w.objectName()!r} in {type(w.parent()).__name__} in {type(w.parent().parent()).__name__}"
        for w in controls(workbench.window)
        if not w.accessibleName()
    ]
    assert "\n".join(nameless) == ""


def test_the_stage_is_reached_by_tab_from_the_rail(workbench, dressed: QApplication):
    policies = [w.focusPolicy() for w in (workbench.workbench.canvas, workbench.workbench.timeline)]
    assert all(p & Qt.FocusPolicy.TabFocus for p in policies)


def test_a_session_that_is_not_there_is_refused(workbench, driver):
    with pytest.raises(SafelightError):
        driver.run_action("session.open", session="ZZZZ")


def test_there_is_no_session_after_the_last(workbench, driver):
    with pytest.raises(SafelightError):
        driver.run_action("session.next")


def test_space_held_and_dragged_pans_and_does_not_play(workbench):
    canvas = workbench.workbench.canvas
    canvas.setFocus()
    before = canvas.view
    QTest.keyPress(canvas, Qt.Key.Key_Space)
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(50, 50))
    QTest.mouseMove(canvas, QPoint(80, 60))
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(80, 60))
    QTest.keyRelease(canvas, Qt.Key.Key_Space)
    assert (canvas.view.x - before.x, canvas.view.y - before.y) == (30, 10)
    assert workbench.playback.state.mode is Mode.PAUSED


def test_the_last_library_is_opened_again(dressed, library, tmp_path):
    first = Desktop(dressed, tmp_path / "home")
    first.show(library)
    Driver(first).wait_idle()
    first.close()
    first.window.deleteLater()
    second = Desktop(dressed, tmp_path / "home")
    second.show()
    Driver(second).wait_idle()
    assert second.library_page.model.rowCount() == 1
    second.close()
    second.window.close()
    second.window.deleteLater()


def test_a_dropped_folder_is_offered_for_import_with_consent_unknown(desktop, driver, capture):
    desktop.show()
    desktop.library_page.dropped.emit((capture,))
    (dialog,) = desktop.window.findChildren(ImportDialog)
    assert str(capture) in dialog._box.text()
    dialog._go.click()
    driver.wait_idle()
    driver.wait_until(lambda: desktop.library_page.model.rowCount() == 1, 60)
    assert desktop.library_page.model.record(0)["consent"] == "unknown"


def test_what_was_not_imported_is_named_with_the_reason(desktop, driver, tmp_path):
    desktop.show()
    (tmp_path / "junk").mkdir()
    driver.run_action("session.import", paths=[str(tmp_path / "junk")])
    driver.wait_idle()
    labels = [w.text() for w in desktop.library_page.first_run.findChildren(QLabel)]
    assert any("junk" in text and "not imported" in text for text in labels)


def test_an_export_into_a_folder_that_exists_is_refused_at_its_button(workbench, driver, tmp_path):
    driver.run_action("page.export")
    driver.wait_idle()
    workbench.export_page.set_folder(tmp_path)
    workbench.export_page.start.click()
    assert "exists already" in workbench.export_page.error
    assert workbench.jobs.running == 0


def test_the_plan_names_what_is_refused(workbench, driver):
    driver.run_action("state.set", state="rejected")
    driver.run_action("page.export")
    driver.wait_idle()
    model = workbench.export_page.table.model()
    assert model.index(0, model.columnCount() - 1).data() == "A curator rejected the session."


def test_f6_goes_round_the_panels_and_out_of_the_stage(workbench, driver):
    page = workbench.workbench
    page.canvas.setFocus()
    visited = []
    for _ in range(5):
        driver.run_action("view.next_panel")
        focused = page.focusWidget()
        panels = (page.events, page.canvas, page.transport, page.inspector, page.timeline)
        visited.append(next(type(p).__name__ for p in panels if p is focused or p.isAncestorOf(focused)))
    assert visited == ["TransportBar", "Inspector", "TimelineView", "EventPanel", "FrameCanvas"]


def test_frames_step_from_the_event_list_too(workbench, driver):
    view = workbench.workbench.events.findChild(QAbstractItemView)
    workbench.window.activateWindow()
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Right)
    driver.wait_idle()
    assert workbench.playback.shown_frame == 1


@pytest.mark.qt_log_ignore("This plugin does not support")
def test_an_open_menu_has_every_key(workbench, driver):
    menu = workbench.window.menuBar().actions()[1].menu()
    workbench.workbench.canvas.setFocus()
    menu.popup(workbench.window.mapToGlobal(QPoint(40, 40)))
    QTest.keyClick(menu, Qt.Key.Key_I)
    QTest.keyClick(workbench.workbench.canvas, Qt.Key.Key_Right)
    menu.hide()
    driver.wait_idle()
    assert workbench.playback.state.in_ns is None
    assert workbench.playback.shown_frame == 0


def test_a_typed_place_gives_the_keys_back_to_the_frame(workbench, driver):
    press(workbench, Qt.Key.Key_G, Qt.KeyboardModifier.ControlModifier)
    field = workbench.window.focusWidget()
    QTest.keyClicks(field, "1.5")
    QTest.keyClick(field, Qt.Key.Key_Return)
    driver.wait_idle()
    assert workbench.workbench.canvas.hasFocus()
    assert workbench.playback.state.t_ns == seconds(1.5)
    assert field.text().startswith("00:00:01.5")


def test_escape_leaves_a_field_as_it_was_and_returns_to_the_frame(workbench, driver):
    press(workbench, Qt.Key.Key_G, Qt.KeyboardModifier.ControlModifier)
    field = workbench.window.focusWidget()
    before = field.text()
    QTest.keyClicks(field, "nowhere")
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert workbench.workbench.canvas.hasFocus()
    assert field.text() == before


def test_a_session_named_at_the_start_is_opened(desktop, driver, library, captured_library):
    desktop.show(library, captured_library[1][:6])
    driver.wait_idle()
    assert desktop.library.open_session_id == captured_library[1]
    assert desktop.window.page == "workbench"


@pytest.mark.parametrize("page", ["library", "workbench", "export", "access"])
def test_every_page_fits_a_small_screen(workbench, driver, page):
    workbench.window.show_page(page)
    workbench.window.resize(1024, 700)
    driver.wait_rest(0.1)
    assert (workbench.window.width(), workbench.window.height()) == (1024, 700)


def test_a_library_that_is_gone_is_said_and_takes_no_more_edits(workbench, driver, library):
    driver.run_action("cut.add", start_ns=0, end_ns=seconds(1))
    shutil.rmtree(library)
    with pytest.raises(SafelightError):
        driver.run_action("cut.add", start_ns=seconds(2), end_ns=seconds(3))
    assert len(workbench.edits.state.cuts) == 1
    driver.wait_until(lambda: not workbench.edits.is_open, 20)
    assert "not there any more" in workbench.window.banner.accessibleName()
    workbench.window.show_page("library")
    driver.wait_idle()
    labels = [w.text() for w in workbench.library_page.findChildren(QLabel)]
    assert any("not there any more" in text for text in labels)
