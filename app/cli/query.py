"""`safelight query`: one read-only SELECT by DuckDB over the session tables, masked unless raw is asked for."""

from __future__ import annotations

import base64
import datetime
import decimal
import math
from pathlib import Path
from typing import Any

import click
import pyarrow as pa
from rich.console import Console
from rich.table import Table

from app.cli.options import LIBRARY, open_core, raw_purpose
from app.cli.output import Output, pass_output
from curation.catalogue_view import select_sessions
from curation.query_view import QueryView, pruned, tables_named


def json_value(value: Any) -> Any:
    """A cell as JSON can say it: times as ISO text, bytes as base64, numbers that are none as null."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, decimal.Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, dict):
        return {str(k): json_value(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(v) for v in value]
    return value


def _print(answer: pa.Table, console: Console) -> None:
    table = Table(box=None, pad_edge=False)
    for name in answer.column_names:
        table.add_column(name)
    for row in answer.to_pylist():
        table.add_row(*("" if v is None else str(json_value(v)) for v in row.values()))
    console.print(table)


@click.command("query", help="Run one SELECT over the session tables (see docs/formats.md).")
@LIBRARY
@click.argument("sql")
@click.option("--sessions", "where", default="", help="Only the sessions this filter keeps.")
@click.option("--raw", is_flag=True, help="Read the tables as captured; needs --purpose.")
@click.option("--purpose", help="What the raw tables are needed for.")
@pass_output
def command(out: Output, library: Path, sql: str, where: str, raw: bool, purpose: str | None) -> int:
    wanted_for = raw_purpose(raw, purpose)
    with open_core(library) as core:
        chosen = select_sessions(core.queries, core.sessions(), where, "id")
        consents = dict(zip(chosen["id"].to_pylist(), chosen["consent"].to_pylist(), strict=True))
        asked = pruned(sql, consents)
        withdrawn = [i for i in asked if consents[i] == "withdrawn"]
        view = QueryView(core.store_for(wanted_for), core.session, core.state)
        tables = view.tables(tables_named(sql), tuple(i for i in asked if i not in withdrawn), raw=raw)
        answer = core.queries.submit(sql, tables).result()
    if withdrawn:
        out.note(f"{len(withdrawn)} withdrawn sessions were left out.")
    rows = [[json_value(column[i].as_py()) for column in answer.columns] for i in range(answer.num_rows)]
    out.answer(
        {"columns": answer.column_names, "rows": rows, "withdrawn": withdrawn}, lambda console: _print(answer, console)
    )
    return 0
