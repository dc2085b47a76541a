"""`safelight log`: who did what, when, under which grant; with --verify every signature is checked, offline."""

from __future__ import annotations

import base64
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from app.cli.options import LIBRARY
from app.cli.output import EXIT_DONE, EXIT_REFUSED, Output, pass_output
from replay.store.library import Library
from replay.vault.actions import Action
from replay.vault.log.entry import Entry
from replay.vault.log.library_log import LibraryLog
from replay.vault.log.verify_log import LogReport

PURPOSE = "audit"
_AGE = re.compile(r"(\d{1,6})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Moment(click.ParamType[int]):
    """A moment as UTC milliseconds: a date, a date with a time (UTC unless it says otherwise), or an age: 90m, 7d."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        age = _AGE.fullmatch(str(value))
        if age:
            return int((time.time() - timedelta(**{_UNITS[age[2]]: int(age[1])}).total_seconds()) * 1000)
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail("a moment is a date, a date with a time, or an age such as 90m or 7d", param, ctx)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


@click.command("log", help="The library's audit log, oldest first.")
@LIBRARY
@click.option("--verify", is_flag=True, help="Check every entry and signature; names the first bad entry.")
@click.option("--since", type=Moment(), help="A date, a date with a time, or an age: 90m, 12h, 7d.")
@click.option("--device", default="", help="Only entries of the devices whose id begins so.")
@pass_output
def command(out: Output, library: Path, verify: bool, since: int | None, device: str) -> int:
    home: Path | None = click.get_current_context().find_root().meta.get("home")
    gate = Library.open(library, home).gate
    try:
        if verify:
            report = gate.log.verify()
            if not report.ok:  # what does not hold is not shown as if it did
                out.answer(_document(report, [], []), lambda console: _print_broken(report, console))
                return EXIT_REFUSED
        gate.permit(Action.READ_LOG, PURPOSE)
        entries = _entries(gate.log, since or 0, device)
        document = _document(report if verify else None, entries, _checkpoints(gate.log))
        names = {card.id: card.name for card in gate.membership.chain.cards.values()}
        out.answer(document, lambda console: _print(entries, names, verify, console))
        return EXIT_DONE
    finally:
        gate.log.close()


def _entries(log: LibraryLog, since: int, device: str) -> list[dict[str, Any]]:
    found = [(e, True) for e in log.entries(since)]
    found += [(e, False) for e in log.uncounted() if e.ts_ms >= since]
    found.sort(key=lambda pair: pair[0].order)
    return [_row(e, counts) for e, counts in found if e.device.startswith(device)]


def _row(entry: Entry, counts: bool) -> dict[str, Any]:
    """`counts` is false for what a stranger wrote, or a member after the revocation."""
    return {**entry.document(), "counts": counts}


def _checkpoints(log: LibraryLog) -> list[dict[str, Any]]:
    found = [(c.origin.rpartition("/")[2], c) for c in log.checkpoints() if c.size]
    return [
        {"device": d, "size": c.size, "root": base64.b64encode(c.root).decode(), "note": log.signed_checkpoint(d)}
        for d, c in found
    ]


def _document(
    report: LogReport | None, entries: list[dict[str, Any]], checkpoints: list[dict[str, Any]]
) -> dict[str, Any]:
    bad = None if report is None else report.first_bad
    return {
        "ok": bad is None,
        "verified": report is not None,
        "first_bad": None if bad is None else {"device": bad.device, "seq": bad.seq, "reason": bad.reason},
        "entries": entries,
        "checkpoints": checkpoints,
    }


def _print_broken(report: LogReport, console: Console) -> None:
    bad = report.first_bad
    assert bad is not None
    console.print(f"The log does not hold: entry {bad.seq} of {bad.device} {bad.reason}.")


def _print(entries: list[dict[str, Any]], names: dict[str, str], verified: bool, console: Console) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("time (UTC)", "who", "what", "session", "class", "purpose", "decision"):
        table.add_column(heading)
    for e in entries:
        when = datetime.fromtimestamp(e["ts_ms"] / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
        decision = ", ".join((e["decision"], *e.get("reasons", ())))
        table.add_row(
            when,
            names.get(e["device"], e["device"]),
            e["act"],
            e.get("session", "")[:10],
            e.get("track_class", ""),
            e.get("purpose", ""),
            decision if e["counts"] else f"{decision} (does not count)",
        )
    console.print(table if entries else "No entries.")
    if verified:
        console.print("Every entry and signature holds.")
