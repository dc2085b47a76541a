"""`safelight calibrate`: measures the recorder's clock against the pictures and, if asked, puts the events on it."""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from app.cli._editing import commit
from app.cli.options import LIBRARY, SESSION, cancel_on_signal, open_core
from app.cli.output import EXIT_DONE, EXIT_REFUSED, Output, pass_output
from app.core import Core
from curation import commands
from curation.commands.result import Edits, Refusal
from curation.model import CurationState
from replay.calibration.measure import Report
from replay.calibration.result import Calibration, calibrated
from replay.calibration.scene import frame_mapping
from replay.calibration.verdict import Answer
from replay.session import Session
from replay.sync import NOT_MEASURED, Correction


def _measure(core: Core, session: Session, report: Report, whole: bool) -> Calibration:
    cancelled = cancel_on_signal()
    with nullcontext() if session.frames is None else core.store.open_video(session.id) as video:
        return calibrated(session, video, report, cancelled.is_set, whole=whole)


def _document(session: Session, found: Calibration, seconds: float) -> dict[str, Any]:
    document: dict[str, Any] = {
        "session": session.id,
        "confidence": round(found.confidence, 3),
        "seconds": round(seconds, 3),
        "pictures": found.measured.pictures,
        "pictures_in_all": 0 if session.frames is None else len(session.frames),
        "problems": [asdict(p) | {"severity": p.severity.value} for p in found.problems],
    }
    verdict = found.measured.verdict
    if verdict_evidence := verdict.evidence:
        document["evidence"] = asdict(verdict_evidence)
    if found.cannot_tell is not None:
        nothing = dict.fromkeys(("offset_s", "drift_ppm", "sigma_ms", "source_clock_at_first_frame_s", "method"))
        why = {"code": found.cannot_tell.code, "reason": found.cannot_tell.reason}
        return document | nothing | {"cannot_tell": why}
    assert found.sync is not None
    assert isinstance(verdict, Answer)
    clock = Correction(found.sync).of(session.sync)
    mapping = frame_mapping(session, found.measured)
    return document | {
        "offset_s": found.sync.offset_ns / 1e9,
        "drift_ppm": found.sync.drift_ppm,
        "drift_limit_ppm": verdict.clock.drift_limit_ppm or None,
        "step_s": verdict.clock.step_s,
        "step_at_s": verdict.clock.step_at_s,
        "sigma_ms": found.sync.sigma_ns / 1e6,
        "source_clock_at_first_frame_s": clock.source_clock_at_first_frame_ns() / 1e9,
        "method": found.sync.method,
        "frame_from_capture": None if mapping is None else asdict(mapping),
        "cannot_tell": None,
    }


def _decision(state: CurationState, session: Session, found: Calibration) -> Edits | Refusal:
    if found.sync is not None:
        return commands.measure_sync(state, found.sync)
    return commands.keep_seen(state, session.sync, found.lasting)


def _print(document: dict[str, Any], console: Console) -> None:
    if document["cannot_tell"] is not None:
        console.print(f"Cannot tell: {document['cannot_tell']['reason']}")
    else:
        console.print(
            f"offset {document['offset_s']:+.3f} s, {_drift(document)}, "
            f"σ {document['sigma_ms']:.1f} ms, confidence {document['confidence']:.2f}; the recorder's clock showed "
            f"{document['source_clock_at_first_frame_s']:.3f} s at the first frame"
        )
    if document["pictures"]:
        console.print(f"looked at {document['pictures']} of {document['pictures_in_all']} pictures")
    for problem in document["problems"]:
        if problem["code"] != NOT_MEASURED:
            console.print(f"{problem['severity']}: {problem['sentence']}")
    if "transaction" in document:
        done = "Applied; events moved, nothing else" if document["cannot_tell"] is None else "Kept; nothing moved"
        console.print(f"{done} (head {document['head']}).")


def _drift(document: dict[str, Any]) -> str:
    if document["drift_limit_ppm"]:
        return f"no drift of more than {document['drift_limit_ppm']:.0f} ppm"
    return f"drift {document['drift_ppm']:.1f} ppm"


@click.command("calibrate", help="Measure the recorder's clock from the pointer's motion in the pictures.")
@LIBRARY
@SESSION
@click.option(
    "--apply",
    "applies",
    is_flag=True,
    help="Put the events on the measured clock and keep what was found; undo takes it back.",
)
@click.option("--whole", is_flag=True, help="Look at every picture: slower, and sees smaller drifts.")
@pass_output
def command(out: Output, library: Path, session: str, applies: bool, whole: bool) -> int:
    with open_core(library) as core, out.progress("Calibrating") as report:
        session_id = core.store.resolve(session)
        as_imported = core.store.load(session_id)
        started = time.perf_counter()
        found = _measure(core, as_imported, report, whole)
        document = _document(as_imported, found, time.perf_counter() - started)
        if applies and (found.sync is not None or found.lasting):
            editor = core.editor(session_id)
            document |= commit(editor, _decision(editor.state, as_imported, found))[0]
    out.answer(document, lambda console: _print(document, console))
    return EXIT_DONE if found.cannot_tell is None else EXIT_REFUSED
