"""`safelight screenshots`: the guide's pictures from a library, without a display."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import click

from app.cli.open import desktop_command
from app.cli.options import LIBRARY
from app.cli.output import Output, pass_output
from replay.errors import Refused


@click.command("screenshots", help="Make the guide's pictures from a library (the demo's, or a copy).")
@LIBRARY
@click.option("--out", "folder", type=click.Path(path_type=Path), default=Path("docs/guide/images"), show_default=True)
@click.option("--session", help="The session to show; the first one otherwise.")
@pass_output
@click.pass_context
def command(ctx: click.Context, out: Output, library: Path, folder: Path, session: str | None) -> int:
    words = [str(library), "--screenshots", str(folder), *(["--session", session] if session else [])]
    # Offscreen, so that the pictures are the same on every machine.
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(desktop_command(ctx.meta["home"], *words), env=environment, check=False)
    if done.returncode != 0:
        raise Refused("screenshots_failed", "The pictures could not be made.")
    made = sorted(p.name for p in folder.glob("*.png"))
    out.answer({"folder": str(folder), "pictures": made}, lambda console: console.print(f"{len(made)} pictures."))
    return 0
