"""The timeline of 4 hours with five million events: what a paint costs while it is zoomed, panned and played."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any, Final

from bench.registry import Context, Result

PAINT_BAR_MS: Final = 16.0
PLAYHEAD_BAR_MS: Final = 4.0
EVENTS: Final = 5_000_000


def run(context: Context) -> list[Result]:
    context.note(f"timeline of {EVENTS:,} events")
    paints = 40 if context.quick else 200
    command = [sys.executable, "-m", "bench._timeline_child", str(EVENTS), str(paints)]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    results = []
    for name, (p50, p99) in measured["paints"].items():
        bar = PLAYHEAD_BAR_MS if name == "playhead" else PAINT_BAR_MS
        results.append(Result(f"timeline.{name}.paint_p50", p50, "ms"))
        results.append(Result(f"timeline.{name}.paint_p99", p99, "ms", bar=f"≤ {bar:.0f} ms", met=p99 <= bar))
    results.append(Result("timeline.arrange", measured["arrange_ms"], "ms"))
    return results
