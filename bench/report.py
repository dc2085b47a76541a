"""Results as a table for the terminal and as a page to keep."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table

from bench.registry import Result


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.2f}" if abs(value) >= 1 else f"{value:.3f}"


def _verdict(result: Result) -> str:
    return {True: "met", False: "MISSED", None: ""}[result.met]


def _cells(result: Result) -> tuple[str, ...]:
    ratio = result.ratio
    peer = f"{_number(result.peer)} ({result.peer_name})" if result.peer is not None else "–"
    return (
        result.name,
        f"{_number(result.ours)} {result.unit}",
        peer,
        "–" if ratio is None else f"{ratio:.2f}",
        result.bar,
        _verdict(result),
    )


_HEAD = ("job", "ours", "peer", "ours ÷ peer", "bar", "")


def print_table(results: list[Result], console: Console) -> None:
    table = Table(*_HEAD, title=None)
    for result in results:
        table.add_row(*_cells(result))
    console.print(table)


def markdown(results: list[Result]) -> str:
    """A page with the machine it was measured on and one row per result."""
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    lines = [
        "# Benchmarks",
        "",
        f"Measured {when} on {os.cpu_count()} cores ({platform.machine()}, Python {platform.python_version()}).",
        "Smaller is better; a peer did the same job on the same file in the same run.",
        "",
        "| " + " | ".join(_HEAD) + " |",
        "|" + "---|" * len(_HEAD),
    ]
    lines += ["| " + " | ".join(_cells(r)) + " |" for r in results]
    return "\n".join(lines) + "\n"
