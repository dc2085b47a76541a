"""`safelight withdraw`: from this moment on nothing of a person opens, anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from app.cli._exports import export_document, print_exports
from app.cli.options import LIBRARY, open_core
from app.cli.output import Output, pass_output
from curation.export.stale import exports_of
from replay.vault.subjects import Subjects


def _print(document: dict[str, Any], console: Console) -> None:
    console.print(f"Nothing of {document['subject']} opens any more ({len(document['sessions'])} sessions).")
    print_exports(document["exports"], console)


@click.command("withdraw", help="End every use of a person's sessions at once; they stay until they are erased.")
@LIBRARY
@click.argument("subject")
@pass_output
def command(out: Output, library: Path, subject: str) -> int:
    with open_core(library) as core:
        subjects = Subjects(core.library.gate)
        handle = subjects.withdraw(subject)
        sessions = subjects.sessions(handle)
        out.note("Nothing of this person opens any more.")  # said before the list, which may be unreadable
        exports = [e for e in exports_of(core.library) if not set(sessions).isdisjoint(e.sessions)]
    document = {
        "subject": handle,
        "status": "withdrawn",
        "sessions": list(sessions),
        "exports": [export_document(e, library) for e in exports],
    }
    out.answer(document, lambda console: _print(document, console))
    return 0
