"""Keystroke captions. Off and shortcuts are anybody's; all keys need the right to unmask, a purpose, and are logged.

Everything that was typed, in one line at the foot of the picture, is what the captured person typed: the masked tracks
hide only what is known to be a secret. So whoever wants to read along says why, the gate decides as it does about an
original, and the log keeps what was read along with. Keys typed into a secure field are in no caption.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from app.core import Core
from app.jobs import Tasks
from app.library_controller import LibraryController
from app.playback_controller import PlaybackController
from app.reveal_controller import Ask
from app.stage_controller import StageController
from app.viewed import RangeMs, ViewedRanges
from replay.errors import SafelightError
from replay.key_caption import Caption
from replay.transport import TransportState
from replay.vault.actions import Action
from replay.vault.classes import TrackClass
from replay.vault.lease import Lease, Request

CHECK_MS: Final = 1000
_NS_PER_MS: Final = 1_000_000


@dataclass(slots=True)
class _Reading:
    """Captions with all keys over one session, from when they were allowed on."""

    core: Core
    lease: Lease
    ranges: ViewedRanges

    def write(self, taken: tuple[RangeMs, ...]) -> None:
        said = self.lease.request
        for range_ms in taken:
            self.core.library.gate.audit(
                Action.UNMASK.value,
                session=said.session,
                track_class=TrackClass.MASKED.value,
                purpose=said.purpose,
                range_ms=range_ms,
                detail={"phase": "captions"},
            )


class CaptionsController(QObject):
    """Which caption is shown. Another session begins with shortcuts, whatever was allowed for the one before."""

    refused = Signal(object)  # SafelightError: why not all keys are shown

    def __init__(
        self, library: LibraryController, stage: StageController, playback: PlaybackController, tasks: Tasks, ask: Ask
    ) -> None:
        super().__init__()
        self._library, self._stage, self._tasks, self._ask = library, stage, tasks, ask
        self._reading: _Reading | None = None
        self._asked = 0
        self._written = 0
        self._timer = QTimer(self, interval=CHECK_MS)
        self._timer.timeout.connect(self._look)
        playback.moved.connect(self._moved)

    def choose(self, mode: Caption | None = None, purpose: str = "") -> None:
        """Show captions as `mode`, by default the next one in turn; with a purpose nothing is asked."""
        modes = list(Caption)
        wanted = mode or modes[(modes.index(self._stage.choices.caption) + 1) % len(modes)]
        if wanted is not Caption.FULL:
            self._end()
            self._show(wanted)
        elif self._reading is None and self._stage.session is not None:
            self._show(self._stage.choices.caption)  # until it is allowed, whatever was picked in a list
            hint = "All keys read as what the person typed. It is checked against your grant and kept in the log."
            purpose = purpose or self._ask("What do you need all keys for?", hint, "Show all keys") or ""
            if purpose:
                self._request(self._stage.session.id, purpose)
        else:
            self._show(self._stage.choices.caption)

    def _show(self, mode: Caption) -> None:
        self._stage.show_choices(replace(self._stage.choices, caption=mode))

    def _request(self, session: str, purpose: str) -> None:
        core = self._library.core
        self._asked += 1
        number = self._asked
        request = Request(Action.UNMASK, TrackClass.MASKED, purpose, session)

        def allowed(lease: Lease) -> None:
            if number == self._asked and self._reading is None:
                self._reading = _Reading(core, lease, ViewedRanges())
                self._timer.start()
                self._show(Caption.FULL)

        self._tasks.start("captions", lambda: core.library.gate.lease(request), allowed, self.refused.emit)

    def _moved(self, state: TransportState) -> None:
        if self._reading is not None:
            self._reading.ranges.add(state.t_ns // _NS_PER_MS)

    def _look(self) -> None:
        """Whether it is still allowed; asked for off the GUI thread."""
        reading = self._reading
        if reading is not None:
            check = reading.lease.check
            self._tasks.start("captions-check", check, lambda _: None, self._taken_back, is_prompt=True)

    def _taken_back(self, error: SafelightError) -> None:
        if self._reading is not None:
            self._end()
            self._show(Caption.SHORTCUTS)
            self.refused.emit(error)

    def forget(self) -> None:
        """Another session, or none."""
        self._asked += 1
        self._end()
        if self._stage.choices.caption is Caption.FULL:
            self._show(Caption.SHORTCUTS)

    def finish(self) -> None:
        """As `forget`, written before this returns: the window is about to end. Raises what the log raises."""
        write = self._ended()
        if write is not None:
            write()

    def _end(self) -> None:
        write = self._ended()
        if write is not None:
            self._written += 1
            # A key of its own: no later writing may overtake this one.
            self._tasks.start(f"captions-log-{self._written}", write, lambda _: None, self.refused.emit)

    def _ended(self) -> Callable[[], None] | None:
        """What is left to be written down, once."""
        reading, self._reading = self._reading, None
        self._timer.stop()
        if reading is None:
            return None
        reading.ranges.add(self._stage.t_ns // _NS_PER_MS)
        taken = reading.ranges.take()
        return lambda: reading.write(taken)
