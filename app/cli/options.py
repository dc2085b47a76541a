"""What several commands share: the library argument, session prefixes and opening the core."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import click

from app.core import Core
from replay.errors import Refused

LIBRARY = click.argument("library", type=click.Path(path_type=Path))
SESSION = click.argument("session")


def cancel_on_signal() -> threading.Event:
    """Ctrl+C and TERM ask a job to stop at its next step, so that staging is swept and nothing is half made."""
    cancelled = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: cancelled.set())
    return cancelled


def raw_purpose(raw: bool, purpose: str | None) -> str | None:
    """What captured tracks are read for; None where masked ones will do. Raises Refused where it is not said."""
    if raw and not purpose:
        raise Refused("raw_needs_purpose", "Raw tracks are read for a purpose.", "Say it with --purpose.")
    return purpose if raw else None


def open_core(library: Path) -> Core:
    """The core of `library` under the identity that --home chose; use as a context manager."""
    home: Path | None = click.get_current_context().find_root().meta.get("home")
    return Core.open(library, home)
