"""The calibration of real recordings whose clock is known: how far off, how sure, how long it takes, and lies told.

`python -m bench.calibrate` prints docs/calibration.md's table of truth against result.
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from app.demo.library import DemoOrder, make_demo
from app.demo.scenes import PLANS
from bench._calibration_trials import (
    PURPOSE,
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
from replay.store.sessions import SessionStore, unmasked
from replay.sync import Correction, MeasuredSync
from replay.video.index import build_frame_table

TRUTH_S: Final = 30_673.906
"""The recorder's clock at the first frame of the AgentNet sample, from four estimators, ± 0.010 s systematic."""
TRUE_SCALE: Final = 1276 / 1366
_SAMPLES: Final = ("agentnet_raw", "ducktrack_example", "owamcap", "pctracker")
_FEW_MOVES: Final = 100


Line = tuple[str, str, str, str]
"""Recording, truth, what came out, CPU seconds."""


@dataclass(frozen=True)
class Samples:
    """The recording with a known clock, other people's pointers, and the table's lines for every sample."""

    known: Recording
    others: list[PointerPath]
    lines: list[Line]
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
    scale_off, drift_off, step_off = _scale_off(whole), *_altered_off(known)
    return [
        Result("calibrate.scale", scale_off * 100, "%", bar="≤ 0.5 %", met=scale_off <= 0.005),
        Result("calibrate.drift_200ppm", drift_off, "ppm off", bar="≤ 100 ppm", met=drift_off <= 100),
        Result("calibrate.step_50ms", step_off * 1e3, "ms off", bar="≤ 15 ms", met=step_off <= 0.015),
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
        lines.append(
            (
                f"{session.info.importer} {session.info.recorder_version or ''}, {_extent(session.extent.duration_ns)}",
                taken,
                found,
                zero_s,
            )
        )
        if session.info.importer == "agentnet":
            known, cpu_s = recording(store, session), taken
        elif len(session.events.pointer) > _FEW_MOVES:
            others.append(pointer_path(session.events.pointer))
    assert known is not None
    told = []
    for name, taken, found, zero_s in lines:
        truth_s = TRUTH_S if name.startswith("agentnet") else None
        truth = "cannot tell" if truth_s is None else f"{TRUTH_S} s, scale {TRUE_SCALE:.4f}"
        told.append((name, truth, _said(found.measured.verdict, zero_s, truth_s), f"{taken:.1f}"))
    return Samples(known, others, told, cpu_s)


def _scale_off(verdict: Answer | CannotTell, truth: tuple[float, float] = (TRUE_SCALE, TRUE_SCALE)) -> float:
    """The larger error of the two axes' scales, as a share."""
    if isinstance(verdict, CannotTell):
        return float("inf")
    found = verdict.fit.mapping
    return max(abs(found.sx / truth[0] - 1), abs(found.sy / truth[1] - 1))


def _altered_off(known: Recording) -> tuple[float, float]:
    """The larger error of two drifts of ± 200 ppm, and of two steps of ± 50 ms, every picture looked at."""
    drifts, steps = [], []
    for sign in (-1.0, 1.0):
        drift = judged(known.seen, drifting(known.path, 200 * sign), known.width, known.frame_s)
        drifts.append(abs(drift.clock.drift_ppm - 200 * sign) if isinstance(drift, Answer) else float("inf"))
        step = judged(known.seen, stepping(known.path, 0.05 * sign, 60.0), known.width, known.frame_s)
        steps.append(abs(step.clock.step_s - 0.05 * sign) if isinstance(step, Answer) else float("inf"))
    return max(drifts), max(steps)


def _extent(duration_ns: int) -> str:
    return f"{duration_ns / 1e9:.0f} s"


def _said(verdict: Answer | CannotTell, zero_s: float = 0.0, truth_s: float | None = None) -> str:
    if isinstance(verdict, CannotTell):
        return f"cannot tell: {verdict.reason}"
    clock, m = verdict.clock, verdict.fit.mapping
    off = f" ({(zero_s + clock.lag_s - truth_s) * 1e3:+.1f} ms)" if truth_s is not None else ""
    extra = f", drift {clock.drift_ppm:+.0f} ppm" if clock.drift_ppm else ""
    extra += f", no drift above {clock.drift_limit_ppm:.0f} ppm" if clock.drift_limit_ppm else ""
    extra += f", step {clock.step_s * 1e3:+.0f} ms at {clock.step_at_s:.0f} s" if clock.step_at_s is not None else ""
    scale = f"{m.sx:.4f}" if m.sx == m.sy else f"{m.sx:.4f} and {m.sy:.4f}"
    return f"{zero_s + clock.lag_s:.4f} s ± {clock.sigma_s * 1e3:.1f} ms{off}{extra}, scale {scale}"


def _windows(known: Recording, truth_s: float, count: int) -> tuple[float, float]:
    """Share answered of random 30 s parts, and the largest error, seconds."""
    errors = [abs(v.clock.lag_s - truth_s) for v in windows_of(known, 30.0, count, 1) if isinstance(v, Answer)]
    return len(errors) / count, max(errors, default=0.0)


def false_answers(known: Recording, others: list[PointerPath], count: int) -> int:
    """How often events that are not the session's get an answer, on parts of 10 s to all of the recording."""
    lies = 0
    for (_name, path), n in zip(strangers(known.path, others, 3), range(count), strict=False):
        rng = np.random.default_rng(n)
        length_s = rng.choice((10.0, 30.0, 60.0, 3600.0))
        start_s = rng.uniform(0, max(0.1, known.frames.end_ns / 1e9 - length_s))
        verdict = judged(known.part(start_s, start_s + length_s), path, known.width, known.frame_s)
        lies += isinstance(verdict, Answer)
    return lies


def _altered_lines(known: Recording) -> list[Line]:
    altered = [(f"clock runs {ppm:+.0f} ppm", drifting(known.path, ppm)) for ppm in (-500.0, -200.0, 200.0, 500.0)]
    altered += [(f"clock steps {s * 1e3:+.0f} ms at 60 s", stepping(known.path, s, 60.0)) for s in (-0.1, -0.05, 0.05)]
    lines = [("every picture", f"{TRUTH_S} s, scale {TRUE_SCALE:.4f}", _against_truth(known, known.path), "")]
    lines += [(n, "as said", _against_truth(known, p), "") for n, p in altered]
    for lag_s in (-45.0, -20.0, 20.0, 45.0):
        said = _against_truth(known, moved(known.path, -lag_s), TRUTH_S - lag_s)
        lines.append((f"declared start {lag_s:+.0f} s off", f"{TRUTH_S - lag_s:.3f} s", said, ""))
    return lines


def _against_truth(known: Recording, path: PointerPath, truth_s: float = TRUTH_S) -> str:
    zero_s = known.session.info.source_zero_ns / 1e9
    return _said(judged(known.seen, path, known.width, known.frame_s), zero_s, truth_s)


def _sampled_lines(known: Recording, source: Path) -> list[Line]:
    """Altered clocks as `safelight calibrate` measures them: in windows."""
    zero_s = known.session.info.source_zero_ns / 1e9
    altered = [(f"clock runs {ppm:+.0f} ppm, windows", drifting(known.path, ppm)) for ppm in (-200.0, 200.0)]
    altered += [(f"clock steps {s * 1e3:+.0f} ms, windows", stepping(known.path, s, 60.0)) for s in (-0.05, 0.05)]
    lines = []
    for name, path in altered:
        start = time.process_time()
        with source.open("rb") as file:
            found = measure_file(file, known.frames, path)
        said = f"{_said(found.verdict, zero_s, TRUTH_S)}; {found.pictures} pictures"
        lines.append((name, "as said", said, f"{time.process_time() - start:.1f}"))
    return lines


def _variant_lines(known: Recording, source: Path, work: Path) -> list[Line]:
    out = []
    zero_s = known.session.info.source_zero_ns / 1e9
    for name, variant in VARIANTS.items():
        target = work / "variant.mkv"
        cut_s = write(source, known.frames, target, variant)
        with target.open("rb") as file:
            frames, _, _ = build_frame_table(file, "video")
            start = time.process_time()
            found = measure_file(file, frames, moved(known.path, -cut_s))
        taken = f"{time.process_time() - start:.1f}"
        sx, sy = (TRUE_SCALE * s for s in variant.scale)
        truth = f"{TRUTH_S} s, scale {sx:.4f}" + (f" and {sy:.4f}" if abs(sx - sy) > 0.01 else "")
        off = f", scale off by {_scale_off(found.verdict, (sx, sy)):.2%}" if isinstance(found.verdict, Answer) else ""
        out.append((name, truth, _said(found.verdict, zero_s, TRUTH_S) + off, taken))
    return out


def _demo_lines(work: Path) -> list[Line]:
    """The demo's sessions, whose recorders' errors are known exactly."""
    demo = make_demo(work / "demo", DemoOrder(), lambda *_: None, lambda: False)
    store = SessionStore(Library.open(demo.library), unmasked(PURPOSE))
    off_s = {plan.name: -plan.clock_error_ns / 1e9 for plan in PLANS.values()}
    out = []
    for name, session_id in demo.sessions.items():
        if store.library.consent(session_id).status != "granted":
            continue  # its person agreed to other purposes
        declared = store.load(session_id).imported_clocks[0]
        as_declared = MeasuredSync(declared.offset_ns, declared.drift_ppm, declared.sigma_ns, declared.method)
        session = store.load(session_id, correction=Correction(as_declared))
        with store.open_video(session_id) as video:
            start = time.process_time()
            found = calibrated(session, video)
        taken = f"{time.process_time() - start:.1f}"
        said = _said(found.measured.verdict, 0.0, off_s[name])
        out.append((f"demo: {name}", f"{off_s[name]:.3f} s", said, taken))
    return out


def main() -> None:
    data = Path(__file__).resolve().parents[2] / "shared" / "data"
    [source] = (data / "sessions" / "agentnet_raw").glob("*.mp4")
    sys.stdout.write("| recording | truth | result | CPU s |\n|---|---|---|---|\n")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        samples = _samples(Context(data, work, False, lambda _: None))
        _print(samples.lines)
        _print(_altered_lines(samples.known))
        _print(_sampled_lines(samples.known, source))
        _print(_trial_lines(samples))
        _print(_variant_lines(samples.known, source, work))
        _print(_demo_lines(work))


def _print(lines: list[Line]) -> None:
    sys.stdout.writelines(f"| {' | '.join(line)} |\n" for line in lines)
    sys.stdout.flush()


def _trial_lines(samples: Samples) -> list[Line]:
    """Random parts, and other people's events."""
    known = samples.known
    truth_s = TRUTH_S - known.session.info.source_zero_ns / 1e9
    answered, worst_s = _windows(known, truth_s, 40)
    lies = false_answers(known, samples.others, 240)
    return [
        ("random 30 s parts (40)", f"{TRUTH_S} s", f"{answered:.0%} answered, {worst_s * 1e3:.1f} ms off at most", ""),
        ("strangers' events (240)", "no answer", f"{lies} answers", ""),
    ]


if __name__ == "__main__":
    main()
