"""What a benchmark is and which there are: every module of this folder with `run(context) -> list[Result]`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import bench

_NOT_BENCHES = frozenset({"registry", "report", "footage", "timing", "peers", "__main__"})


@dataclass(frozen=True, slots=True)
class Context:
    """What a benchmark may use: `data` is the folder of real samples (None where it is not at hand), `work` an empty
    folder that is removed afterwards, `quick` asks for fewer repetitions, `note` says what is going on, `out` is where
    recordings are left beside the report (None: nowhere)."""

    data: Path | None
    work: Path
    quick: bool
    note: Callable[[str], None]
    out: Path | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """One measurement in `unit`, smaller is better; `peer` is the same job done by another tool on the same file in the
    same run (`peer_name`), None where nothing else does it. `bar` says in words what must be reached, `met` whether."""

    name: str
    ours: float
    unit: str
    peer: float | None = None
    peer_name: str = ""
    bar: str = ""
    met: bool | None = None

    @property
    def ratio(self) -> float | None:
        """ours ÷ peer: below 1 we are faster."""
        return None if not self.peer else self.ours / self.peer

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "ratio": self.ratio}


def names() -> list[str]:
    """The benchmarks there are."""
    found = (m.name for m in pkgutil.iter_modules(bench.__path__))
    return sorted(n for n in found if n not in _NOT_BENCHES and not n.startswith("_"))


def run(name: str, context: Context) -> list[Result]:
    """Run one benchmark by name; LookupError where there is none of that name."""
    if name not in names():
        raise LookupError(name)
    results: list[Result] = importlib.import_module(f"bench.{name}").run(context)
    return results
