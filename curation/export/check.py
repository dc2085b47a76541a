"""Proves an export that was published earlier, with or without the library it came from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from curation.export.manifest import Manifest, SessionEntry, mask_entries, read_manifest, runs_of
from curation.export.prove import ProofReport, prove
from curation.export.recipe import recipe_of
from curation.export.search import Hidden, hidden_of, search_for
from curation.export.sources import LibrarySources
from curation.redaction.plan import RedactionPlan, resolve
from curation.redaction.prove import Leak
from curation.redaction.pseudonyms import pseudonym
from replay.errors import NotFound, Refused
from replay.store.library import Library
from replay.vault.erasure import erased_ids
from replay.vault.subjects import WITHDRAWN

Report = Callable[[int, int, str], None]


def prove_export(folder: Path, library: Library | None, report: Report) -> ProofReport:
    """Open the export in `folder` again. With its library, what had to be hidden is resolved anew and not believed.

    Its sessions are read for the purpose that it was made for.

    Raises BadInput where `folder` is no export, NotFound where `library` does not have its sessions, Refused where it
    holds somebody who was erased or has withdrawn.
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
    _refuse_gone(manifest, library, ids)
    sources = LibrarySources(library, recipe_of(manifest.recipe).stated_purpose)
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


def _refuse_gone(manifest: Manifest, library: Library, ids: Mapping[str, str]) -> None:
    """What an export holds of people who are gone is not proved but refused. Raises Refused."""
    erased = {pseudonym(library.key, "session", i) for i in erased_ids(library.gate)}
    for entry in manifest.sessions:
        if entry.session in erased:
            raise _gone("erased", "was erased from its library")
        if entry.session in ids and library.consent(ids[entry.session]).status == WITHDRAWN:
            raise _gone("withdrawn", "has withdrawn their consent")


def _gone(code: str, what: str) -> Refused:
    return Refused(
        f"export_holds_{code}",
        f"This export holds a person who {what}; it may not be used any more.",
        "Delete it; “safelight exports LIB” says how to make it again without them.",
    )


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
