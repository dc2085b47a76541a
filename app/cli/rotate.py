"""`safelight rotate`: finishes what revocations left to seal anew."""

from __future__ import annotations

import time
from pathlib import Path

import click

from app.access import rotate
from app.cli._people import note_left, rotation_row
from app.cli.options import LIBRARY, open_core
from app.cli.output import EXIT_DONE, EXIT_REFUSED, Output, pass_output


@click.command("rotate", help="Finish the rotation that a revocation began; nothing happens where none is pending.")
@LIBRARY
@pass_output
def command(out: Output, library: Path) -> int:
    with open_core(library) as core, out.progress("rotation") as report:
        began_s = time.monotonic()
        rotated = rotate(core.library, report)
        wall_s = time.monotonic() - began_s
    note_left(out, rotated)
    status = "done" if rotated.is_done else "pending"
    document = {"status": status, "rotation": rotation_row(rotated, wall_s)}
    out.answer(document, lambda console: console.print(f"rotation  {status}, {rotated.sessions} sessions"))
    return EXIT_DONE if rotated.is_done else EXIT_REFUSED
