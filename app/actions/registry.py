"""UiAction and the registry: what can be done, when, by which key, and who does it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from replay.errors import Refused

Run = Callable[..., object]


class Scope(StrEnum):
    """Where a key is valid. A scope's keys never clash with its own or with the window's."""

    WINDOW = "window"
    LIBRARY = "library"
    WORKBENCH = "workbench"
    STAGE = "stage"  # the canvas and the timeline of the workbench, so that lists keep Tab, Home, End, up and down
    EXPORT = "export"
    ACCESS = "access"


class Fact(StrEnum):
    """What may be true of the moment; an action names those it needs."""

    LIBRARY = "a library is open"
    SESSION = "a session is open"
    VIDEO = "the session has video"
    WRITABLE = "the session can be edited"
    SELECTION = "something is selected"
    UNDO = "there is something to undo"
    REDO = "there is something to redo"
    PICKED = "sessions are picked in the library"
    COMPARING = "something is compared side by side"
    OWN_PICTURE = "the picture that is worked on is shown"
    TWO_SESSIONS = "two sessions are compared"


@dataclass(frozen=True, slots=True)
class UiAction:
    """One act. `keys` are portable key sequences; `context` says where they are valid; `enabled` what must be true.

    `hold`: the act lasts while its key is held (it is run with `on=True`, then `on=False`). `listed`: shown in menus.
    """

    id: str
    title: str
    group: str
    keys: tuple[str, ...] = ()
    context: Scope = Scope.WINDOW
    enabled: frozenset[Fact] = frozenset()
    icon: str = ""
    hold: bool = False
    listed: bool = True


class Registry:
    """The actions and their handlers. Running one that is not enabled is refused, by key, menu, palette or script."""

    def __init__(self, actions: Iterable[UiAction]) -> None:
        self._actions = {a.id: a for a in actions}
        self._handlers: dict[str, Run] = {}
        self._facts: frozenset[Fact] = frozenset()
        self._listeners: list[Callable[[], None]] = []

    @property
    def actions(self) -> tuple[UiAction, ...]:
        return tuple(self._actions.values())

    def action(self, action_id: str) -> UiAction:
        return self._actions[action_id]

    def bind(self, handlers: dict[str, Run]) -> None:
        """Say who carries actions out; each exactly once."""
        for action_id, run in handlers.items():
            if action_id not in self._actions or action_id in self._handlers:
                raise ValueError(f"{action_id} is unknown or bound twice")
            self._handlers[action_id] = run

    def unbound(self) -> tuple[str, ...]:
        return tuple(i for i in self._actions if i not in self._handlers)

    def set_facts(self, facts: frozenset[Fact]) -> None:
        if facts != self._facts:
            self._facts = facts
            for listener in self._listeners:
                listener()

    def on_facts(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)

    def is_enabled(self, action_id: str) -> bool:
        return self._actions[action_id].enabled <= self._facts

    def run(self, action_id: str, **arguments: Any) -> object:
        """Carry an action out. Raises Refused where it is unknown or not possible now, naming what is missing."""
        if action_id not in self._actions:
            raise Refused("no_such_action", f"There is no action “{action_id}”.")
        missing = self._actions[action_id].enabled - self._facts
        if arguments.get("session"):
            missing -= {Fact.PICKED}  # the session is in the arguments
        if missing:
            needs = ", ".join(sorted(missing))
            raise Refused(
                "action_disabled", f"“{self._actions[action_id].title}” is not possible now; it needs: {needs}."
            )
        return self._handlers[action_id](**arguments)


def clashes(actions: Iterable[UiAction]) -> list[tuple[str, str, str]]:
    """(key, action, action) for every key that means two things in one place."""
    found = []
    known = list(actions)
    for i, a in enumerate(known):
        for b in known[i + 1 :]:
            if _meet(a.context, b.context):
                found += [(key, a.id, b.id) for key in a.keys if key in b.keys]
    return found


def _meet(a: Scope, b: Scope) -> bool:
    pages = {Scope.STAGE: Scope.WORKBENCH}
    return a is b or Scope.WINDOW in (a, b) or pages.get(a, a) is pages.get(b, b)
