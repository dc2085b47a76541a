"""The export job: one call from recipe to published folder. GUI, command line and batch all come through here.

What is being written lies in `<out>.partial`; it becomes `<out>` in one rename after its proof, or it goes away.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from curation.edit_log import EditLog, Purpose
from curation.export.bundle import LeakFound, sync_tree, writer_named
from curation.export.child import ExportChild, Report
from curation.export.lineage import ExportRecord, Lineage
from curation.export.manifest import Manifest, read_manifest
from curation.export.partial_folder import none_abandoned
from curation.export.plan import ExportPlan, PlannedSession, Refusal, consent_refusal, plan_session
from curation.export.protocol import Done, Leaked, Reply, Work
from curation.export.prove import ProofReport
from curation.export.recipe import Recipe
from curation.export.sources import LibrarySources
from curation.redaction.prove import Leak
from curation.redaction.pseudonyms import pseudonym
from curation.worker_failure import Failed
from replay.errors import Cancelled, Refused, storage_failed
from replay.store.library import Library, display_name
from replay.store.sessions import SessionStore
from replay.vault.actions import Action
from replay.vault.classes import TrackClass
from replay.vault.disk import sync_folder
from replay.vault.handed import handed
from replay.vault.lease import Denied, Lease, Request
from replay.vault.log.entry import Entry
from replay.vault.payloads import LabelsSeal

Leases = Mapping[str, Sequence[Lease]]


@dataclass(frozen=True, slots=True)
class ExportResult:
    """A published export."""

    folder: Path
    plan: ExportPlan
    manifest: Manifest


class ExportJob:
    """Plans and makes exports of one library. `report` and `cancelled` are called from the calling thread."""

    def __init__(self, library: Library, author: str, report: Report, cancelled: Callable[[], bool]) -> None:
        self._library = library
        self._author = author
        self._report = report
        self._cancelled = cancelled

    def plan(self, recipe: Recipe) -> ExportPlan:
        """What the recipe would export and refuse. Raises NotFound for a session that is not there, Cancelled."""
        store = SessionStore(self._library)
        ids = {store.resolve(s) for s in recipe.sessions} or set(self._library.session_ids())
        for name in recipe.formats:
            writer_named(name)
        sources = LibrarySources(self._library, recipe.stated_purpose)
        try:
            planned = []
            for n, session_id in enumerate(sorted(ids)):
                if self._cancelled():
                    raise Cancelled("The export")
                self._report(n, len(ids), "Planning")
                planned.append(self._planned(sources, session_id, recipe))
        finally:
            sources.close()
        return ExportPlan(recipe, tuple(planned))

    def _planned(self, sources: LibrarySources, session_id: str, recipe: Recipe) -> PlannedSession:
        """Consent is asked for before any key; what the gate denies is refused with the gate's reason."""
        key = self._library.key
        consent = self._library.consent(session_id)
        refusal = consent_refusal(consent.status, consent.purposes, recipe)
        if refusal is None:
            try:
                return plan_session(sources.source(session_id), recipe, key)
            except Denied as e:
                refusal = Refusal(e.code, e.sentence)
        return PlannedSession(session_id, pseudonym(key, "session", session_id), sources.head(session_id), refusal)

    def run(self, plan: ExportPlan, out: Path) -> ExportResult:
        """Write, prove and publish `plan` as the new folder `out`.

        Raises Refused (`out_exists`, `out_in_library`, `nothing_to_export`, `leak_found`), StorageFailed or Cancelled;
        there is then no `out` and nothing beside it.
        """
        if not plan.allowed:
            first = next((r.refusal.reason for r in plan.refused if r.refusal), None)
            why = f" {first}" if first else ""
            raise Refused("nothing_to_export", f"No session may be exported.{why}", "See the refusals of the plan.")
        if out.resolve().is_relative_to(self._library.path.resolve()):
            raise Refused("out_in_library", "An export cannot lie inside the library it comes from.", "Name another.")
        _refuse_existing(out)
        leases = self._leases(plan)
        work = self._work(plan, out, leases)
        partial = _partial_of(out)
        # The worker lives until the folder is published or removed: it removes it if this process dies.
        with none_abandoned(partial), ExportChild() as child:
            sha256 = _published(child.do(work, self._checked_report(leases), self._cancelled))
            _check(leases)
            self._record(plan, ExportRecord(sha256, work.name, work.created_utc, plan.recipe.formats, _sessions(plan)))
            _publish(partial, out)
        return ExportResult(out, plan, read_manifest(out))

    def _work(self, plan: ExportPlan, out: Path, leases: Leases) -> Work:
        """What the worker is told; the release is written down before any key is in it."""
        released = self._released(plan)
        return Work(
            library=str(self._library.path.absolute()),
            keys=handed(self._library.gate, leases),
            sessions=tuple((s.id, s.head) for s in plan.allowed),
            refused=tuple((s.pseudonym, s.refusal.code, s.refusal.reason) for s in plan.refused if s.refusal),
            recipe=plan.recipe.as_dict(),
            partial=str(_partial_of(out).absolute()),
            name=display_name(out),
            created_utc=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            log=self._library.gate.log.proof_of(released),
            policy_sha256=self._library.gate.policy.sha256,
        )

    def _leases(self, plan: ExportPlan) -> Leases:
        """Everything a worker reads of the planned sessions, released for this plan alone. Raises Denied."""
        lease, purpose = self._library.keys.lease, plan.recipe.stated_purpose
        classes = (TrackClass.MASKED, TrackClass.RAW, TrackClass.LABELS)
        return {s.id: [lease(Request(Action.EXPORT, c, purpose, s.id)) for c in classes] for s in plan.allowed}

    def _released(self, plan: ExportPlan) -> Entry:
        """Write the release of this plan down; its place in the log goes into the manifest."""
        told = {"recipe": plan.recipe.as_dict(), "sessions": [(s.pseudonym, s.head) for s in plan.allowed]}
        digest = hashlib.sha256(msgspec.json.encode(told, order="deterministic")).hexdigest()
        return self._library.gate.audit(
            "export_released",
            sessions=[s.id for s in plan.allowed],
            purpose=plan.recipe.stated_purpose,
            detail={"plan_sha256": digest},
        )

    def _checked_report(self, leases: Leases) -> Report:
        """Progress that ends the work, by raising Denied, once a lease may not be used any more."""

        def report(done: int, total: int, what: str) -> None:
            _check(leases)
            self._report(done, total, what)

        return report

    def _record(self, plan: ExportPlan, export: ExportRecord) -> None:
        """Before the rename: an export that nobody knows of must not exist, a record without an export may."""
        Lineage(self._library.path).record(export)
        self._library.gate.audit(
            "export_built",
            sessions=[s.id for s in plan.allowed],
            purpose=plan.recipe.stated_purpose,
            detail={"manifest_sha256": export.manifest_sha256, "quorum": 1},
        )
        log = EditLog(self._library.edits_path, LabelsSeal(self._library.keys))
        try:
            for session in plan.allowed:
                log.mark_seen(session.id, self._author, Purpose.EXPORT, session.head)
        finally:
            log.close()


