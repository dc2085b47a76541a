"""`safelight cut`: ranges removed from every track."""

from __future__ import annotations

import click

from app.cli._editing import TIME, Answer, commit, edges, listing, on_session, range_in, resolve_thing
from app.core import Core
from curation import commands
from curation.editor import Editor
from replay.timebase import TimeNs


@click.group("cut", help="Cuts: add, trim, list, remove.")
def command() -> None:
    pass


@command.command("add", help="Remove the range [from, to) from every track.")
@on_session
@click.option("--from", "from_ns", type=TIME, required=True, help="Seconds from session zero.")
@click.option("--to", "to_ns", type=TIME, required=True)
@click.option("--reason", default="")
def add(core: Core, editor: Editor, *, from_ns: TimeNs, to_ns: TimeNs, reason: str) -> Answer:
    span = range_in(core.session(editor.session_id), from_ns, to_ns)
    return commit(editor, commands.add_cut(editor.state, span, reason=reason))


@command.command("trim", help="Keep only [in, out): cut what comes before and after.")
@on_session
@click.option("--in", "in_ns", type=TIME, help="Seconds from session zero; default: the start.")
@click.option("--out", "out_ns", type=TIME, help="Seconds from session zero; default: the end.")
def trim(core: Core, editor: Editor, *, in_ns: TimeNs | None, out_ns: TimeNs | None) -> Answer:
    extent = core.session(editor.session_id).extent
    return commit(editor, commands.trim(editor.state, extent, in_ns=in_ns, out_ns=out_ns))


@command.command("list", help="Every cut, by time.")
@on_session
def list_(core: Core, editor: Editor) -> Answer:
    cuts = sorted(editor.state.cuts.values(), key=lambda x: (x.range, x.id))
    rows = [{"id": c.id, "reason": c.reason, **edges(c.range)} for c in cuts]
    lines = [f"{r['id']}  {r['start_s']:.3f}–{r['end_s']:.3f} s  {r['reason']}".rstrip() for r in rows]
    return listing(editor, "cuts", rows, lines)


@command.command("remove", help="Remove a cut by its id; its range is kept again.")
@on_session
@click.argument("cut_id")
def remove(core: Core, editor: Editor, *, cut_id: str) -> Answer:
    found = resolve_thing(editor, editor.state.cuts, cut_id, "cut")
    return commit(editor, commands.remove_cut(editor.state, found))
