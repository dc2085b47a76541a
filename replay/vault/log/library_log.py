"""The library's log: the merge of its devices' logs, and what follows from it: which version of every record holds."""

from __future__ import annotations

import base64
import heapq
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Final, Unpack

from replay.errors import BadInput, Refused, storage_failed
from replay.vault.card import Card
from replay.vault.disk import Disk
from replay.vault.log.checkpoint import Checkpoint, note_of
from replay.vault.log.device_log import DeviceLog, LogRolledBack
from replay.vault.log.entry import DENIED, Entry, EntryFields, RecordHead
from replay.vault.log.file_lock import FileLock
from replay.vault.log.fold import DECIDED, ROSTER, Fold, Head
from replay.vault.log.log_proof import LogProof
from replay.vault.log.memory import Memory, Seen
from replay.vault.log.merkle import inclusion_proof
from replay.vault.log.uncounted import uncounted_entries
from replay.vault.log.verify_log import LogReport, verify_log
from replay.vault.statements import Signer

__all__ = ["CLOCK_SLACK_MS", "DECIDED", "ROSTER", "ClockSetBack", "Head", "HeadMoved", "LibraryLog"]

CLOCK_SLACK_MS: Final = 60_000
_LOCK_NAME: Final = ".lock"


class ClockSetBack(Refused):
    """This machine's clock is behind what the log has already seen."""

    def __init__(self, behind_ms: int) -> None:
        super().__init__(
            "clock_set_back",
            f"This machine's clock is {behind_ms / 1000:.0f} s behind the library's newest log entry.",
            "Set the clock; what was asked is logged as denied.",
        )


class HeadMoved(Refused):
    """Somebody else committed the same record first."""

    def __init__(self) -> None:
        super().__init__("head_moved", "The library was changed by somebody else at the same moment.", "Try again.")


