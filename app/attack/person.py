"""An attacker as the attacks see them: a process with an identity of its own that is asked to try things."""

from __future__ import annotations

import json
import multiprocessing
import secrets
from multiprocessing.context import BaseContext
from pathlib import Path
from types import TracebackType
from typing import Final

import msgspec

from app.attack import child
from app.attack.tasks import Outcome, Task
from replay.errors import Refused
from replay.vault.card import Card

_GRACE_S: Final = 5.0
_SILENCE_S: Final = 120.0


def processes() -> BaseContext:
    """Where there are fork servers one process loads everything and the people branch off it, before they are anybody.

    Rejected: forking this process, which holds the runner's keys.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([child.__name__])
    return context


class Person:
    """A context manager; its process starts at once and says who it is when `card` is first asked for."""

    def __init__(self, name: str, homes: Path, context: BaseContext) -> None:
        home = homes / name
        home.mkdir(mode=0o700, parents=True)
        self._asks, asked = context.Pipe()
        # The name of a card is shown in lists of members; on a copy there is nobody to confuse.
        arguments = (asked, str(home), f"{name} {secrets.token_hex(4)}")
        self._process = context.Process(target=child.serve, args=arguments, daemon=True)  # type: ignore[attr-defined]
        self._process.start()
        asked.close()
        self._card: Card | None = None

    @property
    def card(self) -> Card:
        if self._card is None:
            self._card = Card.from_dict(json.loads(self._answer()))
        return self._card

    def ask(self, task: Task) -> Outcome:
        """Raises Refused where the process ended: an attack that did not happen proves nothing."""
        assert self.card
        try:
            self._asks.send_bytes(msgspec.json.encode(task))
        except OSError:
            raise _gone() from None
        return msgspec.json.decode(self._answer(), type=Outcome)

    def _answer(self) -> bytes:
        try:
            if self._asks.poll(_SILENCE_S):
                return self._asks.recv_bytes()
        except (EOFError, OSError):
            pass
        raise _gone()

    def __enter__(self) -> Person:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._asks.close()
        self._process.join(_GRACE_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._process.close()


def _gone() -> Refused:
    return Refused("attack_process_failed", "A process that attacks the library ended early.", "Try again.")
