"""The guide's pictures, made from a library by the real window: the same each time, but for what is in the log."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from PySide6.QtWidgets import QApplication

from app.composition import Desktop
from app.driver import Driver
from replay.errors import Refused, SafelightError

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

    def run(self, *, decide: bool) -> int:
        desktop, driver = self._desktop, self._driver
        if not desktop.library.is_open or not desktop.library_page.model.rowCount():
            raise Refused("no_sessions", "Screenshots need a library with a session.", "Make one: “safelight demo”.")
        desktop.window.resize(*SIZE)
        model = desktop.library_page.model
        desktop.library_page.list.pick(model.session_id(model.rowCount() - 1))
        self._grab("library")
        driver.run_action("session.open")
        driver.wait_idle()
        if decide:
            self._decide()
        self._workbench()
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
            self._driver.run_action("seek.goto", t_ns=(masks[0].range.start_ns + masks[0].range.end_ns) // 2)
        self._driver.run_action("view.masks", view="outline")
        self._grab("mask")
        self._driver.run_action("compare.open", kind="redaction")
        self._grab("compare")
        self._driver.run_action("compare.close")

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

    def _grab(self, name: str) -> None:
        self._driver.wait_idle()
        self._driver.wait_rest()
        self._driver.grab(self._folder / f"{name}.png")
