"""`safelight import`: captured files of any known format into a library."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from app.cli.options import cancel_on_signal
from app.cli.output import EXIT_DONE, EXIT_REFUSED, Output, error_document, pass_output
from curation.intake.job import ImportedSession, ImportJob, ImportRequest, ImportResult
from curation.intake.prepare import PrepareJob
from replay.errors import Cancelled, SafelightError
from replay.store.library import Library


def session_document(s: ImportedSession) -> dict[str, Any]:
    return {
        "id": s.id,
        "format": s.format,
        "duration_s": s.duration_s,
        "frames": s.frames,
        "events": s.events,
        "import_s": round(s.import_s, 3),
        "derive_s": round(s.derive_s, 3),
        "new": s.is_new,
        "problems": [
            {"code": p.code, "severity": p.severity.value, "count": p.count, "sentence": p.sentence} for p in s.problems
        ],
    }


def _print(result: ImportResult, library: Library, console: Console) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("session", "format", "length", "frames", "events", "import", "problems"):
        table.add_column(heading)
    for s in result.sessions:
        table.add_row(
            s.id[:10],
            s.format,
            f"{s.duration_s:.1f} s",
            str(s.frames),
            str(s.events),
            f"{s.import_s:.1f} s" if s.is_new else "already here",
            ", ".join(f"{p.code} ×{p.count}" for p in s.problems) or "none",
        )
    console.print(table)


def _prepared(job: PrepareJob, result: ImportResult) -> tuple[ImportResult, tuple[SafelightError, ...]]:
    """The new sessions with their fast pictures made, and why some have none: those are in the library all the same."""
    try:
        made = job.run(job.pending([s.id for s in result.sessions if s.is_new]))
    except SafelightError as e:
        return result, (e,)
    seconds = {p.id: p.seconds for p in made.sessions}
    sessions = (replace(s, derive_s=s.derive_s + seconds.get(s.id, 0.0)) for s in result.sessions)
    return replace(result, sessions=tuple(sessions)), tuple(f.error for f in made.failed)


@click.command("import", help="Import captured sessions into a library (made if absent).")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--library", "library_path", required=True, type=click.Path(path_type=Path))
@click.option("--format", "format_", default="auto", show_default=True, help="The capture format, or auto.")
@click.option("--subject", help="Pseudonym of the person recorded; random if absent.")
@click.option("--consent", type=click.Choice(["granted", "limited", "unknown"]), default="unknown", show_default=True)
@click.option("--purpose", "purposes", multiple=True, help="A purpose that a limited consent names; repeatable.")
@click.option(
    "--no-derive",
    is_flag=True,
    help="Skip the first pass, the thumbnail and fast pictures: the session stays unscreened.",
)
@pass_output
def command(
    out: Output,
    paths: tuple[Path, ...],
    library_path: Path,
    format_: str,
    subject: str | None,
    consent: str,
    purposes: tuple[str, ...],
    no_derive: bool,
) -> int:
    library = Library.open_or_create(library_path, click.get_current_context().find_root().meta.get("home"))
    cancelled = cancel_on_signal()
    request = ImportRequest(paths, format_, subject, consent, purposes, not no_derive)
    with out.progress("Importing") as report:
        result = ImportJob(library, report, cancelled.is_set).run(request)
        unprepared: tuple[SafelightError, ...] = ()
        if not no_derive:
            result, unprepared = _prepared(PrepareJob(library, report, cancelled.is_set), result)
    document: dict[str, Any] = {
        "library": str(library_path),
        "sessions": [session_document(s) for s in result.sessions],
        "failed": [{"name": f.name, **error_document(f.error)} for f in result.failed],
        "unprepared": [error_document(e) for e in unprepared],
    }
    out.answer(document, lambda console: _print(result, library, console))
    if not out.as_json:
        for f in result.failed:
            out.note(f"“{f.name}” was not imported.")
            out.error(f.error)
        for e in unprepared:
            out.note("Imported, without fast pictures; “safelight derive” makes them.")
            out.error(e)
    was_cancelled = any(isinstance(e, Cancelled) for e in unprepared)
    return EXIT_REFUSED if result.failed or was_cancelled else EXIT_DONE
