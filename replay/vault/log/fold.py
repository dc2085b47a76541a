"""What follows from the entries of a library's log: which version of every record holds, and who did what counts."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from replay.vault.actions import Action, Role
from replay.vault.log.entry import ALLOWED, Entry

ROSTER: Final = "roster"
DECIDED: Final = "decided"
"""The act by which a transaction of the edit log is written down: its session, and in `detail` the head it made."""

_EDIT: Final = Action.EDIT.value
_ADMINISTER: Final = Action.ADMINISTER.value
_OF_CUSTODIANS: Final = (ROSTER, "library-key", "proof", "grant/")
"""Beginnings of the names of records that nobody else brings into force."""


@dataclass(frozen=True, slots=True)
class Head:
    """The version of a record that is in force, by whom and when; `sha256` (hex) is None where it ceased to be."""

    version: int
    sha256: str | None
    device: str
    seq: int
    ts_ms: int


class Fold:
    """The state that entries make, in whatever order the devices are read. Not safe across threads."""

    def __init__(self) -> None:
        self.heads: dict[str, Head] = {}
        self.names: dict[str, list[str]] = {}
        """The names of `heads` by kind, which is what stands before “/”: of many sessions' few grants are asked for."""
        self.decided: dict[str, int] = {}
        self.editors: dict[str, set[str]] = {}
        self.ingesters: set[str] = set()
        self.was_presumed = False
        """Whether something was passed over, as it came from no custodian."""
        self.newest_ms = 0

    def take(self, entry: Entry, custodians: AbstractSet[str] | None) -> int:
        """Fold one entry in; how many heads it moved. `custodians` None: everybody counts as one.

        Heads do not depend on the order: the higher version wins, then the older entry.
        """
        self.newest_ms = max(self.newest_ms, entry.ts_ms)
        is_custodian = custodians is None or entry.device in custodians
        self._take_act(entry, is_custodian)
        moved = 0
        for name, (version, sha256) in entry.records.items():
            if not is_custodian and name.startswith(_OF_CUSTODIANS):
                self.was_presumed = True
                continue
            head = Head(version, sha256, entry.device, entry.seq, entry.ts_ms)
            known = self.heads.get(name)
            if known is None:
                self.names.setdefault(name.partition("/")[0], []).append(name)
            if known is None or _rank(head) > _rank(known):
                self.heads[name] = head
                moved += 1
        return moved

    def _take_act(self, entry: Entry, is_custodian: bool) -> None:
        if is_custodian and entry.act == _ADMINISTER and entry.detail.get("role") == Role.INGEST:
            self.ingesters.add(str(entry.detail.get("person")))
        if entry.session is None:
            return
        if entry.act == _EDIT and entry.decision == ALLOWED:
            self.editors.setdefault(entry.session, set()).add(entry.device)
        head = entry.detail.get("head", 0)
        if entry.act == DECIDED and isinstance(head, int):
            self.decided[entry.session] = max(self.decided.get(entry.session, 0), head)


def _rank(head: Head) -> tuple[int, int, str, int]:
    # Of two entries that claim one version the older stands; the device's id decides where even the time is the same.
    return head.version, -head.ts_ms, head.device, -head.seq
