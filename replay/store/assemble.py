"""One Session value out of the tables of one session, wherever they lie: in a library or still in staging."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pyarrow as pa

from replay.errors import BadInput
from replay.events import (
    SessionEvents,
    elements_from_arrow,
    gaps_from_arrow,
    keys_from_arrow,
    pointer_from_arrow,
    texts_from_arrow,
    windows_from_arrow,
)
from replay.geometry import geometry_from_arrow
from replay.problems import Problem, Severity
from replay.session import MediaInfo, Session, SessionInfo
from replay.sync import AS_IMPORTED, Correction, SyncModel
from replay.timebase import TimeNs
from replay.video.frame_table import FrameTable

ReadTable = Callable[[str], pa.Table]


def info_of(read_table: ReadTable) -> SessionInfo:
    """The row of the `session` table. Raises BadInput where there is not exactly one."""
    rows = read_table("session").to_pylist()
    if len(rows) != 1:
        raise BadInput("track_damaged", "The session's table “session” is damaged.", "Import the session again.")
    r = rows[0]
    return SessionInfo(
        id=r["session_id"],
        subject_id=r["subject_id"],
        started_at_utc_ns=r["started_at_utc_ns"],
        duration_ns=r["duration_ns"],
        source_zero_ns=r["source_zero_ns"] or 0,
        os=r["os"],
        recorder=r["recorder"],
        recorder_version=r["recorder_version"],
        importer=r["importer"] or "",
        importer_version=r["importer_version"] or "",
        consent_status=r["consent_status"],
        consent_purposes=tuple(r["consent_purposes"] or ()),
        task_goal=r["task_goal"],
        media=tuple(MediaInfo(**m) for m in r["media"] or ()),
        device_id=r["device_id"],
        os_version=r["os_version"],
        locale=r["locale"],
        keyboard_layout=r["keyboard_layout"],
        source_sha256=dict(r["source_sha256"] or ()),
    )


def clocks_of(read_table: ReadTable, info: SessionInfo) -> tuple[SyncModel, ...]:
    """The clock map as declared, then as measured at import if it was; a session without one is `assumed`."""
    zero_ns = info.source_zero_ns
    rows = read_table("sync").sort_by("t_ns").to_pylist()
    clocks = (SyncModel(zero_ns, r["offset_ns"], r["drift_ppm"], r["sigma_ns"], r["method"]) for r in rows)
    return tuple(clocks) or (SyncModel(source_zero_ns=zero_ns),)


def problems_of(read_table: ReadTable) -> tuple[Problem, ...]:
    rows = read_table("problems").to_pylist()
    return tuple(Problem(r["code"], Severity(r["severity"]), r["sentence"], r["count"], r["t_ns"]) for r in rows)


def assembled(read_table: ReadTable, info: SessionInfo, *, correction: Correction = AS_IMPORTED) -> Session:
    """The whole session in memory, on its imported clock as corrected since."""
    clocks = clocks_of(read_table, info)
    sync = correction.of(clocks[-1])
    frames = FrameTable.from_arrow(read_table("frames"))
    video = next((m for m in info.media if frames is not None and m.name == frames.media), None)
    size = None if video is None else (video.width, video.height)
    events, is_redated = _events(read_table, sync)
    redated = partial(sync.redated, declared=clocks[0]) if is_redated else _as_declared
    return Session(
        info=info,
        frames=frames,
        sync=sync,
        geometry=geometry_from_arrow(read_table("displays"), size, redated),
        events=replace(events, gaps=gaps_from_arrow(read_table("gaps"), redated)),
        problems=correction.problems(problems_of(read_table)),
        imported_clocks=clocks,
    )


def _as_declared(t_ns: TimeNs) -> TimeNs:
    return t_ns


def _events(read_table: ReadTable, sync: SyncModel) -> tuple[SessionEvents, bool]:
    """The events but for the gaps; whether they carry the recorder's own time, so that the clock moves them: gaps and
    displays were dated by the same clock and then move along."""
    pointer, keys = read_table("pointer"), read_table("keys")
    events = SessionEvents(
        pointer=pointer_from_arrow(pointer, sync),
        keys=keys_from_arrow(keys, sync),
        windows=windows_from_arrow(read_table("windows"), sync),
        elements=elements_from_arrow(read_table("elements"), sync),
        texts=texts_from_arrow(read_table("texts"), sync),
        gaps=(),
    )
    return events, any(t["t_src_ns"].null_count < t.num_rows for t in (pointer, keys))
