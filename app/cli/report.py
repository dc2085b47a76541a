"""`safelight report`: what is held of a person, who viewed it and why, and where it went."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console

from app.cli._exports import export_document, print_exports
from app.cli.options import LIBRARY, open_core
from app.cli.output import Output, pass_output
from curation.subject_report import SubjectReport, subject_report


def _document(report: SubjectReport, library: Path) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.to_builtins(report)
    return document | {"exports": [export_document(e, library) for e in report.exports]}


def _print(d: dict[str, Any], console: Console) -> None:
    console.print(f"{d['handle']}: {len(d['sessions'])} sessions held, {len(d['erased'])} erased")
    for s in d["sessions"]:
        length = "?" if s["duration_s"] is None else f"{s['duration_s']:.0f} s"
        console.print(f"  {s['id'][:10]}  {s['day'] or '?'}  {length}  {len(s['tracks'])} tracks  {s['consent']}")
    console.print("What was said:" if d["consents"] else "Nothing was said since the import.")
    for c in d["consents"]:
        console.print(f"  {c['at_utc']}  {c['status']} {c['purposes']}  {(c['session'] or 'everything')[:10]}")
    console.print("Who opened it:" if d["views"] else "Nobody opened it.")
    for v in d["views"]:
        what = " ".join(filter(None, (v["act"], v["track_class"], v["purpose"], v["decision"])))
        console.print(f"  {v['first_utc']}  {v['name'] or v['who']}  {what}  {v['session'][:10]}  ×{v['count']}")
    console.print("Who could open it:")
    for g in d["grants"]:
        console.print(f"  {g['name'] or g['who']}  {g['role']}  until {g['until_utc'] or 'revoked'}")
    print_exports(d["exports"], console)


@click.command("report", help="What is held of a person, who viewed it when and for what, and which exports hold it.")
@LIBRARY
@click.argument("subject")
@pass_output
def command(out: Output, library: Path, subject: str) -> int:
    with open_core(library) as core:
        document = _document(subject_report(core.library, subject), library)
    out.answer(document, lambda console: _print(document, console))
    return 0
