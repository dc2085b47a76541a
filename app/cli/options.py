"""What several commands share: the library argument, session prefixes and opening the core."""

from __future__ import annotations

from pathlib import Path

import click

from app.core import Core

LIBRARY = click.argument("library", type=click.Path(path_type=Path))
SESSION = click.argument("session")


def open_core(library: Path) -> Core:
    """The core of `library` under the identity that --home chose; use as a context manager."""
    home: Path | None = click.get_current_context().find_root().meta.get("home")
    return Core.open(library, home)
