"""Importing the AgentNet sample through the worker process, as the command and the window do it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

from bench.registry import Context, Result
from curation.intake.job import ImportJob, ImportRequest
from replay.store.library import Library

BAR_S: Final = 10.0


def run(context: Context) -> list[Result]:
    if context.data is None:
        return []
    context.note("importing the AgentNet sample")
    sample = context.data / "sessions" / "agentnet_raw"
    tries = 1 if context.quick else 3
    best = min((_import(sample, context.work / f"library-{n}") for n in range(tries)), key=sum)
    whole_s, import_s = best
    return [
        Result("import.agentnet.import_s", import_s, "s", bar=f"≤ {BAR_S:.0f} s", met=import_s <= BAR_S),
        Result("import.agentnet.whole", whole_s, "s", bar=f"≤ {BAR_S:.0f} s", met=whole_s <= BAR_S),
    ]


def _import(sample: Path, library: Path) -> tuple[float, float]:
    """(wall seconds with the worker's start, hashing, deriving and publishing; the worker's own import seconds)."""
    started = time.perf_counter()
    job = ImportJob(Library.create(library), lambda *_: None, lambda: False)
    result = job.run(ImportRequest((sample,), consent="granted"))
    whole_s = time.perf_counter() - started
    return whole_s, result.sessions[0].import_s
