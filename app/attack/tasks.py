"""What an attacker's process is asked to try, and what it answers."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from replay.vault.actions import Action


class Try(StrEnum):
    """`READ`: a track through the gate. `READ_ON`: go on with what a `READ` that kept its file had opened.
    `FILES`: open a session's objects with every key that this person has or kept. `MOVED`: open one object under
    another's name. `INCOMPLETE`: `READ` with every fact of the request left out in turn. `EDIT`, `DECISIONS`: write and
    read what is decided about a session. `CHECK_LOG`: verify the log.
    `REWRITE_LOG`: put another last entry into the own log, genuinely signed.
    """

    READ = "read"
    READ_ON = "read_on"
    FILES = "files"
    MOVED = "moved"
    INCOMPLETE = "incomplete"
    EDIT = "edit"
    DECISIONS = "decisions"
    CHECK_LOG = "check_log"
    REWRITE_LOG = "rewrite_log"


class Task(msgspec.Struct, frozen=True):
    """`memory` names what is remembered of the log: each copy of a library has a log of its own.

    `clock_ms` (UTC) is what this person's clock says; None is the right time. `keeps`: the file and the keys are kept.
    """

    what: Try
    library: str
    memory: str
    session: str = ""
    track: str = ""
    other: str = ""
    action: Action = Action.OPEN
    purpose: str = "curation"
    clock_ms: int | None = None
    keeps: bool = False


class Outcome(msgspec.Struct, frozen=True):
    """`released`: the attempt got what it wanted. `code` says why not. `tracks`: what opened."""

    released: bool
    code: str = ""
    tracks: tuple[str, ...] = ()
