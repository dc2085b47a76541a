"""`safelight history`: every transaction on a session, who made it and whether it stands."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from app.cli._editing import Answer, listing, on_session
from app.core import Core
from curation.edit_codec import kind_of
from curation.edit_log import Transaction
from curation.editor import Editor
from curation.touches import touch_of


@click.command("history", help="Every edit of a session, oldest first.")
@on_session
def command(core: Core, editor: Editor) -> Answer:
    undone = editor.undone
    rows = [_row(t) | {"undone": t.id in undone} for t in editor.history]
    document, text = listing(editor, "transactions", rows, [_line(r) for r in rows])
    return document | {"next_undo": editor.undo_title, "next_redo": editor.redo_title}, text


def _row(t: Transaction) -> dict[str, Any]:
    edits = [
        {"id": edit_id, "kind": kind_of(edit), "target": touch_of(edit).id or None}
        for edit_id, edit in zip(t.edit_ids, t.edits, strict=True)
    ]
    return {
        "id": t.id,
        "head": t.head,
        "base": t.intent.base,
        "author": t.author,
        "time_utc_ns": t.time_ns,
        "kind": t.intent.kind.value,
        "title": t.title,
        "undoes": t.intent.undoes,
        "redoes": t.intent.redoes,
        "edits": edits,
    }


def _line(row: dict[str, Any]) -> str:
    when = datetime.fromtimestamp(row["time_utc_ns"] / 1e9, UTC).strftime("%Y-%m-%d %H:%M:%S")
    what = row["title"] if row["kind"] == "edit" else f"{row['kind']}: {row['title']}"
    return f"{row['head']:>5}  {when}  {row['author']}  {what}{'  (undone)' if row['undone'] else ''}"
