"""The GUI thread during a scripted minute: how long it is busy at a stretch, and with what.

Leaves `gui-latency.json` and the chart `gui-latency.png` beside the report.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from bench.footage import write_looped, write_screen_video
from bench.registry import Context, Result
from bench.window import recording
from curation.intake.job import ImportJob, ImportRequest
from curation.intake.prepare import PrepareJob
from replay.store.library import Library
from replay.vault.identity import default_home

BAR_MS: Final = 16.0
CLIP_S: Final = 20.0
_WORST: Final = 40


def run(context: Context) -> list[Result]:
    library, session = _library(context)
    seconds = 21.0 if context.quick else 63.0
    context.note(f"{seconds:.0f} s of playing, scrubbing, seeking, stepping, shuttling, editing and exporting")
    measured = _measured(library, session, default_home(), seconds)
    turns = measured["turns"]
    if context.out is not None:
        worst = sorted(turns, key=lambda t: -float(t["wall_ms"]))[:_WORST]
        found = {"bar_ms": BAR_MS, "pictures": measured["pictures"], "worst": worst, "turns": _columns(turns)}
        (context.out / "gui-latency.json").write_text(json.dumps(found, indent=1), encoding="utf-8")
        chart(turns).save(context.out / "gui-latency.png")
    return results(turns)


def results(turns: Sequence[dict[str, Any]]) -> list[Result]:
    """p99 of the turns of every phase, by the wall clock and by this thread's processor time."""
    out = []
    for phase in dict.fromkeys(str(t["phase"]) for t in turns):
        wall, cpu = (np.array([t[key] for t in turns if t["phase"] == phase]) for key in ("wall_ms", "cpu_ms"))
        p99 = float(np.percentile(wall, 99))
        bar = f"≤ {BAR_MS:.0f} ms"
        out.append(Result(f"gui.{phase}.turn_p99", p99, "ms", bar=bar, met=p99 <= BAR_MS))
        out.append(Result(f"gui.{phase}.turn_p99, processor time", float(np.percentile(cpu, 99)), "ms"))
        out.append(Result(f"gui.{phase}.longest", float(wall.max()), "ms"))
    return out


def _library(context: Context) -> tuple[Path, str]:
    """A screened session of five minutes of 1080p30 with its fast pictures."""
    context.note("rendering 1080p30, importing it and making its fast pictures")
    clip_s, times = (6.0, 10) if context.quick else (CLIP_S, 15)
    clip = write_screen_video(context.work / "clip.mp4", clip_s)
    folder = recording(context.work / "recording", clip_s * times, lambda path: write_looped(clip, path, times))
    library = Library.create(context.work / "latency-library")
    imported = ImportJob(library, lambda *_: None, lambda: False).run(ImportRequest((folder,), consent="granted"))
    session = imported.sessions[0].id
    PrepareJob(library, lambda *_: None, lambda: False).run([session])
    return library.path, session


def _measured(library: Path, session: str, home: Path, seconds: float) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench._latency_child", str(library), session, str(home), str(seconds)]
    environment = {"QT_QPA_PLATFORM": "offscreen", **os.environ}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _columns(turns: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    keys = ("at_s", "phase", "wall_ms", "cpu_ms")
    return {key: [t[key] if key == "phase" else round(t[key], 3) for t in turns] for key in keys}


_SIZE, _LEFT, _TOP, _BOTTOM = (1600, 520), 60, 40, 60
_INK, _LINE, _WALL, _CPU, _LIMIT = "#d7dae0", "#3a3f4a", "#5b8def", "#f2b134", "#e5534b"


def chart(turns: Sequence[dict[str, Any]]) -> Image.Image:
    """Turns over time on a logarithmic scale, 0.1 to 1000 ms: wall clock as bars, processor time as ticks in them."""
    image = Image.new("RGB", _SIZE, "#16181d")
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(14)
    end_s = max(float(t["at_s"]) for t in turns) + 0.001
    height = _SIZE[1] - _TOP - _BOTTOM

    def x(at_s: float) -> float:
        return _LEFT + at_s / end_s * (_SIZE[0] - _LEFT - 20)

    def y(ms: float) -> float:
        return _TOP + height * (1 - (float(np.log10(np.clip(ms, 0.1, 1000))) + 1) / 4)

    for ms in (0.1, 1, 10, 100, 1000):
        draw.line((_LEFT, y(ms), _SIZE[0] - 20, y(ms)), fill=_LINE)
        draw.text((8, y(ms) - 8), f"{ms:g} ms", fill=_INK, font=font)
    for t in turns:
        at = x(float(t["at_s"]))
        draw.line((at, y(0.1), at, y(float(t["wall_ms"]))), fill=_WALL)
        draw.line((at - 1, y(float(t["cpu_ms"])), at + 1, y(float(t["cpu_ms"]))), fill=_CPU)
    draw.line((_LEFT, y(BAR_MS), _SIZE[0] - 20, y(BAR_MS)), fill=_LIMIT)
    draw.text((_SIZE[0] - 70, y(BAR_MS) - 18), f"{BAR_MS:.0f} ms", fill=_LIMIT, font=font)
    for phase in dict.fromkeys(str(t["phase"]) for t in turns):
        at = x(min(float(t["at_s"]) for t in turns if t["phase"] == phase))
        draw.line((at, _TOP, at, _SIZE[1] - _BOTTOM + 8), fill=_INK)
        draw.text((at + 4, _SIZE[1] - _BOTTOM + 8), phase, fill=_INK, font=font)
    draw.text((_LEFT, 10), "GUI thread, one turn of the event loop: wall clock, processor time", fill=_INK, font=font)
    return image
