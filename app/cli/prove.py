"""`safelight prove`: opens an export again and proves it; with the library also that every hidden text is gone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from app.cli.options import open_core
from app.cli.output import EXIT_REFUSED, Output, Report, pass_output
from curation.export.check import prove_export
from curation.export.prove import ProofReport


def _document(report: ProofReport) -> dict[str, Any]:
    return {
        "ok": report.ok,
        "leaks": [{"file": x.file, "where": x.where, "what_hash": x.what_hash} for x in report.leaks],
        "checked": list(report.checked),
        "not_looked": list(report.not_looked),
    }


def _human(report: ProofReport) -> Any:
    def show(console: Console) -> None:
        console.print("Nothing leaks in what was looked at." if report.ok else f"{len(report.leaks)} leaks.")
        for leak in report.leaks:
            console.print(f"  leak: {leak.file}: {leak.where}")
        for line in report.checked:
            console.print(f"  checked: {line}")
        for line in report.not_looked:
            console.print(f"  not looked at: {line}")

    return show


@click.command("prove", help="Open an export again and prove that nothing leaks; “ok” speaks for what was checked.")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--library", type=click.Path(path_type=Path), help="Where it came from, to reread what was hidden.")
@pass_output
def command(out: Output, folder: Path, library: Path | None) -> int:
    with out.progress("Proving") as report:
        proof = _prove(folder, library, report)
    out.answer(_document(proof), _human(proof))
    return 0 if proof.ok else EXIT_REFUSED


def _prove(folder: Path, library: Path | None, report: Report) -> ProofReport:
    if library is None:
        return prove_export(folder, None, report)
    with open_core(library) as core:
        return prove_export(folder, core.library, report)
