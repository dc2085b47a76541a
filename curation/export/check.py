"""Proves an export that was published earlier, with or without the library it came from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from curation.export.manifest import Manifest, SessionEntry, mask_entries, read_manifest, runs_of
from curation.export.prove import ProofReport, prove
from curation.export.recipe import TRAINING
from curation.export.search import Hidden, hidden_of, search_for
from curation.export.sources import LibrarySources
from curation.redaction.plan import RedactionPlan, resolve
from curation.redaction.prove import Leak
from curation.redaction.pseudonyms import pseudonym
from replay.errors import NotFound
from replay.store.library import Library

Report = Callable[[int, int, str], None]


def prove_export(folder: Path, library: Library | None, report: Report) -> ProofReport:
    """Open the export in `folder` again. With its library, what had to be hidden is resolved anew and not believed.

    Raises BadInput where `folder` is no export, NotFound where `library` does not have its sessions.
    """
    manifest = read_manifest(folder)
    if library is None:
        return prove(folder, manifest, None, report)
    hidden = _hidden(manifest, library)
    proof = prove(folder, manifest, search_for(list(hidden.values()), library.key), report)
    broken = tuple(x for entry in manifest.sessions for x in _promises(entry, hidden[entry.session].plan))
    return replace(proof, ok=proof.ok and not broken, leaks=(*broken, *proof.leaks))


def _hidden(manifest: Manifest, library: Library) -> dict[str, Hidden]:
    """By pseudonym, what the edits at the export's head demand."""
    ids = {pseudonym(library.key, "session", i): i for i in library.session_ids()}
    sources = LibrarySources(library, TRAINING)
    hidden: dict[str, Hidden] = {}
    try:
        for entry in manifest.sessions:
            if entry.session not in ids:
                raise NotFound(
                    "no_such_session",
                    "The library does not have a session of this export.",
                    "Name the library that it came from, or prove without one.",
                )
            source = sources.source(ids[entry.session], entry.head)
            plan = resolve(source.session, source.state, library.key)
            hidden[entry.session] = hidden_of(source, plan)
    finally:
        sources.close()
    return hidden


def _promises(entry: SessionEntry, plan: RedactionPlan) -> Iterator[Leak]:
    """Where the manifest promises less than the edits at its head demand."""
    differing = {
        "masks": entry.masks != mask_entries(plan),
        "frames": entry.kept != runs_of(plan.kept_frames),
        "cuts": entry.cuts_ns != [(c.start_ns, c.end_ns) for c in plan.cuts],
        "clock": entry.margin_ns != plan.margin_ns,
    }
    for what, differs in differing.items():
        if differs:
            yield Leak("manifest.json", f"{what} of a session are not what its edits demand", entry.session)
