"""`safelight screenshots`: the guide's pictures from a library, without a display."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

import click

from app.cli.open import desktop_command
from app.cli.output import Output, pass_output
from app.demo.library import DemoOrder, make_demo
from replay.errors import Refused


@click.command("screenshots", help="Make the guide's pictures from a library; without one, from a new demo.")
@click.argument("library", required=False, type=click.Path(path_type=Path))
@click.option("--out", "folder", type=click.Path(path_type=Path), default=Path("docs/guide/images"), show_default=True)
@pass_output
def command(out: Output, library: Path | None, folder: Path) -> int:
    with tempfile.TemporaryDirectory(prefix="safelight-") as scratch:
        home: Path | None = Path(scratch, "home")
        source = library
        if source is None:
            # Nothing in a demo was captured from anybody, so it may lie in a scratch folder.
            with out.progress("Making the demo library") as report:
                source = make_demo(Path(scratch, "demo"), DemoOrder(minutes=2.0), report, lambda: False, home).library
        else:
            home = click.get_current_context().find_root().meta.get("home")  # whose member can open it
        _take(source, folder, home, decide=library is None)
    made = sorted(p.name for p in folder.glob("*.png"))
    out.answer({"folder": str(folder), "pictures": made}, lambda console: console.print(f"{len(made)} pictures."))
    return 0


def _take(library: Path, folder: Path, home: Path | None, *, decide: bool) -> None:
    """Offscreen, and a demo with a home of its own, so that the pictures are the same everywhere.

    A library that somebody named is only looked at; the example decisions go into one made for the pictures.
    """
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    words = (str(library), "--screenshots", str(folder), *(["--decide"] if decide else []))
    if subprocess.run(desktop_command(home, *words), env=environment, check=False).returncode != 0:
        raise Refused("screenshots_failed", "The pictures could not be made.")