class LibraryLog:
    """One library's log, as one home sees it. `folder` is the library's log folder. Safe to use from any thread.

    `cards` gives the cards of everybody who ever was a member; other devices' entries count for nothing.
    `log_limits` gives, for a revoked device, how many of its entries count. `custodians` gives the devices of everybody
    who ever was one; what others say of rosters and grants counts for nothing (None: for all). `now_ms` is UTC.
    """

    def __init__(
        self,
        folder: Path,
        identity: Signer | None,
        cards: Callable[[], Mapping[str, Card]],
        memory: Memory,
        *,
        log_limits: Callable[[], Mapping[str, int]] = dict,
        custodians: Callable[[], AbstractSet[str] | None] = lambda: None,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        disk: Disk | None = None,
    ) -> None:
        self.memory = memory
        self.generation = 0
        """Grows whenever `heads` changes."""
        self._folder = folder
        self._identity = identity
        self._cards = cards
        self._log_limits = log_limits
        self._custodians = custodians
        self._in_charge: AbstractSet[str] | None = None
        self._now_ms = now_ms
        self._disk = disk or Disk()
        self._lock = threading.RLock()
        self._holds = 0
        self._forget()

    def _forget(self) -> None:
        self._devices: dict[str, DeviceLog] = {}
        self._limits: dict[str, int | None] = {}
        self._fold = Fold()
        self._agreed: dict[str, Seen | None] = {}  # what was remembered when a device was last compared with it

    # -- what holds ------------------------------------------------------------------------------------------------

    @property
    def heads(self) -> Mapping[str, Head]:
        return MappingProxyType(self._fold.heads)

    def names(self, kind: str) -> tuple[str, ...]:
        """The names among `heads` of one kind: “session” for all “session/…”."""
        with self._lock:
            return tuple(self._fold.names.get(kind, ()))

    @property
    def roster_version(self) -> int:
        """The roster version in force; 0 before the first."""
        head = self._fold.heads.get(ROSTER)
        return 0 if head is None else head.version

    @property
    def first_ms(self) -> int:
        """When the oldest entry was written; 0 where there is none."""
        with self._lock:
            return min((d.first_ms for d in self._devices.values() if d.first_ms is not None), default=0)

    def decided(self, session: str) -> int:
        """How far a session's edit log had come when its newest transaction was written down here; 0 for none."""
        return self._fold.decided.get(session, 0)

    @property
    def newest_ms(self) -> int:
        """When the newest entry that counts was written; 0 where there is none."""
        return self._fold.newest_ms

    def editors(self, session: str | None) -> AbstractSet[str]:
        """The devices that were let in to edit a session's decisions."""
        return frozenset() if session is None else self._fold.editors.get(session, frozenset())

    @property
    def ingesters(self) -> AbstractSet[str]:
        """The devices that a custodian ever let import."""
        return frozenset(self._fold.ingesters)

    @property
    def sizes(self) -> Mapping[str, int]:
        """How many entries each member's device has."""
        with self._lock:
            return {device: log.size for device, log in self._devices.items()}

    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """The newest of each member's device, by device."""
        with self._lock:
            return tuple(self._devices[d].checkpoint() for d in sorted(self._devices))

    def signed_checkpoint(self, device: str) -> str:
        """A device's newest checkpoint as a signed note (C2SP), for an export or a witness. KeyError: no entry."""
        with self._lock:
            log = self._devices[device]
            line = log.newest_line()
            if line is None:
                raise KeyError(device)
            return note_of(log.checkpoint(), line.signature, self._cards()[device].sign_key)

    def proof_of(self, entry: Entry) -> LogProof:
        """Proof that an entry which was appended here stands in its device's newest checkpoint."""
        with self._lock:
            log, card = self._devices[entry.device], self._cards()[entry.device]
            leaves = log.leaves()
            return LogProof(
                entry.seq,
                leaves[entry.seq].hex(),
                tuple(h.hex() for h in inclusion_proof(leaves, entry.seq)),
                self.signed_checkpoint(entry.device),
                base64.b64encode(card.sign_key).decode(),
            )

    # -- reading ---------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Take over what was added since the last time; one stat per device where nothing was.

        Raises LogAltered or LogRolledBack, and then holds nothing to be true until a later reading succeeds.
        """
        with self._lock:
            with self._failing_closed():
                while self._read_members(self._cards(), self._log_limits()):
                    pass  # a roster that came with the entries may know other members or limits
                self._check_roster()
            self.memory.write_if_due()

    @contextmanager
    def _failing_closed(self) -> Iterator[None]:
        try:
            yield
        except BadInput:
            self._forget()
            raise

    def _read_members(self, cards: Mapping[str, Card], limits: Mapping[str, int]) -> bool:
        """Read every member's device; whether that told anything. What was counted under other limits is forgotten."""
        self._take_custodians(self._custodians())
        self._take_limits({d: _limit_of(d, cards, limits) for d in self._devices})
        told = False
        for device in sorted(cards):
            log = self._log_of(cards[device], cards, limits)
            if not log.is_current():
                entries = log.read_tail(self._limits[device])
                self._add(log, entries)
                told = told or bool(entries)
        return told

    def _take_custodians(self, custodians: AbstractSet[str] | None) -> None:
        """What was passed over as nobody's to say is read again once there are more who may say it."""
        if self._fold.was_presumed and custodians != self._in_charge:
            self._forget()
        self._in_charge = custodians

    def _take_limits(self, limits: dict[str, int | None]) -> None:
        """Limits that cut off nothing of what was folded change nothing: a revocation need not read it all again."""
        changed = {d: limit for d, limit in limits.items() if limit != self._limits[d]}
        if all(
            self._limits[d] is None and limit is not None and self._devices[d].size <= limit
            for d, limit in changed.items()
        ):
            self._limits = limits
        else:
            self._forget()

    def _log_of(self, card: Card, cards: Mapping[str, Card], limits: Mapping[str, int]) -> DeviceLog:
        log = self._devices.get(card.id)
        if log is None:
            log = DeviceLog(self._folder, self.memory.library, card, self._disk)
            self._devices[card.id] = log
            self._limits[card.id] = _limit_of(card.id, cards, limits)
        return log

    def _add(self, log: DeviceLog, entries: list[Entry]) -> None:
        """Fold entries in, once they agree with what this home remembers."""
        limit = self._limits[log.device]
        self._check_memory(log, limit)
        for entry in entries:
            if limit is None or entry.seq < limit:
                self.generation += self._fold.take(entry, self._in_charge)
        if log.size:
            self.memory.note(log.device, log.size, log.root())
        self._agreed[log.device] = self.memory.seen(log.device)

    def _check_memory(self, log: DeviceLog, limit: int | None) -> None:
        seen = self.memory.seen(log.device)
        if seen is None or seen == self._agreed.get(log.device):
            return
        if limit is not None and seen.size > limit:
            return  # what a revoked device wrote after its end counts for nothing, whatever became of it
        if log.size < seen.size:
            raise LogRolledBack(log.device, f"has {log.size} entries and had {seen.size}")
        if log.root_at(seen.size) != seen.root:
            raise LogRolledBack(log.device, f"has another history in its first {seen.size} entries")

    def _check_roster(self) -> None:
        if self.roster_version < self.memory.roster_version:
            raise LogRolledBack(ROSTER, f"has version {self.roster_version} and had {self.memory.roster_version}")
        self.memory.note_roster(self.roster_version)

    def entries(self, since: int = 0) -> Iterator[Entry]:
        """What was read, in merged order (time, device, seq), from `since` (UTC ms) on. Raises LogAltered."""
        with self._lock:
            logs = [log.read_again() for log in self._devices.values()]
        merged = heapq.merge(*logs, key=lambda e: e.order)
        return (e for e in merged if e.ts_ms >= since)

    def uncounted(self) -> Iterator[Entry]:
        """Entries of strangers, and of members after their revocation: they count for nothing. Raises StorageFailed."""
        return uncounted_entries(self._folder, self.memory.library, self._cards(), self._log_limits())

    def verify(self) -> LogReport:
        """Check every line, root and signature, and what this home remembers. Raises StorageFailed."""
        return verify_log(self._folder, self.memory.library, self._cards(), self.memory, self._log_limits())

    # -- writing ---------------------------------------------------------------------------------------------------

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else commits records while this is held; what others did is taken over first. May be nested.

        Raises StorageFailed (library_busy) after ten seconds, and what `refresh` raises.
        """
        with self._lock:
            if self._holds:
                yield
                return
            try:
                self._disk.make_folder(self._folder)
                lock = FileLock(self._folder / _LOCK_NAME)
                lock.__enter__()
            except OSError as e:
                raise storage_failed(e) from e
            try:
                self._holds += 1
                self.refresh()
                yield
            finally:
                self._holds -= 1
                lock.__exit__(None, None, None)

    def append(
        self, act: str, *, records: Mapping[str, RecordHead] | None = None, **said: Unpack[EntryFields]
    ) -> Entry:
        """Write one entry, durable when this returns. `records` come into force with it, all or none.

        Raises HeadMoved where a record's version is not the one after its head, ClockSetBack (the act is then
        logged as denied and its records do not come into force), StorageFailed, and what `refresh` raises.
        """
        with self._lock:
            if records:
                with self.locked():
                    self._check_heads(records)
                    return self._append(act, dict(records), said)
            return self._append(act, {}, said)

    def _check_heads(self, records: Mapping[str, RecordHead]) -> None:
        for name, (version, _) in records.items():
            head = self._fold.heads.get(name)
            if version != (1 if head is None else head.version + 1):
                raise HeadMoved

    def _append(self, act: str, records: dict[str, RecordHead], said: EntryFields) -> Entry:
        if self._identity is None:
            raise Refused("log_read_only", "Without an identity nothing is written to the audit log.")
        behind_ms = self.clock_behind_ms()
        if behind_ms:
            said = {**said, "decision": DENIED, "reasons": (*said.get("reasons", ()), "clock_set_back")}
            records = {}
        me = self._identity
        log = self._log_of(me.card, self._cards(), self._log_limits())
        with self._failing_closed():
            added = log.append(lambda *at: self._entry(me.card, at, act, records, said), me)
            self._add(log, added)
        self.memory.write_if_due()
        if behind_ms:
            raise ClockSetBack(behind_ms)
        return added[-1]

    def _entry(
        self, card: Card, at: tuple[int, int], act: str, records: Mapping[str, RecordHead], said: EntryFields
    ) -> Entry:
        seq, before_ms = at
        # A clock may step back a little; within a device, time does not.
        ts_ms = max(self._now_ms(), before_ms)
        roster = said.get("roster", self.roster_version)
        return Entry.of({**said, "roster": roster}, seq=seq, ts_ms=ts_ms, device=card.id, act=act, records=records)

    def clock_behind_ms(self) -> int:
        """How far this clock is behind the newest entry, in ms; 0 within the slack of a minute."""
        behind = self._fold.newest_ms - self._now_ms()
        return behind if behind > CLOCK_SLACK_MS else 0

    def close(self) -> None:
        """Write the memory. Raises StorageFailed."""
        self.memory.close()


def _limit_of(device: str, cards: Mapping[str, Card], limits: Mapping[str, int]) -> int | None:
    """How many entries of a device count: None means all; those of a stranger do not."""
    return limits.get(device) if device in cards else 0
