"""`safelight screen`: runs the first pass over published sessions, so that masked tracks follow what was decided."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from app.cli.options import LIBRARY, cancel_on_signal, open_core
from app.cli.output import EXIT_DONE, EXIT_REFUSED, Output, error_document, pass_output
from curation.intake.screen import ScreenJob, ScreenResult


def _document(result: ScreenResult) -> dict[str, Any]:
    return {
        "sessions": [
            {"id": s.id, "seconds": round(s.seconds, 3), "tracks": s.tracks, "hidden": s.hidden}
            for s in result.sessions
        ],
        "failed": [{"id": f.id, **error_document(f.error)} for f in result.failed],
    }


def _print(result: ScreenResult, console: Console) -> None:
    if not result.sessions and not result.failed:
        console.print("Every session is up to date.")
    for s in result.sessions:
        frames, cells = s.hidden.get("masked_frames", 0), s.hidden.get("hidden_cells", 0)
        console.print(f"{s.id[:10]}  {s.seconds:.1f} s, {frames} frames with a mask, {cells} cells hidden")


@click.command("screen", help="Run the first pass on sessions that need it, or on those that are named.")
@LIBRARY
@click.argument("sessions", nargs=-1)
@pass_output
def command(out: Output, library: Path, sessions: tuple[str, ...]) -> int:
    cancelled = cancel_on_signal()
    with open_core(library) as core, out.progress("Screening") as report:
        named = tuple(core.store.resolve(s) for s in sessions) or None
        result = ScreenJob(core.library, report, cancelled.is_set).run(named)
    out.answer(_document(result), lambda console: _print(result, console))
    if not out.as_json:
        for f in result.failed:
            out.note(f"{f.id[:10]} was not screened.")
            out.error(f.error)
    return EXIT_REFUSED if result.failed else EXIT_DONE
