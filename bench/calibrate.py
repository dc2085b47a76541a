"""The calibration of real recordings whose clock is known: how far off, how sure, how long it takes, and lies told.

`python -m bench.calibrate` prints docs/calibration.md's table of truth against result.
"""

from __future__ import annotations

import itertools
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from bench._calibration_trials import (
    Recording,
    drifting,
    imported,
    measure_file,
    moved,
    recording,
    stepping,
    strangers,
    windows_of,
)
from bench._calibration_variants import VARIANTS, write
from bench.registry import Context, Result
from replay.calibration.measure import pointer_path
from replay.calibration.result import calibrated
from replay.calibration.values import PointerPath
from replay.calibration.verdict import Answer, CannotTell, judged
from replay.store.library import Library
from replay.video.index import build_frame_table

TRUTH_S: Final = 30_673.906
"""The recorder's clock at the first frame of the AgentNet sample, from four estimators, ± 0.010 s systematic."""
_SAMPLES: Final = ("agentnet_raw", "ducktrack_example", "owamcap", "pctracker")
_FEW_MOVES: Final = 1000


@dataclass(frozen=True)
class Samples:
    """The recording with a known clock, other people's pointers, and the table's lines for every sample."""

    known: Recording
    others: list[PointerPath]
    lines: list[tuple[str, str, str]]
    cpu_s: float


def run(context: Context) -> list[Result]:
    if context.data is None:
        return []
    samples = _samples(context)
    known = samples.known
    truth_s = TRUTH_S - known.session.info.source_zero_ns / 1e9
    whole = judged(known.seen, known.path, known.width, known.frame_s)
    answered, worst_s = _windows(known, truth_s, 10 if context.quick else 40)
    lies = false_answers(known, samples.others, 20 if context.quick else 240)
    error_ms = abs(whole.clock.lag_s - truth_s) * 1e3 if isinstance(whole, Answer) else float("inf")
    sigma_ms = whole.clock.sigma_s * 1e3 if isinstance(whole, Answer) else float("inf")
    return [
        Result("calibrate.error", error_ms, "ms", bar="≤ 17 ms", met=error_ms <= 17),
        Result("calibrate.sigma", sigma_ms, "ms", bar="≤ 10 ms", met=sigma_ms <= 10),
        Result("calibrate.cpu", samples.cpu_s, "s", bar="≤ 5 s", met=samples.cpu_s <= 5),
        Result("calibrate.unanswered_30s", 1 - answered, "share", bar="≤ 10 %", met=answered >= 0.9),
        Result("calibrate.worst_30s", worst_s * 1e3, "ms", bar="≤ 100 ms", met=worst_s <= 0.1),
        Result("calibrate.false_answers", float(lies), "answers", bar="0", met=lies == 0),
    ]


def _samples(context: Context) -> Samples:
    assert context.data is not None
    library = Library.open_or_create(context.work / "library")
    store = imported(library, *(context.data / "sessions" / name for name in _SAMPLES))
    lines, others, known, cpu_s = [], [], None, 0.0
    for session_id in library.session_ids():
        session = store.load(session_id)
        start = time.process_time()
        if session.frames is None:
            found = calibrated(session, None)
        else:
            with store.open_video(session_id) as video:
                found = calibrated(session, video)
        taken = time.process_time() - start
        zero_s = session.info.source_zero_ns / 1e9
        lines.append((f"{session.info.importer}, {_extent(session.extent.duration_ns)}", taken, found, zero_s))
        if session.info.importer == "agentnet":
            known, cpu_s = recording(store, session), taken
        elif len(session.events.pointer) > _FEW_MOVES:
            others.append(pointer_path(session.events.pointer))
    assert known is not None
    told = [(name, _said(f.measured.verdict, zero_s), f"{taken:.1f}") for name, taken, f, zero_s in lines]
    return Samples(known, others, told, cpu_s)


def _extent(duration_ns: int) -> str:
    return f"{duration_ns / 1e9:.0f} s"


def _said(verdict: Answer | CannotTell, zero_s: float) -> str:
    if isinstance(verdict, CannotTell):
        return f"cannot tell: {verdict.reason}"
    clock = verdict.clock
    extra = f", drift {clock.drift_ppm:+.0f} ppm" if clock.drift_ppm else ""
    extra += f", step {clock.step_s * 1e3:+.0f} ms at {clock.step_at_s:.0f} s" if clock.step_at_s is not None else ""
    return f"{zero_s + clock.lag_s:.4f} s ± {clock.sigma_s * 1e3:.1f} ms{extra}, scale {verdict.fit.mapping.sx:.4f}"


def _windows(known: Recording, truth_s: float, count: int) -> tuple[float, float]:
    """Share answered of random 30 s parts, and the largest error, seconds."""
    errors = [abs(v.clock.lag_s - truth_s) for v in windows_of(known, 30.0, count, 1) if isinstance(v, Answer)]
    return len(errors) / count, max(errors, default=0.0)


def false_answers(known: Recording, others: list[PointerPath], count: int) -> int:
    """How often events that are not the session's get an answer, on parts of 10 s to all of the recording."""
    lies = 0
    trials = zip(strangers(known.path, others, 3), itertools.cycle((10, 30, 60, 3600)), range(count), strict=False)
    for (_name, path), length_s, n in trials:
        start_s = np.random.default_rng(n).uniform(0, max(0.1, known.frames.end_ns / 1e9 - length_s))
        verdict = judged(known.part(start_s, start_s + length_s), path, known.width, known.frame_s)
        lies += isinstance(verdict, Answer)
    return lies


def _altered_lines(known: Recording) -> list[tuple[str, str, str]]:
    zero_s = known.session.info.source_zero_ns / 1e9
    altered = [(f"clock runs {ppm:+.0f} ppm", drifting(known.path, ppm)) for ppm in (-500.0, -200.0, 200.0, 500.0)]
    altered += [(f"clock steps {s * 1e3:+.0f} ms at 60 s", stepping(known.path, s, 60.0)) for s in (-0.05, 0.05)]
    altered += [(f"declared start {lag:+.0f} s off", moved(known.path, -lag)) for lag in (-45.0, 20.0)]
    return [(n, _said(judged(known.seen, p, known.width, known.frame_s), zero_s), "") for n, p in altered]


def _variant_lines(known: Recording, source: Path, work: Path) -> list[tuple[str, str, str]]:
    out = []
    for name, variant in VARIANTS.items():
        target = work / "variant.mkv"
        cut_s = write(source, known.frames, target, variant)
        with target.open("rb") as file:
            frames, _, _ = build_frame_table(file, "video")
            start = time.process_time()
            found = measure_file(file, frames, moved(known.path, -cut_s))
        zero_s = known.session.info.source_zero_ns / 1e9
        out.append((name, _said(found.verdict, zero_s), f"{time.process_time() - start:.1f}"))
    return out


def main() -> None:
    data = Path(__file__).resolve().parents[2] / "shared" / "data"
    [source] = (data / "sessions" / "agentnet_raw").glob("*.mp4")
    with tempfile.TemporaryDirectory() as folder:
        samples = _samples(Context(data, Path(folder), False, lambda _: None))
        lines = samples.lines + _altered_lines(samples.known)
        lines += _variant_lines(samples.known, source, Path(folder))
    rows = "".join(f"| {name} | {said} | {cpu} |\n" for name, said, cpu in lines)
    sys.stdout.write(f"| recording | recorder's clock at the first frame | CPU s |\n|---|---|---|\n{rows}")


if __name__ == "__main__":
    main()
