"""`safelight sessions`: the library's catalogue, filtered and sorted by DuckDB."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import pyarrow as pa
import pyarrow.compute as pc
from rich.console import Console
from rich.table import Table

from app.cli.options import LIBRARY, open_core
from app.cli.output import EXIT_DONE, EXIT_REFUSED, Output, error_document, pass_output
from app.core import Core
from curation.catalogue_view import POSITION, SORTS, select_positions, sort_of, with_positions
from curation.search.library_search import Found
from curation.search.saved_views import SavedView
from curation.search.session_filter import parse_filter
from curation.search.terms import Term
from replay.errors import BadInput
from replay.timebase import format_t


def _print(rows: list[dict[str, Any]], not_looked: Mapping[str, int], console: Console) -> None:
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
    if not_looked:
        why = ", ".join(f"{n} {code}" for code, n in sorted(not_looked.items()))
        console.print(f"Not looked into: {why}.")


@click.command("sessions", help="List the sessions of a library.")
@LIBRARY
@click.option("--where", default="", help="Filter, e.g. 'app:mail dur:>10m label:none typed:\"invoice\"'.")
@click.option("--view", "view_name", help="A view saved on the Library page: its filter and its order.")
@click.option("--sort", type=click.Choice(sorted(SORTS)), help="Default: as the view says, else imported.")
@click.option("--limit", type=click.IntRange(min=1), help="At most this many rows.")
@pass_output
def command(out: Output, library: Path, where: str, view_name: str | None, sort: str | None, limit: int | None) -> int:
    with open_core(library) as core:
        view = SavedView("") if view_name is None else core.views.named(view_name)
        catalogue = with_positions(core.sessions())
        wanted = parse_filter(f"{view.filter} {where}")
        order = sort_of(view.sort, descending=view.descending) if sort is None else SORTS[sort]
        found = catalogue.take(select_positions(core.queries, catalogue, wanted.catalogue, order))
        looked = Found(0)
        if wanted.content:
            found, looked = _with_words(out, core, found, wanted.content)
        damaged = {**core.damaged, **looked.damaged}
        found = core.store.drawn(found.drop_columns([POSITION]).slice(0, limit))
    not_looked = dict(looked.not_looked)
    rows = found.to_pylist()
    document: dict[str, Any] = {"sessions": rows, "not_looked": not_looked}
    if damaged:
        document |= {"damaged": damaged, "error": error_document(_damage(damaged))}
    out.answer(document, lambda console: _print(rows, not_looked, console))
    if damaged and not out.as_json:
        out.error(_damage(damaged))
    return EXIT_REFUSED if damaged else EXIT_DONE


def _damage(damaged: Mapping[str, str]) -> BadInput:
    """The rest is listed; these are named."""
    named = ", ".join(f"{session[:10]} ({code})" for session, code in sorted(damaged.items()))
    sentence = f"{len(damaged)} of the library's sessions cannot be read: {named}."
    return BadInput("sessions_damaged", sentence, "Restore their folders under “objects” from a backup.")


def _with_words(out: Output, core: Core, rows: pa.Table, terms: Sequence[Term]) -> tuple[pa.Table, Found]:
    """The rows of the sessions that hold the words, and what came of looking into all of them."""
    last = Found(0)
    with out.progress("Searching") as report:
        for last in core.search(terms, rows["id"].to_pylist()):
            report(last.looked, last.total, "Searching sessions")
    return rows.filter(pc.is_in(rows["id"], pa.array(last.ids, pa.string()))), last
