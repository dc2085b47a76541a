"""The guide's pictures, made from a library by the real window: the same each time, but for what is in the log."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

from app.composition import Desktop
from app.driver import Driver
from app.moments import OVERLAYS, moments_of
from replay.errors import Refused, SafelightError
from replay.overlay import Cursor, OverlayIndex, overlay_at
from replay.timebase import TimeNs

SIZE: Final = (1440, 900)


def make_screenshots(desktop: Desktop, driver: Driver, folder: Path, *, decide: bool) -> int:
    """Write every picture into `folder`; `decide` puts decisions into the session shown, for a library nobody works in.

    Raises Refused without a library that has a session, StorageFailed.
    """
    return _Tour(desktop, driver, folder).run(decide=decide)


class _Tour:
    """A walk through the window."""

    def __init__(self, desktop: Desktop, driver: Driver, folder: Path) -> None:
        self._desktop, self._driver, self._folder = desktop, driver, folder
        self._masked_at: TimeNs | None = None

    def run(self, *, decide: bool) -> int:
        desktop, driver = self._desktop, self._driver
        if not desktop.library.is_open or not desktop.library_page.model.rowCount():
            raise Refused("no_sessions", "Screenshots need a library with a session.", "Make one: “safelight demo”.")
        desktop.window.resize(*SIZE)
        model = desktop.library_page.model
        desktop.library_page.list.pick(model.session_id(model.rowCount() - 1))
        self._grab("library")
        driver.run_action("session.open")
        driver.run_action("view.reset_panels")
        driver.wait_idle()
        if decide:
            self._decide()
        self._workbench()
        self._overlays()
        self._timeline()
        self._lists_and_dialogs()
        driver.run_action("page.export")
        desktop.export_page.set_folder(Path("training-set"))
        self._grab("export")
        driver.run_action("page.access")
        self._grab("access")
        self._first_run()
        return 0

    def _at(self, share: float) -> int:
        extent = self._desktop.playback.state.extent
        assert extent is not None
        return extent.start_ns + round(extent.duration_ns * share)

    def _decide(self) -> None:
        """Something of everything, unless the library already holds decisions."""
        if self._desktop.edits.items:
            return
        self._try("episode.add", goal="Do the task", outcome="success", start_ns=self._at(0.04), end_ns=self._at(0.9))
        self._try("label.add", name="milestone", start_ns=self._at(0.1), end_ns=self._at(0.28))
        self._try("label.add", name="waiting", start_ns=self._at(0.5), end_ns=self._at(0.56))
        self._try("cut.add", start_ns=self._at(0.6), end_ns=self._at(0.68), reason="pause")
        self._try("redact.range", start_ns=self._at(0.7), end_ns=self._at(0.8))
        self._driver.run_action("seek.goto", t_ns=self._at(0.3))
        self._try("redact.box", rect=(180, 160, 300, 60), start_ns=self._at(0.3), end_ns=self._at(0.45))
        self._driver.run_action("seek.goto", t_ns=self._at(0.42))
        self._try("redact.keyframe", rect=(420, 260, 300, 60))

    def _try(self, action_id: str, **arguments: Any) -> None:
        """A decision that this library's session may refuse, such as keys in a range without any."""
        try:
            self._driver.run_action(action_id, **arguments)
        except SafelightError:
            return

    def _workbench(self) -> None:
        self._desktop.edits.select(None)
        self._driver.run_action("seek.goto", t_ns=self._at(0.2))
        self._grab("workbench")
        masks = [i for i in self._desktop.edits.items if i.lane == "redactions" and i.title == "Mask"]
        if masks:
            self._desktop.edits.select(masks[0].id)
            self._masked_at = (masks[0].range.start_ns + masks[0].range.end_ns) // 2
            self._driver.run_action("seek.goto", t_ns=self._masked_at)
        self._driver.run_action("view.masks", view="outline")
        self._grab("mask")
        self._driver.run_action("compare.open", kind="redaction")
        self._grab("compare")
        self._driver.run_action("compare.close")

    def _overlays(self) -> None:
        """The frame with each overlay; what the session shown has none of is looked for in the others."""
        desktop, driver = self._desktop, self._driver
        desktop.edits.select(None)
        if self._masked_at is not None:
            driver.run_action("seek.goto", t_ns=self._masked_at)
            for view in ("original", "outline", "final"):
                driver.run_action("view.masks", view=view)
                self._grab(f"overlay-masks-{view}", desktop.workbench.canvas)
            driver.run_action("view.masks", view="outline")
        shown, model = desktop.library.open_session_id, desktop.library_page.model
        others = [model.session_id(row) for row in range(model.rowCount())]
        done: set[str] = set()
        for session_id in (shown, *others):
            if session_id != desktop.library.open_session_id:
                driver.run_action("session.open", session=session_id)
                driver.wait_idle()
            done |= self._overlays_but(done)
            if len(done) == len(OVERLAYS):
                break
        driver.run_action("session.open", session=shown)
        driver.wait_idle()

    def _overlays_but(self, done: set[str]) -> set[str]:
        """Pictures of the overlays that the session shown has, but for those that are there; returns their names."""
        desktop, driver = self._desktop, self._driver
        session = desktop.stage.session
        assert session is not None
        found = {name: t_ns for name, t_ns in moments_of(OverlayIndex(session)).items() if name not in done}
        for name, t_ns in found.items():
            driver.run_action("seek.goto", t_ns=t_ns)
            driver.run_action("view.show_elements", on=name == "elements")
            desktop.stage.say("")
            self._grab(f"overlay-{name}", desktop.workbench.canvas)
            if name == "click":
                self._lens(overlay_at(session, t_ns).cursor)
        driver.run_action("view.show_elements", on=False)
        desktop.stage.say("")
        return set(found)

    def _lens(self, cursor: Cursor | None) -> None:
        """Beside the pointer, where there is something to magnify."""
        if cursor is None:
            return
        canvas, none = self._desktop.workbench.canvas, Qt.MouseButton.NoButton
        at, keys = QPointF(*canvas.view.to_widget(cursor.x + 20, cursor.y + 6)), Qt.KeyboardModifier.NoModifier
        move = QMouseEvent(QEvent.Type.MouseMove, at, canvas.mapToGlobal(at), none, none, keys)
        QApplication.sendEvent(canvas, move)
        self._driver.run_action("view.magnify", on=True)
        self._grab("lens", canvas)
        self._driver.run_action("view.magnify", on=False)

    def _timeline(self) -> None:
        """Every lane, all of the session and then a stretch of it; and the list of events beside its steps."""
        timeline = self._desktop.workbench.timeline
        self._desktop.edits.select(None)
        self._driver.run_action("seek.goto", t_ns=self._at(0.42))
        self._grab("timeline", timeline)
        self._driver.run_action("timeline.zoom_in")
        for _ in range(4):
            self._driver.run_action("timeline.zoom_in")
        self._grab("timeline-zoomed", timeline)
        self._driver.run_action("timeline.whole")
        self._driver.run_action("view.events")
        self._grab("events", self._desktop.workbench.events)

    def _lists_and_dialogs(self) -> None:
        self._driver.run_action("view.steps")
        self._grab("steps")
        self._driver.run_action("search.open", query="the")
        self._grab("search")
        for name, action_id, arguments in (("palette", "palette.open", {"query": "red"}), ("keys", "help.keys", {})):
            self._driver.run_action(action_id, **arguments)
            self._driver.wait_idle()
            dialog = QApplication.activeModalWidget()
            if dialog is not None:
                self._driver.grab(self._folder / f"{name}.png", dialog)
                dialog.close()

    def _first_run(self) -> None:
        self._desktop.library.close()
        self._driver.run_action("page.library")
        self._grab("first-run")

    def _grab(self, name: str, widget: QWidget | None = None) -> None:
        self._driver.wait_idle()
        self._driver.wait_rest()
        self._driver.grab(self._folder / f"{name}.png", widget)
