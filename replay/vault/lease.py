"""What a request for keys says, and what comes back: keys of one class, for a bounded time.

Both are plain values towards the outside, so that a broker in another process could stand where the gate stands.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from replay.errors import Refused
from replay.vault.actions import Action
from replay.vault.classes import TrackClass
from replay.vault.keys import SessionKey

LEASE_S: Final = 900.0
"""A lease lasts at most this long and is then asked for anew (design: at most 15 minutes)."""


class Denied(Refused):
    """The gate said no; `code` is the first reason's."""


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks is the gate's identity. `session` None: the whole collection; `track_class` None: the library itself."""

    action: Action
    track_class: TrackClass | None
    purpose: str
    session: str | None = None


class Lease:
    """Keys of one class, of one session or of the whole collection. Safe to use from any thread."""

    def __init__(
        self,
        request: Request,
        key_of: Callable[[str, int], SessionKey],
        still: Callable[[Lease], None],
        refused: Callable[[str, str], None] = lambda session, code: None,
    ) -> None:
        """`refused(session, code)` writes down that what the lease opens is not what was sealed."""
        self.request = request
        self._ends_s = time.monotonic()
        self.seen = -1
        """The state of the log that the lease was last held against."""
        self._key_of = key_of
        self._still = still
        self.refused = refused

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._ends_s

    def lasts(self, seconds: float) -> None:
        """From this moment on; never longer than `LEASE_S`."""
        self._ends_s = time.monotonic() + min(seconds, LEASE_S)

    def check(self) -> None:
        """Raise Denied once the lease may not be used any more; called before anything is decrypted with it."""
        self._still(self)

    def key(self, session: str, epoch: int) -> SessionKey:
        """The session's key of the leased class and epoch; raises Denied."""
        self.check()
        if self.request.session not in (None, session):
            raise Denied("wrong_session", "This key was released for another session.", "Ask for this session.")
        return self._key_of(session, epoch)
