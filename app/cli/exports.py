"""`safelight exports`: every export made from a library, and which of them may not be used any more."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli._exports import export_document, print_exports
from app.cli.options import LIBRARY, open_core
from app.cli.output import Output, pass_output
from curation.export.stale import exports_of
from replay.vault.actions import Action
from replay.vault.classes import TrackClass
from replay.vault.lease import Request


@click.command(
    "exports", help="The exports made from a library; those that hold an erased or withdrawn person are stale."
)
@LIBRARY
@pass_output
def command(out: Output, library: Path) -> int:
    with open_core(library) as core:
        core.library.keys.lease(Request(Action.BROWSE, TrackClass.CATALOGUE, "browse"))
        documents = [export_document(e, library) for e in exports_of(core.library)]
    out.answer({"exports": documents}, lambda console: print_exports(documents, console))
    return 0
