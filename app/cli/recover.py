"""`safelight recover`: back into a library by its recovery key, when the custodian's own keys are gone."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from app.cli.options import LIBRARY
from app.cli.output import Output, pass_output
from replay.store.library import marker_id
from replay.vault.administration import Administration
from replay.vault.identity import default_home, identity_of
from replay.vault.opening import gate_of
from replay.vault.recovery import load_recovery


@click.command("recover", help="Give this home's identity every role, by the library's recovery key.")
@LIBRARY
@click.option("--key", "key", type=click.Path(path_type=Path), required=True, help="The recovery key's file.")
@pass_output
def command(out: Output, library: Path, key: Path) -> int:
    home: Path | None = click.get_current_context().find_root().meta.get("home")
    card = identity_of(home).card
    gate = gate_of(library, marker_id(library), load_recovery(key), home or default_home())
    administration = Administration(gate)
    administration.recover(card)
    gate.log.close()
    others = [
        {"id": m.card.id, "name": m.card.name}
        for m in administration.members()
        if m.is_custodian and not (m.is_recovery or m.is_revoked or m.card.id == card.id)
    ]

    def show(console: Console) -> None:
        console.print(f"{card.id}  {card.name}  is a custodian with every role")
        for other in others:
            console.print(f"If the keys of {other['name']} ({other['id']}) are lost or stolen, revoke them.")

    out.answer({"id": card.id, "name": card.name, "status": "recovered", "other_custodians": others}, show)
    return 0
