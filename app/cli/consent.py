"""`safelight consent`: write down what captured people agreed to, session by session or about all of theirs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from app.cli.options import LIBRARY, open_core
from app.cli.output import Output, pass_output
from replay.schema import CONSENT_STATUSES
from replay.vault.subjects import Subjects


def _print(document: dict[str, Any], console: Console) -> None:
    about = [*document["sessions"], *([document["subject"]] if document["subject"] else [])]
    console.print(f"{document['status']}: {', '.join(about)}")


@click.command("consent", help="Record what the captured person agreed to.")
@LIBRARY
@click.argument("sessions", nargs=-1, metavar="[SESSION]...")
@click.option("--status", type=click.Choice(CONSENT_STATUSES), required=True)
@click.option("--purpose", "purposes", multiple=True, help="For “limited”: a purpose that was agreed to; repeatable.")
@click.option("--subject", help="The person, by pseudonym or handle: a statement about everything of theirs.")
@pass_output
def command(
    out: Output, library: Path, sessions: tuple[str, ...], status: str, purposes: tuple[str, ...], subject: str | None
) -> int:
    if not sessions and subject is None:
        raise click.UsageError("Name sessions, or a person with --subject.")
    if (status == "limited") != bool(purposes):
        raise click.UsageError("A limited consent names its purposes with --purpose, and no other does.")
    with open_core(library) as core:
        ids = tuple(dict.fromkeys(core.store.resolve(s) for s in sessions))
        targets = Subjects(core.library.gate).record(status, purposes, sessions=ids, subject=subject)
    document = {
        "status": status,
        "purposes": list(purposes),
        "sessions": list(ids),
        "subject": targets[-1] if subject is not None else None,
    }
    out.answer(document, lambda console: _print(document, console))
    return 0
