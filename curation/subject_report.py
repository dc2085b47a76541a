"""What a library holds of one person, who looked at it and why, where it went, and who could look: for the person.

It names no content: ids, days, durations, tracks, purposes. It is as true as the audit log, from which most of it is
read; what somebody opened without a session (lists, decisions of the whole collection) stands apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from curation.export.stale import MadeExport, exports_of
from curation.utc import utc_text
from replay.store.catalogue import Catalogue
from replay.store.library import Library
from replay.store.manifest import Manifest
from replay.vault.actions import Action
from replay.vault.classes import TrackClass
from replay.vault.erasure import erased_of
from replay.vault.gate import CONSENT, Gate
from replay.vault.grants import ROLE_CLASSES, Grant
from replay.vault.lease import Request
from replay.vault.log.entry import Entry
from replay.vault.subjects import RECORDED, Subjects

VIEWS: Final = frozenset({"open", "unmask", "screen", "review", "export", "edit", "view", "export_built"})
"""Acts of the audit log by which somebody, or a worker of theirs, read a session."""


@dataclass(frozen=True, slots=True)
class HeldTrack:
    """`classes` are those of its parts; `size` is the sealed object's in bytes."""

    track: str
    classes: tuple[str, ...]
    size: int


@dataclass(frozen=True, slots=True)
class HeldSession:
    """`day` (UTC) and `duration_s` are None where whoever asks may not browse, or the recorder did not say."""

    id: str
    day: str | None
    duration_s: float | None
    consent: str
    consent_purposes: tuple[str, ...]
    consent_at_import: str
    tracks: tuple[HeldTrack, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """One statement of consent; `session` is None where it was about everything of the person."""

    at_utc: str
    session: str | None
    status: str
    purposes: str
    by: str


@dataclass(frozen=True, slots=True)
class Viewed:
    """`count` entries of the same kind between two moments; `session` None: read as part of the whole collection."""

    who: str
    name: str
    act: str
    track_class: str | None
    purpose: str | None
    session: str | None
    decision: str
    count: int
    first_utc: str
    last_utc: str
    ranges_ms: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class CoveringGrant:
    """A grant that reaches the person's sessions. `until_utc` None: no end. `is_whole`: of the whole collection."""

    id: str
    who: str
    name: str
    role: str
    classes: tuple[str, ...]
    purposes: tuple[str, ...]
    until_utc: str | None
    is_whole: bool


@dataclass(frozen=True, slots=True)
class SubjectReport:
    handle: str
    sessions: tuple[HeldSession, ...]
    erased: tuple[str, ...]
    consents: tuple[Said, ...]
    views: tuple[Viewed, ...]
    whole_collection: tuple[Viewed, ...]
    exports: tuple[MadeExport, ...]
    grants: tuple[CoveringGrant, ...]


def subject_report(library: Library, subject: str) -> SubjectReport:
    """Everything about one person (pseudonym or handle). Raises Denied, NotFound, StorageFailed, BadInput."""
    gate = library.gate
    gate.permit(Action.REPORT)
    subjects = Subjects(gate)
    handle = subjects.handle(subject)
    held, erased = subjects.sessions(handle), erased_of(gate, handle)
    theirs = frozenset((*held, *erased))
    names = {card.id: card.name for card in gate.membership.chain.cards.values()}
    entries = tuple(gate.log.entries())
    rows = _rows(library)
    return SubjectReport(
        handle=handle,
        sessions=tuple(_session(library, s, rows.get(s, {})) for s in held),
        erased=erased,
        consents=tuple(_said(entries, handle, theirs)),
        views=_viewed(((e, s) for e in entries for s in _named(e) if s in theirs), names),
        whole_collection=_viewed(((e, None) for e in entries if not _named(e)), names),
        exports=tuple(e for e in exports_of(library) if not theirs.isdisjoint(e.sessions)),
        grants=tuple(_covering(gate, names, theirs)),
    )


def _rows(library: Library) -> Mapping[str, Mapping[str, Any]]:
    """The catalogue by session; empty for a custodian who may not browse."""
    if not library.gate.decide(Request(Action.BROWSE, TrackClass.CATALOGUE, "browse")).allowed:
        return {}
    return {row["id"]: row for row in Catalogue(library).read().to_pylist()}


def _session(library: Library, session: str, row: Mapping[str, Any]) -> HeldSession:
    manifest, consent = library.manifest(session), library.consent(session)
    started = row.get("started_at_utc_ns")
    duration = row.get("duration_ns")
    return HeldSession(
        id=session,
        day=None if started is None else utc_text(started // 1_000_000)[:10],
        duration_s=None if duration is None else duration / 1e9,
        consent=consent.status,
        consent_purposes=consent.purposes,
        consent_at_import=manifest.consent,
        tracks=tuple(_tracks(manifest)),
    )


def _tracks(manifest: Manifest) -> Iterable[HeldTrack]:
    for entry in manifest.tracks:
        classes = sorted({key.track_class.value for key in entry.keys})
        yield HeldTrack(entry.track, tuple(classes), entry.size)


def _named(entry: Entry) -> tuple[str, ...]:
    """The sessions that an entry is about."""
    return entry.sessions if entry.session is None else (entry.session,)


def _said(entries: Iterable[Entry], handle: str, theirs: frozenset[str]) -> Iterable[Said]:
    for entry in entries:
        if entry.act != RECORDED:
            continue
        for target in (name.removeprefix(CONSENT) for name in entry.records):
            if target == handle or target in theirs:
                yield Said(
                    utc_text(entry.ts_ms),
                    None if target == handle else target,
                    str(entry.detail.get("status", "")),
                    str(entry.detail.get("purposes", "")),
                    entry.device,
                )


def _viewed(found: Iterable[tuple[Entry, str | None]], names: Mapping[str, str]) -> tuple[Viewed, ...]:
    """Entries of a kind as one, in order of the first of each."""
    kinds: dict[tuple[str | None, ...], list[Entry]] = {}
    for entry, session in found:
        if entry.act in VIEWS:
            kind = (entry.device, entry.act, entry.track_class, entry.purpose, session, entry.decision)
            kinds.setdefault(kind, []).append(entry)
    return tuple(_coalesced(entries, kind[4], names) for kind, entries in kinds.items())


def _coalesced(entries: list[Entry], session: str | None, names: Mapping[str, str]) -> Viewed:
    first, last = entries[0], entries[-1]
    return Viewed(
        who=first.device,
        name=names.get(first.device, ""),
        act=first.act,
        track_class=first.track_class,
        purpose=first.purpose,
        session=session,
        decision=first.decision,
        count=len(entries),
        first_utc=utc_text(first.ts_ms),
        last_utc=utc_text(last.ts_ms),
        ranges_ms=tuple(e.range_ms for e in entries if e.range_ms is not None),
    )


def _covering(gate: Gate, names: Mapping[str, str], theirs: frozenset[str]) -> Iterable[CoveringGrant]:
    roster = gate.membership.roster
    for grant in gate.membership.all_grants():
        member = roster.member(grant.person)
        if member is None or member.is_revoked or not ROLE_CLASSES[grant.role] or not _reaches(grant, theirs):
            continue
        yield CoveringGrant(
            id=grant.id,
            who=grant.person,
            name=names.get(grant.person, ""),
            role=grant.role.value,
            classes=tuple(sorted({k.track_class.value for k in grant.keys})),
            purposes=grant.purposes,
            until_utc=None if grant.not_after_ms is None else utc_text(grant.not_after_ms),
            is_whole=grant.sessions is None,
        )


def _reaches(grant: Grant, theirs: frozenset[str]) -> bool:
    return grant.sessions is None or not theirs.isdisjoint(grant.sessions)
