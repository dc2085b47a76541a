"""`safelight revoke`: a person's access ends at once, and what they could read is sealed anew."""

from __future__ import annotations

import time
from pathlib import Path

import click
from rich.console import Console

from app.access import revoke
from app.cli._people import PERSON, note_left, rotation_row
from app.cli.options import LIBRARY, open_core
from app.cli.output import EXIT_DONE, EXIT_REFUSED, Output, pass_output
from replay.vault.administration import Administration


def run(out: Output, library: Path, person: str) -> int:
    """Revoke, or take up a revocation that was cut short; the command's exit code."""
    with open_core(library) as core, out.progress("rotation") as report:
        member = Administration(core.library.gate).member(person)
        began_s = time.monotonic()
        done = revoke(core.library, member.card.id, report)
        wall_s = time.monotonic() - began_s
    note_left(out, done.rotated)
    document = {
        "id": member.card.id,
        "name": member.card.name,
        "status": done.status,
        "missing": list(done.missing),
        "denied_after_s": round(done.denied_after_s, 3),
        "rotation": rotation_row(done.rotated, wall_s),
    }

    def show(console: Console) -> None:
        console.print(f"{member.card.id}  {member.card.name}  revoked, denied after {done.denied_after_s:.1f} s")
        console.print(f"rotation  {done.status}, {done.rotated.sessions} sessions, {done.rotated.size / 1e6:.1f} MB")
        if done.missing:
            console.print("Run it again to go on.")

    out.answer(document, show)
    return EXIT_REFUSED if done.missing else EXIT_DONE


@click.command("revoke", help="End PERSON's access (id or name) at once; run again to go on where it was cut short.")
@LIBRARY
@PERSON
@pass_output
def command(out: Output, library: Path, person: str) -> int:
    return run(out, library, person)
