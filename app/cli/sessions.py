"""`safelight sessions`: the library's catalogue, filtered and sorted by DuckDB."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from app.cli.options import LIBRARY, open_core
from app.cli.output import Output, pass_output
from curation.catalogue_view import SORTS, select_sessions
from replay.timebase import format_t


def _print(rows: list[dict[str, Any]], console: Console) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("session", "format", "length", "frames", "events", "apps", "sync", "consent", "state", "problems"):
        table.add_column(heading)
    for r in rows:
        table.add_row(
            r["id"][:10],
            r["format"],
            format_t(r["duration_ns"]),
            str(r["frames"]),
            str(r["events"]),
            str(len(r["apps"])),
            f"{r['sync_method']} ±{r['sync_sigma_ns'] / 1e6:.0f} ms",
            r["consent"],
            r["state"],
            ", ".join(r["problems"]),
        )
    console.print(table if rows else "No sessions match.")


@click.command("sessions", help="List the sessions of a library.")
@LIBRARY
@click.option("--where", default="", help="Filter, e.g. 'app:mail dur:>10m state:new problem:missing_media'.")
@click.option("--sort", type=click.Choice(sorted(SORTS)), default="imported", show_default=True)
@click.option("--limit", type=click.IntRange(min=1), help="At most this many rows.")
@pass_output
def command(out: Output, library: Path, where: str, sort: str, limit: int | None) -> int:
    with open_core(library) as core:
        rows = select_sessions(core.queries, core.sessions(), where, sort, limit).to_pylist()
    out.answer({"sessions": rows}, lambda console: _print(rows, console))
    return 0
