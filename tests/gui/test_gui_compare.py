"""Two pictures side by side: redaction, another session, and two states of the decisions, on one clock."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDockWidget

from app.composition import Desktop
from app.core import Core
from app.driver import Driver
from curation.edit_log import Intent
from curation.edits import LabelAdded
from curation.intake.job import ImportJob, ImportRequest
from curation.model import Label
from replay.errors import Refused
from replay.session import Session
from replay.store.library import Library
from replay.timebase import TimeRange
from replay.vault.identity import default_home
from replay.video.cache import DEFAULT_BUDGET_BYTES
from tests.export_sessions import Script, number_of, write_capture
from tests.gui.building import seconds
from tests.gui.test_gui_access import entries, hold, is_blank, release, state_consent
from tests.gui.windows import window_of
from tests.videos import Clip, encode, number_in
from widgets.command_palette import CommandPalette
from widgets.mask_painter import MaskView

# Of another rate and of another length than the first session, and not even.
OTHER_PTS_MS = tuple(int(n**1.3) * 40 for n in range(1, 31))
OTHER_STARTS_NS = [(p - OTHER_PTS_MS[0]) * 1_000_000 for p in OTHER_PTS_MS]

CLOSED = "This side was closed"


@dataclass(frozen=True)
class Pair:
    library: Path
    first: str
    other: str


@pytest.fixture(scope="session")
def imported_pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """Two sessions in one library; never changed, copied by who needs it."""
    root = tmp_path_factory.mktemp("pair")
    write_capture(root / "captures" / "a")
    write_capture(root / "captures" / "b", Script(password="Other8word"))
    encode(root / "captures" / "b" / "video.mp4", Clip(size=(320, 184), pts_ms=OTHER_PTS_MS, gop=8))
    library = Library.create(root / "library")
    ids = [
        ImportJob(library, lambda *_: None, lambda: False)
        .run(ImportRequest((root / "captures" / name,), consent="granted"))
        .sessions[0]
        .id
        for name in ("a", "b")
    ]
    return Pair(library.path, *ids)


@pytest.fixture
def pair(imported_pair: Pair, tmp_path: Path) -> Pair:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    shutil.copy(default_home() / "identity.keys", home)
    copy = Path(shutil.copytree(imported_pair.library, tmp_path / "library"))
    return Pair(copy, imported_pair.first, imported_pair.other)


@pytest.fixture
def desktop(dressed: QApplication, pair: Pair, tmp_path: Path) -> Iterator[Desktop]:
    with window_of(dressed, tmp_path / "home") as made:
        driver = Driver(made)
        made.show(pair.library)
        driver.wait_idle(60)
        driver.run_action("session.open", session=pair.first)
        driver.wait_idle(60)
        yield made


def run(desktop: Desktop, driver: Driver, action_id: str, **arguments: object) -> None:
    driver.run_action(action_id, **arguments)
    driver.wait_idle(60)


def right(desktop: Desktop):
    return desktop.workbench.compare.right.canvas


def left(desktop: Desktop):
    return desktop.workbench.compare.left.canvas


def other_shows(desktop: Desktop) -> int:
    """The number in the picture on the right."""
    return number_in(right(desktop)._frame.bgra[:, :, 2::-1])


def other_at(t_ns: int) -> int:
    """The frame of the other session that is on screen at `t_ns` of its own clock."""
    return max(0, sum(start <= t_ns for start in OTHER_STARTS_NS) - 1)


def commit_as(pair: Pair, home: Path, author: str, *labels: Label) -> None:
    """Labels of somebody else, as another window would have written them."""
    with Core.open(pair.library, home) as core:
        edits = tuple(LabelAdded(v) for v in labels)
        head = core.edit_log.head(pair.first)
        core.edit_log.append(Intent(pair.first, author, head, "Label", edits), at_head=head)


# -- before and after redaction --------------------------------------------------------------------------------------


def test_before_and_after_redaction_share_the_picture_and_differ_in_the_masks(desktop, driver):
    run(desktop, driver, "redact.box", rect=(100, 100, 200, 100), start_ns=0, end_ns=seconds(3))
    run(desktop, driver, "compare.open", kind="redaction")
    run(desktop, driver, "seek.goto", frame=40)
    main = desktop.workbench.canvas
    assert right(desktop)._frame is main._frame
    assert (main._mask_view, right(desktop)._mask_view) == (MaskView.OUTLINE, MaskView.FINAL)
    burned = [m for m in right(desktop)._masks if m.burned]
    assert burned
    assert right(desktop)._hud == main._hud
    assert right(desktop)._sync == main._sync


def test_a_mask_that_is_drawn_left_is_at_once_final_on_the_right(desktop, driver):
    run(desktop, driver, "compare.open", kind="redaction")
    assert not right(desktop)._masks
    run(desktop, driver, "redact.box", rect=(100, 100, 200, 100), start_ns=0, end_ns=seconds(3))
    assert any(m.burned for m in right(desktop)._masks)
    run(desktop, driver, "edit.undo")
    assert not right(desktop)._masks


def test_nothing_is_shown_as_exported_before_it_is_known_what_is_hidden(desktop, driver):
    run(desktop, driver, "redact.box", rect=(100, 100, 200, 100), start_ns=0, end_ns=seconds(3))
    run(desktop, driver, "seek.goto", frame=40)
    driver.run_action("compare.open", kind="redaction")
    assert right(desktop)._frame is None
    driver.wait_idle(60)
    assert right(desktop)._frame is desktop.workbench.canvas._frame
    assert right(desktop)._masks


def test_a_look_at_the_original_is_on_the_left_alone(desktop, driver):
    run(desktop, driver, "redact.box", rect=(100, 100, 200, 100), start_ns=0, end_ns=seconds(3))
    run(desktop, driver, "session.screen")
    run(desktop, driver, "compare.open", kind="redaction")
    run(desktop, driver, "seek.goto", frame=20)
    masked = right(desktop)._frame.bgra.copy()
    desktop.reveal._purpose = "check a mask"
    hold(desktop, driver)
    assert desktop.playback.reveals
    assert (desktop.workbench.canvas._frame.bgra != masked).any()
    run(desktop, driver, "frame.next")
    assert (right(desktop)._frame.bgra == masked).all()
    assert "original" in right(desktop)._note
    release(desktop, driver)
    assert right(desktop)._frame is desktop.workbench.canvas._frame
    assert right(desktop)._note == ""
    assert {e.session for e in entries(desktop, "unmask")} == {desktop.library.open_session_id}


# -- two sessions on one clock ---------------------------------------------------------------------------------------


def test_both_sessions_show_the_frame_of_the_same_moment_whatever_their_rates(desktop, driver, pair):
    run(desktop, driver, "compare.open", session=pair.other)
    for frame in (0, 17, 63, 118, 40):
        run(desktop, driver, "seek.goto", frame=frame)
        state = desktop.playback.state
        assert number_of(desktop.workbench.canvas._frame.bgra[:, :, 2::-1]) == frame
        assert other_shows(desktop) == other_at(state.t_ns)
        assert right(desktop)._hud.endswith(f"f {other_at(state.t_ns)}")
    run(desktop, driver, "frame.previous")
    assert other_shows(desktop) == other_at(desktop.playback.state.t_ns)


def test_the_other_session_opens_where_the_first_one_is_by_then(desktop, driver, pair):
    driver.run_action("compare.open", session=pair.other)
    driver.run_action("seek.goto", frame=63)
    driver.wait_idle(60)
    assert desktop.compare.has_other
    assert other_shows(desktop) == other_at(desktop.playback.state.t_ns) > 0


def test_playing_moves_both_and_neither_waits_for_the_other(desktop, driver, pair):
    run(desktop, driver, "compare.open", session=pair.other)
    seen: set[int] = set()
    desktop.compare.other._pictures.frame_shown.connect(lambda f: seen.add(f.index))
    driver.run_action("mark.in", t_ns=0)
    driver.run_action("mark.out", t_ns=seconds(1))
    driver.run_action("play.loop", on=True)
    driver.run_action("play.toggle")
    driver.wait_until(lambda: len(seen) > 3, 20)
    driver.run_action("play.pause")
    driver.wait_idle(60)
    assert desktop.playback.state.t_ns < seconds(1)
    assert max(seen) <= other_at(seconds(1))
    assert other_shows(desktop) == other_at(desktop.playback.state.t_ns)


def test_the_other_session_is_nudged_by_its_own_frames(desktop, driver, pair):
    run(desktop, driver, "compare.open", session=pair.other)
    run(desktop, driver, "seek.goto", t_ns=OTHER_STARTS_NS[10])
    at_ns = desktop.playback.state.t_ns
    for action_id, frame in (("compare.later", 11), ("compare.later", 12), ("compare.earlier", 11)):
        run(desktop, driver, action_id)
        assert other_shows(desktop) == frame
        assert desktop.compare.other.offset_ns == OTHER_STARTS_NS[frame] - at_ns
    assert desktop.playback.state.t_ns == at_ns
    run(desktop, driver, "compare.align_starts")
    assert other_shows(desktop) == 10


def test_held_it_stands_still_and_goes_on_from_where_both_stand(desktop, driver, pair):
    run(desktop, driver, "compare.open", session=pair.other)
    run(desktop, driver, "seek.goto", t_ns=OTHER_STARTS_NS[12])
    run(desktop, driver, "compare.hold")
    run(desktop, driver, "seek.goto", t_ns=seconds(0.5))
    assert other_shows(desktop) == 12
    run(desktop, driver, "compare.hold")
    assert desktop.compare.other.offset_ns == OTHER_STARTS_NS[12] - desktop.playback.state.t_ns
    run(desktop, driver, "frame.next")
    assert other_shows(desktop) == other_at(desktop.playback.state.t_ns + desktop.compare.other.offset_ns)


def test_dragging_the_others_slider_aligns_it(desktop, driver, pair):
    run(desktop, driver, "compare.open", session=pair.other)
    run(desktop, driver, "seek.goto", t_ns=seconds(1))
    desktop.workbench.compare.moved_to.emit(OTHER_STARTS_NS[20])
    driver.wait_idle(60)
    assert other_shows(desktop) == 20
    assert desktop.compare.other.offset_ns == OTHER_STARTS_NS[20] - desktop.playback.state.t_ns


def test_past_its_ends_the_other_session_says_so(desktop, driver, pair):
    run(desktop, driver, "compare.open", session=pair.other)
    run(desktop, driver, "compare.offset", offset_ns=-seconds(60))
    assert (right(desktop)._note, other_shows(desktop)) == ("Before its start", 0)
    run(desktop, driver, "compare.offset", offset_ns=seconds(60))
    assert (right(desktop)._note, other_shows(desktop)) == ("After its end", 29)


def test_pictures_of_both_sides_share_one_budget(desktop, driver, pair):
    run(desktop, driver, "compare.open", session=pair.other)
    servers = (desktop.playback._server, desktop.compare.other._pictures._server)
    budgets = [s._pictures._budget + s._paintable._budget + s._previews_budget for s in servers]
    assert sum(budgets) <= DEFAULT_BUDGET_BYTES
    run(desktop, driver, "compare.close")
    assert desktop.playback._server._pictures._budget > DEFAULT_BUDGET_BYTES // 2


def test_zoom_and_pan_go_together_until_they_are_let_go(desktop, driver, pair):
    run(desktop, driver, "compare.open", session=pair.other)
    main = desktop.workbench.canvas
    driver.run_action("view.zoom_in")
    driver.run_action("view.zoom_in")
    ratio = main.view.scale / right(desktop).view.scale
    assert not right(desktop).view.fitted
    at = [c.view.to_frame(c.width() / 2, c.height() / 2) for c in (main, right(desktop))]
    assert at[0][0] / 640 == pytest.approx(at[1][0] / 320, abs=0.01)
    right(desktop).zoom(1.5, QPointF(10, 10))
    assert main.view.scale / right(desktop).view.scale == pytest.approx(ratio)
    driver.run_action("compare.link")
    before = right(desktop).view
    driver.run_action("view.fit")
    assert right(desktop).view == before
    assert main.view.fitted


# -- access ----------------------------------------------------------------------------------------------------------


def test_the_other_session_is_opened_through_the_gate_and_its_views_are_logged(desktop, driver, pair):
    run(desktop, driver, "compare.open", session=pair.other)
    run(desktop, driver, "seek.goto", t_ns=seconds(2))
    assert [e for e in entries(desktop, "open") if e.session == pair.other and e.decision == "allowed"]
    run(desktop, driver, "compare.close")
    views = {e.session for e in entries(desktop, "view")}
    assert pair.other in views


def test_when_access_to_the_other_ends_that_side_is_blank_and_says_why(desktop, driver, pair, tmp_path):
    run(desktop, driver, "compare.open", session=pair.other)
    driver.run_action("play.toggle")
    state_consent(pair.library, tmp_path / "home", pair.other, "withdrawn")
    driver.wait_until(lambda: not desktop.compare.has_other, 20)
    assert is_blank(right(desktop))
    assert right(desktop)._state.title == CLOSED
    assert "withdrew" in right(desktop)._state.hint
    assert desktop.edits.is_open
    assert desktop.compare.other._pictures._server is None
    gc.collect()
    assert not _held(pair.other)
    driver.run_action("play.pause")
    driver.wait_idle(60)


def test_when_access_to_the_first_ends_neither_stays(desktop, driver, pair, tmp_path):
    run(desktop, driver, "compare.open", session=pair.other)
    state_consent(pair.library, tmp_path / "home", pair.first, "withdrawn")
    driver.wait_until(lambda: not desktop.edits.is_open, 20)
    assert is_blank(desktop.workbench.canvas)
    assert is_blank(right(desktop))
    assert not desktop.compare.is_on
    assert "withdrew" in desktop.window.banner.accessibleName()


def test_what_may_not_be_opened_is_not_compared_with(desktop, driver, pair, tmp_path):
    state_consent(pair.library, tmp_path / "home", pair.other, "withdrawn")
    driver.run_action("compare.open", session=pair.other)
    driver.wait_until(lambda: right(desktop)._state is not None and right(desktop)._state.title == CLOSED, 20)
    assert is_blank(right(desktop))
    with pytest.raises(Refused):
        driver.run_action("compare.open", session=pair.first)


def _held(session_id: str) -> list[Session]:
    return [o for o in gc.get_objects() if isinstance(o, Session) and o.info.id == session_id]


def test_nothing_of_the_other_session_stays_once_it_is_closed(desktop, driver, pair):
    run(desktop, driver, "compare.open", session=pair.other)
    run(desktop, driver, "compare.close")
    gc.collect()
    assert not _held(pair.other)
    assert is_blank(right(desktop))
    assert not desktop.compare.is_on
    assert desktop.workbench.compare.right.isHidden()
    assert desktop.workbench.events_dock.isVisible() or desktop.workbench.steps_dock.isVisible()


def test_what_was_seen_of_the_other_is_written_before_the_window_is_gone(desktop, driver, pair, tmp_path):
    run(desktop, driver, "compare.open", session=pair.other)
    run(desktop, driver, "seek.goto", t_ns=seconds(2))
    desktop.close()
    with Core.open(pair.library, tmp_path / "home") as core:
        core.library.gate.log.refresh()
        views = [e for e in core.library.gate.log.entries() if e.act == "view"]
    assert {e.session for e in views} == {pair.first, pair.other}
    assert any(e.range_ms[1] > 1500 for e in views if e.session == pair.other)


def test_what_stands_beside_the_picture_makes_room_and_comes_back(desktop, driver):
    docks = [d for d in desktop.workbench.findChildren(QDockWidget) if d is not desktop.workbench.timeline_dock]
    driver.run_action("view.steps")
    look = lambda: [(d.isHidden(), d.visibleRegion().isEmpty() or d.width()) for d in docks]  # noqa: E731
    before = look()
    width = desktop.window.width()
    run(desktop, driver, "compare.open", kind="redaction")
    assert all(d.isHidden() for d in docks)
    run(desktop, driver, "compare.close")
    driver.wait_rest()
    assert look() == before
    assert desktop.window.width() == width


def test_opening_another_session_ends_the_comparison(desktop, driver, pair):
    run(desktop, driver, "compare.open", kind="redaction")
    run(desktop, driver, "session.open", session=pair.other)
    assert not desktop.compare.is_on
    assert desktop.edits.is_open


# -- two states of the decisions -------------------------------------------------------------------------------------


def test_an_earlier_state_stands_beside_what_is_decided_now(desktop, driver):
    run(desktop, driver, "label.add", name="milestone", start_ns=0, end_ns=seconds(1))
    run(desktop, driver, "redact.box", rect=(100, 100, 200, 100), start_ns=0, end_ns=seconds(3))
    run(desktop, driver, "compare.open", head=1)
    run(desktop, driver, "seek.goto", t_ns=seconds(1))
    assert desktop.workbench.canvas._masks
    assert right(desktop)._masks == ()
    rows = desktop.workbench.compare.differences.rows()
    assert [(r.title, r.detail) for r in rows] == [("Mask", "00:00:00.000 · only left")]
    run(desktop, driver, "edit.undo")
    assert desktop.workbench.compare.differences.rows() == ()


def test_picking_a_difference_goes_there_and_selects_it(desktop, driver):
    run(desktop, driver, "label.add", name="milestone", start_ns=seconds(2), end_ns=seconds(3))
    run(desktop, driver, "compare.open", head=0)
    panel = desktop.workbench.compare.differences
    QTest.mouseClick(
        panel._list.viewport(),
        Qt.MouseButton.LeftButton,
        pos=panel._list.visualRect(panel._list.model().index(0, 0)).center(),
    )
    driver.wait_idle(60)
    assert desktop.playback.state.t_ns == seconds(2)
    assert desktop.edits.selected_item.title == "Milestone"


def test_a_text_that_is_redacted_by_now_is_worded_on_neither_side(desktop, driver):
    run(desktop, driver, "seek.goto", t_ns=seconds(0.2))
    title = desktop.workbench.canvas._overlay.window.title
    run(desktop, driver, "label.add", name="milestone", start_ns=0, end_ns=seconds(1))
    run(desktop, driver, "redact.window", match=title)
    run(desktop, driver, "compare.open", head=1)
    assert right(desktop)._overlay.window.title != title
    assert right(desktop)._overlay.window.title == desktop.workbench.canvas._overlay.window.title


def test_a_clock_that_was_nudged_since_is_another_clock_on_the_other_side(desktop, driver):
    run(desktop, driver, "label.add", name="milestone", start_ns=0, end_ns=seconds(1))
    run(desktop, driver, "sync.later")
    run(desktop, driver, "compare.open", head=1)
    nudged, then = desktop.stage.session, desktop.compare.compared.right.session
    step = nudged.events.pointer.t_ns - then.events.pointer.t_ns
    assert (step == nudged.frames.frame_ns).all()
    assert [r.title for r in desktop.workbench.compare.differences.rows()] == ["The events' clock"]


def test_two_annotators_agree_by_the_overlap_of_their_labels(desktop, driver, pair, tmp_path):
    me = desktop.library.core.author
    run(desktop, driver, "label.add", name="milestone", start_ns=0, end_ns=seconds(2))
    his = Label("his", TimeRange(seconds(1), seconds(3)), "milestone")
    commit_as(pair, tmp_path / "home", "somebody-else", his, Label("more", TimeRange(0, seconds(1)), "waiting"))
    run(desktop, driver, "session.open", session=pair.first)
    run(desktop, driver, "compare.open", author="somebody-else", against=me)
    panel = desktop.workbench.compare.differences
    assert [r.title for r in panel.agreement_rows()] == ["Milestone: 33%", "Waiting: 0%"]
    assert sorted(r.title for r in panel.rows()) == ["Milestone", "Waiting"]
    run(desktop, driver, "seek.goto", t_ns=seconds(1))
    assert left(desktop)._frame is right(desktop)._frame
    assert not desktop.workbench.compare.left.isHidden()
    assert left(desktop).hasFocus()
    assert desktop.workbench.canvas.isHidden() or not desktop.workbench.canvas.isVisible()
    with pytest.raises(Refused):
        driver.run_action("view.reveal")


def test_the_list_offers_everything_there_is_to_compare_with(desktop, driver, pair, tmp_path):
    run(desktop, driver, "label.add", name="milestone", start_ns=0, end_ns=seconds(2))
    commit_as(pair, tmp_path / "home", "somebody-else", Label("his", TimeRange(0, seconds(1)), "waiting"))
    run(desktop, driver, "session.open", session=pair.first)
    QTest.keyClick(desktop.workbench.canvas, Qt.Key.Key_C)
    driver.wait_idle(60)
    palette = QApplication.activeModalWidget()
    assert isinstance(palette, CommandPalette)
    kinds = {e.kind for e in palette._entries}
    assert kinds == {"Compare", "People", "Earlier", "Session"}
    assert not any(pair.first[:8] in e.title for e in palette._entries)
    palette.search("before and after")
    QTest.keyClick(palette._box, Qt.Key.Key_Return)
    driver.wait_idle(60)
    assert desktop.compare.is_on
