"""`safelight grant`: what a member may do, with which sessions, for what and for how long."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli._people import day, grant_row, print_rows
from app.cli.export import named_sessions
from app.cli.options import open_core
from app.cli.output import Output, pass_output
from app.core import Core
from replay.vault.actions import Role
from replay.vault.administration import Administration, Terms
from replay.vault.gate import ALL_ROLES

_LIST = "list"


@click.command("grant", help="Give PERSON (id or name) a role in LIBRARY; “grant list LIBRARY” shows who holds what.")
@click.argument("library")
@click.argument("person")
@click.option("--role", type=click.Choice([r.value for r in ALL_ROLES]))
@click.option("--sessions", multiple=True, help="Ids, separated by commas, or a filter; default: the whole collection.")
@click.option("--purpose", "purposes", multiple=True, help="What for; may be given several times. “*” is everything.")
@click.option("--days", type=click.FloatRange(min=0, min_open=True), help="How long it holds; default: without an end.")
@pass_output
def command(
    out: Output,
    library: str,
    person: str,
    role: str | None,
    sessions: tuple[str, ...],
    purposes: tuple[str, ...],
    days: float | None,
) -> int:
    if library == _LIST and role is None:
        return _list(out, Path(person))
    if role is None or not purposes:
        raise click.UsageError("A grant needs --role and at least one --purpose.")
    with open_core(Path(library)) as core:
        administration = Administration(core.library.gate)
        member = administration.member(person)
        terms = Terms(Role(role), purposes, _resolved(core, sessions), days)
        grant_id = administration.grant(member.card.id, terms)
        grant = next(g for g in administration.grants() if g.id == grant_id)
    document = {**grant_row(grant, {member.card.id: member.card.name}), "status": "granted"}
    line = f"{grant.id}  {member.card.name}  {role}  until {day(grant.not_after_ms)}"
    out.answer(document, lambda console: console.print(line))
    return 0


def _resolved(core: Core, sessions: tuple[str, ...]) -> tuple[str, ...] | None:
    if not sessions:
        return None
    return tuple(sorted({core.store.resolve(s) for s in named_sessions(core, sessions)}))


def _list(out: Output, library: Path) -> int:
    with open_core(library) as core:
        administration = Administration(core.library.gate)
        names = {m.card.id: m.card.name for m in administration.members()}
        rows = [grant_row(g, names) for g in administration.grants()]
    lines = [
        (
            r["id"],
            r["name"],
            r["role"],
            ", ".join(r["purposes"]),
            "all" if r["sessions"] is None else str(len(r["sessions"])),
            day(r["not_after_ms"]),
        )
        for r in rows
    ]
    headings = ("grant", "person", "role", "purposes", "sessions", "until")
    out.answer({"grants": rows}, lambda console: print_rows(console, headings, lines, "No grants."))
    return 0
