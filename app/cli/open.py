"""`safelight open`: the desktop application, in a process of its own, because only that may import Qt."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click

from app.cli.output import Output, pass_output
from replay.errors import Refused


def desktop_command(home: Path | None, *words: str) -> list[str]:
    """The command line of the desktop application's child process."""
    own = ["--home", str(home)] if home is not None else []
    return [sys.executable, "-m", "app.desktop", *own, *words]


def has_display() -> bool:
    """Whether a window can be shown here."""
    if sys.platform in ("win32", "darwin"):
        return True
    if os.environ.get("QT_QPA_PLATFORM") in ("offscreen", "minimal"):
        return False
    return any(os.environ.get(n) for n in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


@click.command("open", help="Open the desktop application, on a library where one is named.")
@click.argument("library", required=False, type=click.Path(path_type=Path))
@click.option("--session", help="Open this session at once.")
@pass_output
@click.pass_context
def command(ctx: click.Context, out: Output, library: Path | None, session: str | None) -> int:
    if not has_display():
        raise Refused("no_display", "There is no display to open a window on.", "Use the command line, or a desktop.")
    words = ([str(library)] if library is not None else []) + (["--session", session] if session else [])
    code = subprocess.run(desktop_command(ctx.meta["home"], *words), check=False).returncode
    if out.as_json:
        out.answer({"closed": code == 0})
    return 0 if code == 0 else 1
