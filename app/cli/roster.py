"""`safelight roster`: who belongs to a library."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli import revoke as revoking
from app.cli._people import CARD, member_row, print_rows, read_card
from app.cli.options import LIBRARY, open_core
from app.cli.output import Output, pass_output
from replay.vault.administration import Administration


@click.group("roster", help="The members of a library: add, remove, list.")
def command() -> None:
    pass


@command.command("add", help="Make the person of CARD a member; what they may do, “grant” says.")
@LIBRARY
@CARD
@pass_output
def add(out: Output, library: Path, card: Path) -> int:
    person = read_card(card)
    with open_core(library) as core:
        Administration(core.library.gate).add(person)
    out.note(f"Compare the id {person.id} with what “safelight whoami” shows {person.name}.")
    document = {"id": person.id, "name": person.name, "status": "added"}
    out.answer(document, lambda console: console.print(f"{person.id}  {person.name}  added"))
    return 0


@command.command("remove", help="The same as “revoke”, by card: an end of membership is an end of access.")
@LIBRARY
@CARD
@pass_output
def remove(out: Output, library: Path, card: Path) -> int:
    return revoking.run(out, library, read_card(card).id)


@command.command("list", help="Everybody who is or was a member.")
@LIBRARY
@pass_output
def list_(out: Output, library: Path) -> int:
    with open_core(library) as core:
        administration = Administration(core.library.gate)
        grants = administration.grants()
        rows = [member_row(m, grants) for m in administration.members()]
        version = core.library.gate.log.roster_version
    lines = [
        (r["id"], r["name"], "revoked" if r["revoked"] else ", ".join(r["roles"]), "recovery" if r["recovery"] else "")
        for r in rows
    ]
    out.answer(
        {"roster": version, "members": rows},
        lambda console: print_rows(console, ("id", "name", "roles", ""), lines, "Nobody."),
    )
    return 0
