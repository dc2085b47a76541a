"""Fills a folder with an export and proves it; leaves publishing to whoever asked. Runs in the worker process."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points, version
from pathlib import Path
from typing import Final

import msgspec

from curation.export.contract import Bundle, Writer
from curation.export.manifest import (
    FORMAT,
    NAME,
    REVIEW,
    VERSION,
    Manifest,
    ProofEntry,
    RefusedEntry,
    SessionEntry,
    file_entries,
    session_entry,
)
from curation.export.prove import ProofReport, prove
from curation.export.recipe import Recipe
from curation.export.search import Hidden, hidden_of, search_for
from curation.export.session_export import OpenWriter, SessionExport
from curation.export.source import SessionSource
from replay.errors import BadInput, Refused
from replay.vault.log.log_proof import LogProof

Report = Callable[[int, int, str], None]
GROUP: Final = "safelight.writers"


def writer_names() -> tuple[str, ...]:
    return tuple(sorted(e.name for e in entry_points(group=GROUP)))


def writer_named(name: str) -> Writer:
    """A new writer of one format; raises BadInput where none is registered."""
    for entry in entry_points(group=GROUP):
        if entry.name == name:
            writer: Writer = entry.load()()
            return writer
    known = ", ".join(writer_names())
    raise BadInput("unknown_format", f"No export format is called “{name[:40]}”.", f"Choose from: {known}.")


@dataclass(frozen=True, slots=True)
class BundleFacts:
    """What the manifest says of the export as a whole; `log` proves that its release was written down before it."""

    name: str
    created_utc: str
    refused: tuple[RefusedEntry, ...] = ()
    policy_sha256: str | None = None
    log: LogProof | None = None


class BundleWriter:
    """One export into one empty folder. `report(done, total, what)` raises Cancelled to stop."""

    def __init__(
        self,
        folder: Path,
        recipe: Recipe,
        facts: BundleFacts,
        library_key: bytes,
        report: Report,
        writer_of: Callable[[str], Writer] = writer_named,
    ) -> None:
        self._writer_of = writer_of
        self._folder = folder
        self._recipe = recipe
        self._facts = facts
        self._key = library_key
        self._report = report

    def write(self, sources: Iterable[SessionSource], count: int) -> tuple[Manifest, ProofReport]:
        """Write every session, then the manifest, then prove it all. The folder is whole only if the proof is ok."""
        writers = self._begin()
        entries: list[SessionEntry] = []
        hidden: list[Hidden] = []
        for n, source in enumerate(sources):
            export = SessionExport(source, self._recipe, self._key, self._share(n, count))
            entries.append(session_entry(source, export.plan, export.write(writers)))
            hidden.append(hidden_of(source, export.plan))
        for w in writers:
            w.writer.finish()
        self._report(0, 0, "Writing the manifest")
        manifest = self._manifest(entries)
        self._write_manifest(manifest)
        proof = prove(self._folder, manifest, search_for(hidden, self._key), self._report)
        if proof.ok:
            manifest = msgspec.structs.replace(
                manifest, proof=ProofEntry(True, list(proof.checked), list(proof.not_looked))
            )
            self._write_manifest(manifest)
            sync_tree(self._folder)
        return manifest, proof

    def _begin(self) -> list[OpenWriter]:
        writers = []
        bundle = Bundle(self._facts.name, self._facts.created_utc, self._recipe.told(), self._recipe.seed)
        for name in self._recipe.formats:
            folder = self._folder / name
            folder.mkdir()
            writer = self._writer_of(name)
            writer.begin(folder, bundle)
            writers.append(OpenWriter(writer, folder))
        return writers

    def _share(self, n: int, count: int) -> Report:
        """Progress of session `n` of `count` as a share of the whole, in thousandths."""

        def report(done: int, total: int, what: str) -> None:
            share = done / total if total else 0.0
            self._report(round(1000 * (n + share) / max(count, 1)), 1000, what)

        return report

    def _manifest(self, entries: Sequence[SessionEntry]) -> Manifest:
        return Manifest(
            format=FORMAT,
            version=VERSION,
            name=self._facts.name,
            created_utc=self._facts.created_utc,
            safelight=version("safelight"),
            recipe=self._recipe.told(),
            review=REVIEW,
            sessions=list(entries),
            refused=list(self._facts.refused),
            files=file_entries(self._folder),
            policy_sha256=self._facts.policy_sha256,
            log=self._facts.log,
        )

    def _write_manifest(self, manifest: Manifest) -> None:
        with open(self._folder / NAME, "wb") as file:
            file.write(manifest.encoded())
            file.flush()
            os.fsync(file.fileno())


class LeakFound(Refused):
    """The proof failed: nothing is published. `report` names what leaked and where, never the thing itself."""

    def __init__(self, report: ProofReport) -> None:
        first = report.leaks[0]
        super().__init__(
            "leak_found",
            f"The proof found {len(report.leaks)} leaks, first in {first.file[:120]}: {first.where[:200]}. "
            "Nothing was exported.",
            "Report this; the export can be repeated after the cause is removed.",
        )
        self.report = report


def sync_tree(folder: Path) -> None:
    """Make every file and folder below durable before anything points to it."""
    for place, _, names in os.walk(folder):
        for name in names:
            _sync(Path(place) / name)
        _sync(Path(place))


def _sync(path: Path) -> None:
    if path.is_dir() and not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
