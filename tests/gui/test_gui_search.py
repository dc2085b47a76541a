"""Searching in the window: hits lead the playhead, what is hidden is not found, views and facets fill the filter."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests import export_sessions as capture
from tests.gui.building import seconds


@pytest.fixture
def panel(workbench):
    return workbench.workbench.search


def hits(panel):
    model = panel._model
    return [model.hit(i).snippet for i in range(model.rowCount())]


def search(driver, query):
    driver.run_action("search.open", query=query)
    driver.wait_idle()


@pytest.fixture
def listed(desktop, driver, library):
    """The window on the Library page."""
    desktop.show(library)
    driver.wait_idle()
    return desktop


def test_a_search_tells_what_it_found_and_enter_goes_there(workbench, driver, panel):
    search(driver, f"typed:{capture.CUT_TYPED}")
    assert hits(panel) == [capture.CUT_TYPED]
    QTest.keyClick(panel._box, Qt.Key.Key_Return)
    driver.wait_idle()
    assert workbench.playback.state.t_ns == pytest.approx(seconds(1.85), abs=seconds(0.05))
    assert panel._said.text() == "1 hit"


def test_next_and_previous_go_round(workbench, driver, panel):
    search(driver, "element:save")
    driver.run_action("search.next")
    first = workbench.playback.state.t_ns
    driver.run_action("search.previous")
    driver.run_action("search.next")
    assert workbench.playback.state.t_ns == first


def test_ctrl_f_puts_the_cursor_into_the_box(workbench, driver, panel):
    workbench.window.activateWindow()
    workbench.workbench.canvas.setFocus()
    QTest.keyClick(workbench.workbench.canvas, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    driver.wait_idle()
    assert panel._box.hasFocus()


def test_a_query_that_is_not_understood_is_refused_at_the_box(driver, panel):
    search(driver, "app:mail colour:red")
    assert "at character 10" in panel._said.text()
    search(driver, "nowhere-to-be-found")
    assert hits(panel) == []
    assert panel._said.text() == ""


def test_what_is_redacted_meanwhile_is_found_no_more(workbench, driver, panel):
    search(driver, capture.CUT_CHAT)
    assert hits(panel) == [capture.CUT_CHAT]
    driver.run_action("redact.text", text=capture.CUT_CHAT)
    driver.wait_idle()
    assert hits(panel) == []


def test_a_closed_session_leaves_no_hit_behind(workbench, driver, panel):
    search(driver, capture.CUT_CHAT)
    workbench.library.close()
    driver.wait_idle()
    assert hits(panel) == []
    assert not panel._box.isEnabled()


def test_looking_into_the_sessions_waits_for_enter(listed, driver):
    page = listed.library_page
    driver.run_action("library.filter", text="title:nowhere")
    driver.wait_until(lambda: page.filter._note.isVisible(), 10)
    assert page.model.rowCount() == 1
    page.filter.look()
    driver.wait_until(lambda: page.model.rowCount() == 0, 10)
    driver.run_action("library.filter", text="title:quarterly", look=True)
    driver.wait_until(lambda: page.model.rowCount() == 1, 10)
    driver.wait_idle()


def test_facets_count_what_is_shown_and_fill_the_filter(listed, driver):
    page = listed.library_page
    facets = page.facets.model()
    words = [facets.index(i).data(Qt.ItemDataRole.ToolTipRole) for i in range(facets.rowCount())]
    assert "consent:granted" in words
    page.facets.toggled.emit("consent:granted")
    driver.wait_idle()
    assert page.filter.text == "consent:granted"
    page.facets.toggled.emit("consent:granted")
    driver.wait_idle()
    assert page.filter.text == ""


def test_a_view_is_saved_applied_renamed_and_deleted(listed, driver, tmp_path):
    page = listed.library_page
    driver.run_action("library.filter", text="title:unlikelyword")
    page.list.sortByColumn(2, Qt.SortOrder.DescendingOrder)
    page.list.hide_columns(("Cuts",))
    driver.run_action("views.save", name="Mine & yours")
    assert page.views.names()[0] == "Mine & yours"
    driver.run_action("library.filter", text="")
    page.list.hide_columns(())
    driver.run_action("views.apply", name="Mine & yours")
    driver.wait_idle()
    assert page.filter.text == "title:unlikelyword"
    assert page.list.hidden_columns() == ("Cuts",)
    assert page.list.sorting() == ("duration_ns", True)
    driver.run_action("views.rename", name="Mine & yours", to="Ours")
    assert page.views.names()[0] == "Ours"
    driver.run_action("views.remove", name="Ours")
    assert page.views.names()[0] == "Save this view…"
    listed.settings.write()
    for file in (tmp_path / "home").rglob("*"):
        assert not file.is_file() or b"unlikelyword" not in file.read_bytes()