def _check(leases: Leases) -> None:
    """Raise Denied where a lease may not be used any more."""
    for given in leases.values():
        for lease in given:
            lease.check()


def _sessions(plan: ExportPlan) -> tuple[tuple[str, str, int], ...]:
    return tuple((s.id, s.pseudonym, s.head) for s in plan.allowed)


def _published(reply: Reply) -> str:
    """The manifest's hash where the worker succeeded; raises what it refused with."""
    if isinstance(reply, Done):
        return reply.manifest_sha256
    if isinstance(reply, Leaked):
        leaks = tuple(Leak(x.file, x.where, x.what_hash) for x in reply.leaks)
        raise LeakFound(ProofReport(False, leaks, (), ()))
    assert isinstance(reply, Failed)
    raise reply.error("The export")


def _refuse_existing(out: Path) -> None:
    if out.exists() or out.is_symlink():
        raise Refused("out_exists", f"“{display_name(out)}” exists already; exports never overwrite.", "Name another.")


def _partial_of(out: Path) -> Path:
    return out.with_name(f"{out.name}.partial")


def _publish(partial: Path, out: Path) -> None:
    try:
        sync_tree(partial)
        os.rename(partial, out)
        sync_folder(out.parent)
    except OSError as e:
        raise storage_failed(e, "export") from e
