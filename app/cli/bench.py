"""`safelight bench`: the benchmarks beside their peers. They live in the source folder and are not installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click

import app
from app.cli.output import EXIT_USAGE, Output, pass_output
from replay.errors import NotFound


@click.command()
@click.argument("names", nargs=-1)
@click.option("--quick", is_flag=True, help="Fewer repetitions.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Where the report goes [build/bench].")
@pass_output
def command(output: Output, names: tuple[str, ...], quick: bool, out: Path | None) -> int:
    """Measure NAME… (all where none is given) beside other tools on the same files."""
    root = Path(app.__file__).resolve().parent.parent
    if not (root / "bench" / "__main__.py").is_file():
        raise NotFound(
            "bench_absent", "The benchmarks are not part of an installation.", "Run this from a clone of the sources."
        )
    arguments = [sys.executable, "-m", "bench", *names]
    arguments += ["--json"] if output.as_json else []
    arguments += ["--quick"] if quick else []
    arguments += ["--out", str(out.resolve())] if out is not None else []
    code = subprocess.run(arguments, cwd=root, check=False).returncode
    if code == EXIT_USAGE:
        raise click.UsageError("“safelight bench --help” lists what there is.")
    return code
