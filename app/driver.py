"""Drives the real window by action ids: for end-to-end tests, for screenshots, and for scripts on a pipe.

A script is JSON, one command a line: {"run": "cut.add", "with": {"start_ns": 0, "end_ns": 1}}, {"wait": "idle"},
{"grab": "page.png"}, {"facts": true}, {"quit": true}. Every line is answered by one line of JSON on stdout.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QWidget

from app.composition import Desktop
from replay.errors import SafelightError, StorageFailed, storage_failed

PATIENCE_S: Final = 600.0
_POLL_MS: Final = 10


class Driver:
    """What a person does with keys and menus, by name."""

    def __init__(self, desktop: Desktop) -> None:
        self._desktop = desktop

    def run_action(self, action_id: str, **arguments: Any) -> None:
        """Carry an action out; raises what it is refused with."""
        self._desktop.registry.run(action_id, **arguments)

    def wait_idle(self, patience_s: float = PATIENCE_S) -> None:
        """Let the window work until no job or task runs and the playhead's picture is on screen."""
        self.wait_until(lambda: self._desktop.idle, patience_s)

    def wait_rest(self, rest_s: float = 0.4) -> None:
        """Let the window work on for a moment, so that pictures asked for while painting arrive too."""
        end_s = time.monotonic() + rest_s
        self.wait_until(lambda: time.monotonic() >= end_s)

    def wait_until(self, holds: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
        """Let the window work until `holds`; raises TimeoutError after `patience_s`."""
        loop = QEventLoop()
        deadline_s = time.monotonic() + patience_s
        timer = QTimer(interval=_POLL_MS)

        held = False  # what is asked every second may begin again the moment after

        def look() -> None:
            nonlocal held
            held = holds()
            if held or time.monotonic() > deadline_s:
                loop.quit()

        timer.timeout.connect(look)
        timer.start()
        loop.exec()
        timer.stop()
        if not held:
            raise TimeoutError("the window did not come to rest")

    def grab(self, path: Path, widget: QWidget | None = None) -> None:
        """The window (or one widget) as a PNG; raises StorageFailed."""
        picture = (widget or self._desktop.window).grab()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as e:
            raise storage_failed(e) from e
        if not picture.save(str(path), "PNG"):
            raise StorageFailed("picture_not_written", f"The picture “{path.name}” could not be written.")

    # -- scripts ---------------------------------------------------------------------------------------------------

    def play(self, lines: Iterable[str]) -> int:
        """Answer every line of a script; returns how many were refused."""
        refused = 0
        for line in lines:
            if not line.strip():
                continue
            answer = self._answer(line)
            refused += "error" in answer
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()
            if answer.get("quit"):
                break
        return refused

    def _answer(self, line: str) -> dict[str, Any]:
        try:
            command = json.loads(line)
            return self._obey(command)
        except SafelightError as e:
            return {"error": {"code": e.code, "sentence": e.sentence, "remedy": e.remedy}}
        except (ValueError, TypeError, KeyError) as e:
            return {
                "error": {"code": "bad_command", "sentence": f"The command is not understood ({type(e).__name__})."}
            }
        except TimeoutError as e:
            return {"error": {"code": "timeout", "sentence": str(e)}}

    def _obey(self, command: dict[str, Any]) -> dict[str, Any]:
        if "run" in command:
            self.run_action(command["run"], **command.get("with", {}))
        elif "wait" in command:
            self.wait_idle(float(command.get("patience_s", PATIENCE_S)))
        elif "grab" in command:
            self.grab(Path(command["grab"]))
        elif command.get("quit"):
            return {"ok": True, "quit": True}
        elif not command.get("facts"):
            raise KeyError("command")
        return {"ok": True, "facts": self.facts()}

    def facts(self) -> dict[str, Any]:
        """Where the window stands: numbers and ids, nothing captured."""
        desktop = self._desktop
        playback, edits = desktop.playback.state, desktop.edits
        state = edits.state if edits.is_open else None
        return {
            "page": desktop.window.page,
            "sessions": desktop.library_page.model.rowCount(),
            "session": desktop.library.open_session_id,
            "t_ns": playback.t_ns,
            "frame": playback.frame,
            "shown": desktop.playback.shown_frame,
            "labels": 0 if state is None else len(state.labels),
            "episodes": 0 if state is None else len(state.episodes),
            "cuts": 0 if state is None else len(state.cuts),
            "redactions": 0 if state is None else len(state.redactions),
            "steps": len(desktop.stage.steps),
            "undo": edits.undo_title,
            "redo": edits.redo_title,
        }
