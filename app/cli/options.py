"""What several commands share: the library argument, session prefixes and opening the core."""

from __future__ import annotations

import re
import signal
import threading
from pathlib import Path
from typing import Any, Final

import click

from app.core import Core
from replay.errors import Refused

LIBRARY = click.argument("library", type=click.Path(path_type=Path))
SESSION = click.argument("session")
_SIZE: Final = re.compile(r"(?P<number>\d{1,15}(\.\d+)?) ?(?P<unit>[KMGT]?)(i?B)?", re.IGNORECASE)


class Size(click.ParamType[int]):
    """Bytes, as a number or with K, M, G or T behind it (powers of 1024): “500M”, “20G”."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        found = _SIZE.fullmatch(str(value).strip())
        if found is None:
            self.fail(f"“{value}” is no size; write 500M or 20G.", param, ctx)
        return int(float(found["number"]) * 1024 ** " KMGT".index(found["unit"].upper() or " "))


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
