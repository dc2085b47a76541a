"""`safelight derive`: makes the fast pictures of sessions, and keeps all of them within a budget."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from app.cli.options import LIBRARY, Size, cancel_on_signal, open_core
from app.cli.output import EXIT_DONE, EXIT_REFUSED, Output, error_document, pass_output
from curation.intake.prepare import DEFAULT_BUDGET, PrepareJob, PrepareResult

_MIB = 1 << 20


def _document(result: PrepareResult) -> dict[str, Any]:
    return {
        "sessions": [
            {"id": s.id, "seconds": round(s.seconds, 3), "bytes": s.size, "left_out": list(s.left_out)}
            for s in result.sessions
        ],
        "failed": [{"id": f.id, **error_document(f.error)} for f in result.failed],
        "dropped": list(result.dropped),
        "no_room": list(result.no_room),
    }


def _print(result: PrepareResult, console: Console) -> None:
    if not (result.sessions or result.failed or result.no_room):
        console.print("Every session has its fast pictures.")
    for s in result.sessions:
        left_out = f", without {' and '.join(s.left_out)}" if s.left_out else ""
        console.print(f"{s.id[:10]}  {s.seconds:.1f} s, {s.size / _MIB:.1f} MiB{left_out}")
    for session in result.dropped:
        console.print(f"{session[:10]}  gave up its fast pictures to keep the budget")
    if result.no_room:
        console.print(f"No room for {len(result.no_room)} more; name them, or give a larger --budget.")


@click.command("derive", help="Make fast pictures of sessions that have none, or anew of those that are named.")
@LIBRARY
@click.argument("sessions", nargs=-1)
@click.option(
    "--budget",
    type=Size(),
    default=DEFAULT_BUDGET,
    show_default="20G",
    help="The most that the fast pictures of the whole library may take; the longest unopened go first.",
)
@pass_output
def command(out: Output, library: Path, sessions: tuple[str, ...], budget: int) -> int:
    cancelled = cancel_on_signal()
    with open_core(library) as core, out.progress("Preparing") as report:
        named = tuple(core.store.resolve(s) for s in sessions) or None
        result = PrepareJob(core.library, report, cancelled.is_set, budget).run(named)
    out.answer(_document(result), lambda console: _print(result, console))
    if not out.as_json:
        for f in result.failed:
            out.note(f"{f.id[:10]} got no fast pictures.")
            out.error(f.error)
    return EXIT_REFUSED if result.failed else EXIT_DONE
