"""What stays true and must be said across the window: one banner, and the one sentence that matters most in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from widgets.notifications import Banner


class Matter(IntEnum):
    """What a notice is about; the lowest that holds is shown."""

    SESSION_FAULT = 0
    PROOF = 1
    UNSCREENED = 2


_ICONS: Final = {Matter.SESSION_FAULT: "lock", Matter.PROOF: "shield-alert", Matter.UNSCREENED: "eye-off"}


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence with at most one act that does something about it."""

    sentence: str
    action: str = ""
    run: Callable[[], object] = lambda: None
    is_alarm: bool = True


class Notices:
    """Holds at most one notice a matter, and shows the first."""

    def __init__(self, banner: Banner) -> None:
        self._banner = banner
        self._held: dict[Matter, Notice] = {}

    def hold(self, matter: Matter, notice: Notice | None) -> None:
        """Say it for as long as it holds; None takes it back."""
        if notice is None:
            self._held.pop(matter, None)
        else:
            self._held[matter] = notice
        self._show()

    def _show(self) -> None:
        if not self._held:
            self._banner.show_sentence("", icon="info", tone="note")
            return
        matter = min(self._held)
        n = self._held[matter]
        tone = "alarm" if n.is_alarm else "note"
        self._banner.show_sentence(n.sentence, icon=_ICONS[matter], tone=tone, action=n.action, run=n.run)
