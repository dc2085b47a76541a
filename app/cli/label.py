"""`safelight label`: judgements on spans of a session."""

from __future__ import annotations

from typing import Any

import click

from app.cli._editing import TIME, Answer, commit, edges, listing, on_session, range_in, resolve_thing
from app.core import Core
from curation import commands
from curation.editor import Editor
from curation.model import Label


@click.group("label", help="Labels on spans: add, list, remove.")
def command() -> None:
    pass


@command.command("add", help="Label the span [from, to).")
@on_session
@click.option("--name", required=True, help="What is said, such as milestone.")
@click.option("--from", "from_ns", type=TIME, required=True, help="Seconds from session zero.")
@click.option("--to", "to_ns", type=TIME, required=True)
@click.option("--note", default="")
@click.option("--schema", default="span", show_default=True)
def add(core: Core, editor: Editor, *, name: str, from_ns: int, to_ns: int, note: str, schema: str) -> Answer:
    span = range_in(core.session(editor.session_id), from_ns, to_ns)
    schemas = core.label_schemas()
    return commit(editor, commands.add_label(editor.state, span, name, schema=schema, note=note, schemas=schemas))


@command.command("list", help="Every label, by time.")
@on_session
def list_(core: Core, editor: Editor) -> Answer:
    rows = [_row(x) for x in sorted(editor.state.labels.values(), key=lambda x: (x.range, x.id))]
    lines = [f"{r['id']}  {r['start_s']:.3f}–{r['end_s']:.3f} s  {r['name']}" for r in rows]
    return listing(editor, "labels", rows, lines)


@command.command("remove", help="Remove a label by its id.")
@on_session
@click.argument("label_id")
def remove(core: Core, editor: Editor, *, label_id: str) -> Answer:
    found = resolve_thing(editor, editor.state.labels, label_id, "label")
    return commit(editor, commands.remove_label(editor.state, found))


def _row(label: Label) -> dict[str, Any]:
    about = {"id": label.id, "name": label.name, "schema": label.schema, "note": label.note}
    return about | edges(label.range)
