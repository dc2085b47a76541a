"""One entry of the audit log: what it can say, and its canonical bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Final, TypedDict

import msgspec

from replay.errors import BadInput
from replay.vault.canonical import canonical

VERSION: Final = 1
ALLOWED: Final = "allowed"
DENIED: Final = "denied"

RecordHead = tuple[int, str | None]


class EntryMalformed(BadInput):
    """Bytes that are no entry of this format."""

    def __init__(self) -> None:
        super().__init__("log_entry_malformed", "An entry of the audit log cannot be read.")


class EntryFields(TypedDict, total=False):
    """What the one who appends may say beside the act; see `Entry`."""

    session: str | None
    sessions: Sequence[str]
    track_class: str | None
    action: str | None
    purpose: str | None
    decision: str
    reasons: Sequence[str]
    grant: str | None
    policy_sha256: str | None
    roster: int | None
    range_ms: tuple[int, int] | None
    detail: Mapping[str, str | int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`seq` counts a device's entries from 0; `ts_ms` is UTC by the writer's clock and never falls within a device.

    `records` maps names of records to (version, SHA-256 hex, or None where the record ceased to be). `detail` holds
    counts, ids and keyed hashes, never content. `roster` is the roster version the writer stood on.
    """

    v: int
    seq: int
    ts_ms: int
    device: str
    act: str
    decision: str = ALLOWED
    reasons: tuple[str, ...] = ()
    session: str | None = None
    sessions: tuple[str, ...] = ()
    track_class: str | None = None
    action: str | None = None
    purpose: str | None = None
    grant: str | None = None
    policy_sha256: str | None = None
    roster: int | None = None
    range_ms: tuple[int, int] | None = None
    records: dict[str, tuple[int, str | None]] = field(default_factory=dict)
    detail: dict[str, str | int] = field(default_factory=dict)

    @classmethod
    def of(
        cls, said: EntryFields, *, seq: int, ts_ms: int, device: str, act: str, records: Mapping[str, RecordHead]
    ) -> Entry:
        """The entry that says `said`."""
        return cls(
            v=VERSION,
            seq=seq,
            ts_ms=ts_ms,
            device=device,
            act=act,
            decision=said.get("decision", ALLOWED),
            reasons=tuple(said.get("reasons", ())),
            session=said.get("session"),
            sessions=tuple(said.get("sessions", ())),
            track_class=said.get("track_class"),
            action=said.get("action"),
            purpose=said.get("purpose"),
            grant=said.get("grant"),
            policy_sha256=said.get("policy_sha256"),
            roster=said.get("roster"),
            range_ms=said.get("range_ms"),
            records=dict(records),
            detail=dict(said.get("detail", {})),
        )

    def document(self) -> dict[str, object]:
        """What is written: every field that says something."""
        values = {name: getattr(self, name) for name in _NAMES}
        return {name: _plain(value) for name, value in values.items() if value not in (None, (), {})}

    def to_bytes(self) -> bytes:
        return canonical(self.document())

    @classmethod
    def from_bytes(cls, content: bytes) -> Entry:
        """Raises EntryMalformed."""
        try:
            entry = _decoder.decode(content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise EntryMalformed from None
        if entry.v != VERSION or entry.decision not in (ALLOWED, DENIED):
            raise EntryMalformed
        return entry

    @property
    def order(self) -> tuple[int, str, int]:
        """Where it stands in the library's merged log."""
        return self.ts_ms, self.device, self.seq


_NAMES: Final = tuple(f.name for f in fields(Entry))
_decoder: Final = msgspec.json.Decoder(Entry)


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
