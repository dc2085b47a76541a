"""`safelight verify`: attacks the library, and signs whether every attack was denied and logged."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from app.attack.runner import Verified, verify
from app.cli.options import LIBRARY
from app.cli.output import EXIT_DONE, EXIT_REFUSED, Output, pass_output
from replay.store.library import Library


@click.command("verify", help="Attack the library; prove that every attack is denied and logged.")
@LIBRARY
@pass_output
def command(out: Output, library: Path) -> int:
    home: Path | None = click.get_current_context().find_root().meta.get("home")
    opened = Library.open(library, home)
    try:
        with out.progress("attacking") as report:
            verified = verify(opened, report)
    finally:
        opened.gate.log.close()
    out.answer(verified.document(), lambda console: _print(verified, console))
    return EXIT_DONE if verified.ok else EXIT_REFUSED


def _print(verified: Verified, console: Console) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("attack", "on", "denied", "logged", "control", "how"):
        table.add_column(heading)
    for f in verified.findings:
        told = ("yes" if holds else "NO" for holds in (f.denied, f.logged, f.control))
        table.add_row(f.name.replace("_", " "), f.on, *told, f.how)
    console.print(table)
    if verified.ok:
        console.print(f"All {len(verified.findings)} attacks were denied and logged.")
    else:
        console.print("The library did not withstand every attack. It is read-only until a run of this succeeds.")
