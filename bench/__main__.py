"""`python -m bench [NAME…]`: run benchmarks, print a table or JSON, and leave a page and the JSON in a folder."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from bench.registry import Context, Result, names, run
from bench.report import markdown, print_table

ROOT = Path(__file__).resolve().parent.parent


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"one of: {', '.join(names())}; all where none is given"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document on stdout")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench", help="where the report goes")
    return parser.parse_args()


def main() -> int:
    arguments = _arguments()
    wanted = arguments.names or names()
    unknown = [n for n in wanted if n not in names()]
    if unknown:
        print(f"There is no benchmark “{unknown[0]}”; there are: {', '.join(names())}.", file=sys.stderr)
        return 2
    data = ROOT.parent / "shared" / "data"
    results: list[Result] = []
    arguments.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="safelight-bench-") as work:
        # An identity of the run's own: no benchmark makes keys in a person's home.
        os.environ["SAFELIGHT_HOME"] = str(Path(work, "home"))
        for name in wanted:
            folder = Path(work) / name
            folder.mkdir()
            context = Context(
                data if data.is_dir() else None,
                folder,
                arguments.quick,
                lambda s: print(s, file=sys.stderr, flush=True),
                arguments.out,
            )
            results += run(name, context)
    document = {"results": [r.as_json() for r in results]}
    (arguments.out / "report.md").write_text(markdown(results), encoding="utf-8")
    (arguments.out / "results.json").write_text(json.dumps(document, indent=1), encoding="utf-8")
    if arguments.json:
        print(json.dumps(document))
    else:
        print_table(results, Console(width=160))
    return 0 if all(r.met is not False for r in results) else 1


if __name__ == "__main__":
    sys.exit(main())
