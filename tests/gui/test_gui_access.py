"""Access in the window: who may do what, looks at the original, and what becomes of a session that is taken back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMenu

from app.actions.binding import LET_GO_AFTER_MS
from app.composition import Desktop
from app.core import Core
from app.driver import Driver
from app.proof_job import answer_of
from curation.intake.job import ImportJob, ImportRequest
from replay.errors import BadInput, SafelightError
from replay.store.library import Library
from replay.vault.identity import identity_of
from replay.vault.log.entry import Entry
from replay.vault.subjects import Subjects
from tests.export_sessions import PASSWORD
from tests.gui.building import seconds
from tests.gui.test_gui_hidden import worded
from tests.gui.windows import window_of
from widgets.frame_canvas import FrameCanvas
from widgets.log_table import LogFilter
from widgets.mask_painter import MaskView

DAY_MS = 24 * 3600 * 1000


@pytest.fixture
def stranger(dressed: QApplication, tmp_path: Path) -> Iterator[Desktop]:
    """The window of somebody who is no member of the library."""
    with window_of(dressed, tmp_path / "stranger") as made:
        yield made


def entries(desktop: Desktop, act: str) -> list[Entry]:
    gate = desktop.library.core.library.gate
    gate.log.refresh()
    return [e for e in gate.log.entries() if e.act == act]


def state_consent(library: Path, home: Path, session_id: str, status: str, *purposes: str) -> None:
    """As another process of the custodian would."""
    with Core.open(library, home) as core:
        Subjects(core.library.gate).record(sessions=(session_id,), status=status, purposes=purposes)


def labels_of(widget: object) -> str:
    return "\n".join(w.text() for w in widget.findChildren(QLabel))


def is_blank(canvas: FrameCanvas) -> bool:
    return canvas._frame is None and canvas._image is None and canvas._fine is None and canvas._overlay is None


# -- the page --------------------------------------------------------------------------------------------------------


def test_the_page_says_who_i_am_and_who_may_do_what(desktop, driver, library):
    desktop.show(library)
    driver.run_action("page.access")
    driver.wait_idle()
    page, card = desktop.access_page, desktop.library.core.library.gate.identity.card
    assert page._card.text() == card.id
    assert "Unprotected" in page._protection.text()
    people = page.people.rows
    named = {people.index(r, 0).data(): people.index(r, 1).data() for r in range(people.rowCount())}
    assert named == {f"{card.name} (you)": "Custodian", "Recovery key": "Recovery key"}
    assert page.grants.rows.rowCount() == 8
    log = page.log.table.rows
    assert log.index(log.rowCount() - 1, 2).data() == "Library made"
    assert log.index(0, 2).data() == "Read log"


def test_the_log_is_filtered_and_says_how_many_are_left(desktop, driver, library):
    desktop.show(library)
    driver.run_action("page.access")
    driver.wait_idle()
    panel = desktop.access_page.log
    whole = panel.table.rows.rowCount()
    panel.pick(LogFilter(act="library_made"))
    driver.wait_idle()
    assert panel.table.rows.rowCount() == 1
    assert panel._count.text().startswith("1 of ")
    panel.pick(LogFilter(denied_only=True))
    driver.wait_idle()
    assert panel.table.rows.rowCount() == 0
    assert "No entry fits" in labels_of(panel)
    panel.pick(LogFilter())
    driver.wait_idle()
    assert panel.table.rows.rowCount() == whole


def test_a_recovery_key_in_the_home_is_pointed_out_until_it_is_moved(desktop, driver, library, tmp_path):
    desktop.show(library)
    driver.run_action("page.access")
    driver.wait_idle()
    assert desktop.access_page._recovery_box.isHidden()
    (tmp_path / "home" / "safelight-recovery-00000000.txt").write_text("a key")
    driver.run_action("page.access")
    driver.wait_idle()
    assert not desktop.access_page._recovery_box.isHidden()
    assert "Move it away" in desktop.access_page._recovery.text()


def test_the_log_is_verified_and_its_first_bad_entry_is_named(desktop, driver, library):
    desktop.show(library)
    driver.run_action("page.access")
    driver.wait_idle()
    driver.run_action("access.verify_log")
    driver.wait_idle()
    assert "every signature holds" in desktop.access_page.log_answer
    me = desktop.library.core.library.gate.identity.card.id
    path = library / "log" / me / "entries.log"
    content = path.read_bytes()
    path.write_bytes(content.replace(b'"library_made"', b'"library_mode"', 1))
    driver.run_action("access.verify_log")
    driver.wait_idle()
    assert "does not hold: entry 0 of" in desktop.access_page.log_answer


def test_whoever_is_no_member_is_told_what_to_send_to_whom(stranger, library):
    driver = Driver(stranger)
    stranger.show(library)
    driver.wait_idle()
    card = stranger.library.core.library.gate.identity.card
    said = labels_of(stranger.library_page)
    assert "not a member" in said
    assert card.id in said
    driver.run_action("page.access")
    driver.wait_idle()
    assert "not a member" in labels_of(stranger.access_page)
    assert stranger.access_page.log.table.rows.rowCount() == 0
    driver.run_action("access.copy_card")
    assert json.loads(QApplication.clipboard().text())["id"] == card.id
    with pytest.raises(SafelightError):
        driver.run_action("session.open", session="A")


def test_without_a_library_the_page_gives_the_card_that_a_custodian_needs(stranger, tmp_path):
    driver = Driver(stranger)
    driver.run_action("page.access")
    driver.wait_idle()
    card = identity_of(tmp_path / "stranger").card
    assert stranger.access_page._card.text() == card.id
    assert "Unprotected" in stranger.access_page._protection.text()
    QApplication.clipboard().setText("")
    driver.run_action("access.copy_card")
    driver.wait_idle()
    assert json.loads(QApplication.clipboard().text())["id"] == card.id


# -- the proof -------------------------------------------------------------------------------------------------------


def test_an_overdue_proof_makes_the_library_read_only_and_offers_the_proof(workbench, driver):
    gate = workbench.library.core.library.gate
    real = gate.now_ms
    gate.now_ms = lambda: real() + 8 * DAY_MS
    workbench.access.look()
    driver.wait_idle()
    banner = workbench.window.banner
    assert "read-only" in banner.accessibleName()
    assert banner._act.text() == "Verify the library"
    workbench.binding.trigger("cut.add", start_ns=0, end_ns=seconds(1))
    assert not workbench.edits.state.cuts
    assert "read-only" in workbench.workbench.canvas._note
    gate.now_ms = real
    workbench.access.look()
    driver.wait_idle()
    assert banner.isHidden()


@pytest.mark.parametrize(
    ("attack", "ok"),
    [
        ({"name": "stranger", "denied": True, "logged": True, "control": True}, True),
        ({"name": "stranger", "denied": False, "logged": True, "control": True}, False),
        ({"name": "stranger", "denied": True, "logged": False, "control": True}, False),
        ({"name": "stranger", "denied": True, "logged": True, "control": False}, False),
    ],
)
def test_a_proof_holds_only_if_every_attack_was_denied_logged_and_controlled(attack, ok):
    answer = answer_of(json.dumps({"ok": True, "attacks": [attack]}).encode())
    assert (answer.ok, answer.failed) == (ok, () if ok else ("stranger",))


@pytest.mark.parametrize("untrusted", [b"", b"[]", b"{}", b'{"ok": true}', b'{"ok": true, "attacks": [{}]}', b"\xff"])
def test_what_is_no_answer_is_no_proof(untrusted):
    with pytest.raises(BadInput):
        answer_of(untrusted)


def test_a_proof_that_was_refused_says_why():
    with pytest.raises(SafelightError, match="no grant"):
        answer_of(b'{"error": {"code": "no_grant", "sentence": "There is no grant.", "remedy": ""}}')


# -- the original ----------------------------------------------------------------------------------------------------


def hold(desktop: Desktop, driver: Driver) -> None:
    """Hold H until whatever it shows is on screen."""
    desktop.workbench.canvas.setFocus()
    QTest.keyPress(desktop.workbench.canvas, Qt.Key.Key_H)
    driver.wait_idle()


def release(desktop: Desktop, driver: Driver) -> None:
    QTest.keyRelease(desktop.workbench.canvas, Qt.Key.Key_H)
    driver.wait_rest(2 * LET_GO_AFTER_MS / 1000)
    driver.wait_idle()


def test_the_first_h_asks_for_a_purpose_and_shows_nothing(workbench, driver):
    asked: list[str] = []
    workbench.reveal._ask = lambda title, *_: asked.append(title) or "check a mask"
    driver.run_action("redact.text", text=PASSWORD)
    driver.wait_idle()
    hold(workbench, driver)
    assert asked == []
    assert not workbench.playback.reveals
    release(workbench, driver)
    assert len(asked) == 1
    assert entries(workbench, "unmask") == []
    hold(workbench, driver)
    release(workbench, driver)
    assert len(asked) == 1


def test_the_original_is_shown_while_h_is_held_and_gone_after(workbench, driver):
    driver.run_action("redact.text", text=PASSWORD)
    driver.run_action("redact.box", rect=(100, 100, 200, 100), start_ns=seconds(0.5), end_ns=seconds(2))
    driver.run_action("session.screen")
    driver.wait_idle()
    workbench.stage.set_mask_view(MaskView.FINAL)
    driver.run_action("seek.goto", t_ns=seconds(1))
    driver.wait_idle()
    assert PASSWORD.lower() not in worded(workbench)
    masked = workbench.workbench.canvas._frame.bgra.copy()
    workbench.reveal._purpose = "check a mask"
    hold(workbench, driver)
    assert workbench.playback.reveals
    assert workbench.workbench.canvas._mask_view is MaskView.ORIGINAL
    assert PASSWORD.lower()[:4] in worded(workbench)
    assert (workbench.workbench.canvas._frame.bgra != masked).any()
    release(workbench, driver)
    assert not workbench.playback.reveals
    assert workbench.workbench.canvas._mask_view is MaskView.FINAL
    assert PASSWORD.lower()[:4] not in worded(workbench)
    assert (workbench.workbench.canvas._frame.bgra == masked).all()


def test_each_look_is_in_the_log_with_purpose_and_range(workbench, driver):
    driver.run_action("seek.goto", t_ns=seconds(1))
    driver.wait_idle()
    workbench.reveal._purpose = "check a mask"
    hold(workbench, driver)
    driver.run_action("seek.goto", t_ns=seconds(1.5))
    driver.wait_idle()
    release(workbench, driver)
    looks = [e for e in entries(workbench, "unmask") if e.range_ms is not None]
    assert [e.detail["phase"] for e in looks] == ["start", "stop"]
    assert {e.purpose for e in looks} == {"check a mask"}
    low, high = looks[-1].range_ms
    assert low == pytest.approx(1000, abs=40)
    assert high == pytest.approx(1500, abs=40)
    driver.run_action("page.library")
    views = entries(workbench, "view")
    assert all(e.purpose == "curation" for e in views)


def test_a_key_that_repeats_as_x11_does_is_one_look(workbench, driver):
    workbench.reveal._purpose = "check a mask"
    hold(workbench, driver)
    for _ in range(5):
        QTest.keyRelease(workbench.workbench.canvas, Qt.Key.Key_H)
        QTest.keyPress(workbench.workbench.canvas, Qt.Key.Key_H)
    driver.wait_rest(3 * LET_GO_AFTER_MS / 1000)
    assert workbench.playback.reveals
    release(workbench, driver)
    looks = [e for e in entries(workbench, "unmask") if e.range_ms is not None]
    assert [e.detail["phase"] for e in looks] == ["start", "stop"]


def test_a_look_ends_when_another_window_takes_the_keys(workbench, driver):
    workbench.reveal._purpose = "check a mask"
    hold(workbench, driver)
    assert workbench.playback.reveals
    QApplication.sendEvent(workbench.window, QEvent(QEvent.Type.WindowDeactivate))
    assert not workbench.playback.reveals
    driver.wait_idle()


def test_no_menu_shows_the_original_without_a_key_that_ends_it(workbench):
    listed = {a.text() for m in workbench.window.menuBar().findChildren(QMenu) for a in m.actions()}
    assert "Fit the frame" in listed
    assert "Show the original while held" not in listed


@pytest.mark.parametrize("status", ["unknown", "limited"])
def test_without_consent_the_original_is_refused_in_words(workbench, driver, library, tmp_path, status):
    purposes = ("research",) if status == "limited" else ()
    state_consent(library, tmp_path / "home", workbench.library.open_session_id, status, *purposes)
    workbench.reveal._purpose = "check a mask"
    hold(workbench, driver)
    assert not workbench.playback.reveals
    assert workbench.window.toast.sentence
    assert workbench.workbench.canvas._frame is not None
    release(workbench, driver)
    assert [e.decision for e in entries(workbench, "unmask")] == ["denied"]


def test_letting_go_before_the_original_has_come_shows_nothing_of_it(workbench, driver):
    workbench.reveal._purpose = "check a mask"
    for _ in range(5):
        workbench.reveal.hold()
        workbench.reveal.hold(on=False)
    driver.wait_idle()
    driver.wait_rest(0.2)
    assert not workbench.playback.reveals
    assert workbench.stage._captured is None
    assert workbench.workbench.canvas._frame is not None


# -- what was not screened -------------------------------------------------------------------------------------------


def test_an_unscreened_session_says_so_and_is_screened_from_its_banner(desktop, driver, tmp_path, capture, library):
    sealed = Library.create(tmp_path / "unscreened", tmp_path / "home")
    ImportJob(sealed, lambda *_: None, lambda: False).run(ImportRequest((capture,), consent="granted", derive=False))
    desktop.show(sealed.path)
    driver.wait_idle()
    driver.run_action("session.open")
    driver.wait_idle()
    banner = desktop.window.banner
    assert "not screened" in banner.accessibleName()
    assert PASSWORD.lower()[:4] not in worded(desktop)
    banner._act.click()
    driver.wait_idle()
    assert desktop.edits.is_open
    assert banner.isHidden()


# -- what is taken back ----------------------------------------------------------------------------------------------


def test_a_withdrawal_elsewhere_closes_the_session_and_blanks_it(workbench, driver, library, tmp_path):
    session_id = workbench.library.open_session_id
    driver.run_action("play.toggle")
    driver.wait_rest(0.3)
    state_consent(library, tmp_path / "home", session_id, "withdrawn")
    driver.wait_until(lambda: not workbench.edits.is_open, 20)
    assert is_blank(workbench.workbench.canvas)
    assert workbench.stage.session is None
    assert workbench.playback._server is None
    assert "withdrew" in workbench.window.banner.accessibleName()
    assert workbench.window.banner._act.text() == "Try again"
    assert PASSWORD.lower()[:4] not in worded(workbench)
    workbench.window.banner._act.click()
    driver.wait_idle()
    assert not workbench.edits.is_open


def test_a_withdrawal_while_the_original_is_held_ends_the_look(workbench, driver, library, tmp_path):
    workbench.reveal._purpose = "check a mask"
    hold(workbench, driver)
    state_consent(library, tmp_path / "home", workbench.library.open_session_id, "unknown")
    driver.wait_until(lambda: not workbench.playback.reveals, 20)
    assert workbench.stage._captured is None
    assert workbench.edits.is_open
    release(workbench, driver)


def test_a_library_that_is_gone_closes_the_session(workbench, driver, library):
    shutil.rmtree(library)
    driver.wait_until(lambda: not workbench.edits.is_open, 20)
    assert is_blank(workbench.workbench.canvas)


# -- what was looked at ----------------------------------------------------------------------------------------------


def test_what_was_looked_at_is_in_the_log_as_ranges(workbench, driver):
    for frame in range(10, 40):
        driver.run_action("seek.goto", frame=frame)
        driver.wait_idle()
    driver.run_action("seek.goto", t_ns=seconds(3.5))
    driver.wait_idle()
    workbench.session_access.views.write()
    driver.wait_idle()
    ranges = [e.range_ms for e in entries(workbench, "view")]
    assert len(ranges) == 2
    assert ranges[0] == (0, pytest.approx(1300, abs=2))
    assert ranges[1][0] == pytest.approx(3500, abs=40)


def test_the_last_ranges_are_written_before_the_window_is_gone(workbench, driver, library, tmp_path):
    workbench.close()
    with Core.open(library, tmp_path / "home") as core:
        core.library.gate.log.refresh()
        assert [e.range_ms for e in core.library.gate.log.entries() if e.act == "view"] == [(0, 0)]
