"""`safelight show`: everything known about one session, without its captured content."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from app.cli.options import LIBRARY, SESSION, open_core
from app.cli.output import Output, pass_output
from app.core import Core
from replay.geometry import Display
from replay.sync import SyncModel
from replay.timebase import format_t


def _display(d: Display) -> dict[str, Any]:
    return {
        "t_s": d.t_ns / 1e9,
        "display_id": d.display_id,
        "bounds_px": d.bounds_px.as_row(),
        "scale": d.scale,
        "rotation": d.rotation,
        "is_main": d.is_main,
        "capture_rect": d.capture_rect.as_row() if d.capture_rect else None,
        "frame_rect": d.frame_rect.as_row() if d.frame_rect else None,
    }


def _sync(sync: SyncModel) -> dict[str, Any]:
    return {
        "method": sync.method,
        "offset_s": sync.offset_ns / 1e9,
        "drift_ppm": sync.drift_ppm,
        "sigma_ms": sync.sigma_ns / 1e6,
        "source_clock_at_first_frame_s": sync.source_clock_at_first_frame_ns() / 1e9,
    }


def _document(core: Core, session_id: str) -> dict[str, Any]:
    session = core.session(session_id)
    info, state = session.info, core.state(session_id)
    row = core.store.own_catalogue_row(session_id)
    return {
        "id": info.id,
        "format": info.importer,
        "importer_version": info.importer_version,
        "recorder": info.recorder,
        "recorder_version": info.recorder_version,
        "os": info.os,
        "subject": info.subject_id,
        "started_at_utc_ns": info.started_at_utc_ns,
        "duration_s": info.duration_ns / 1e9,
        "frames": row["frames"],
        "events": row["events"],
        "apps": len(row["apps"]),
        "consent": {"status": info.consent_status, "purposes": list(info.consent_purposes)},
        "has_task_goal": info.task_goal is not None,
        "media": [
            {"name": m.name, "codec": m.codec, "width": m.width, "height": m.height, "sha256": m.sha256}
            for m in info.media
        ],
        "tracks": [
            {"track": t.track, "version": t.version, "size": t.size} for t in core.store.manifest(session_id).tracks
        ],
        "sync": _sync(session.sync),
        "displays": [_display(d) for d in session.geometry.displays],
        "problems": [
            {"code": p.code, "severity": p.severity.value, "count": p.count, "sentence": p.sentence}
            for p in session.problems
        ],
        "state": state.state.value,
        "labels": len(state.labels),
        "episodes": len(state.episodes),
        "cuts": len(state.cuts),
        "redactions": len(state.redactions),
        "sealed": True,
    }


def _print(d: dict[str, Any], console: Console) -> None:
    console.print(f"{d['id']}  {d['format']} · {d['recorder'] or 'unknown recorder'} · {d['os'] or '?'}")
    console.print(f"length    {format_t(round(d['duration_s'] * 1e9))}, {d['frames']} frames, {d['events']} events")
    for m in d["media"]:
        console.print(f"media     {m['name']}: {m['codec']} {m['width']}×{m['height']}")
    sync = d["sync"]
    console.print(f"sync      {sync['method']}, σ {sync['sigma_ms']:.0f} ms, offset {sync['offset_s']:+.3f} s")
    console.print(f"consent   {d['consent']['status']}")
    console.print(f"displays  {len(d['displays'])} known states")
    counts = " · ".join(f"{d[k]} {k}" for k in ("labels", "episodes", "cuts", "redactions"))
    console.print(f"curation  {d['state']} · {counts}")
    for p in d["problems"]:
        console.print(f"problem   {p['severity']}: {p['sentence']} [{p['code']} ×{p['count']}]")


@click.command("show", help="Everything known about one session.")
@LIBRARY
@SESSION
@pass_output
def command(out: Output, library: Path, session: str) -> int:
    with open_core(library) as core:
        document = _document(core, core.store.resolve(session))
    out.answer(document, lambda console: _print(document, console))
    return 0
