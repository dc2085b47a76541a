"""What DuckTrack and AgentNetTool share: a folder with pynput's events, metadata.json and OBS's video."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from replay.errors import BadInput
from replay.importers import pynput_events
from replay.importers.contract import ImportSink, SourceFile, SourceInfo, SourceSession
from replay.importers.input_tracks import InputTracks
from replay.importers.jsonl import document
from replay.importers.media import Video, read_video
from replay.importers.recorder_facts import Metadata, in_ns
from replay.importers.untrusted_files import (
    folder_entries,
    is_plain_folder,
    is_there,
    member,
    opened,
    read_small,
    session_folders,
)
from replay.problems import Problem, Severity
from replay.sync import SyncModel

SIGMA_ONE_FACT_NS: Final = 500_000_000
SIGMA_NO_FACT_NS: Final = 10_000_000_000
_VIDEOS: Final = (".mp4", ".mkv", ".mov")


def find(format: str, path: Path, is_session: Callable[[Path], bool], roles: Mapping[str, str]) -> list[SourceSession]:
    """The recordings at and below `path`: their files of known name (name → role), and their videos."""
    if not is_plain_folder(path):
        return []
    found = []
    for folder in filter(is_session, session_folders(path)):
        files = [member(folder, folder / name, role) for name, role in roles.items() if is_there(folder / name)]
        found.append(SourceSession(format, folder, (*files, *videos(folder))))
    return found


def videos(folder: Path) -> list[SourceFile]:
    """The videos directly in `folder`: role "video", and "video_2" and so on where there are more."""
    found = [p for p in folder_entries(folder) if p.suffix.lower() in _VIDEOS]
    return [member(folder, p, "video" if n == 0 else f"video_{n + 1}") for n, p in enumerate(found)]


def read(
    source: SourceSession,
    sink: ImportSink,
    info: Callable[[Metadata], SourceInfo],
    not_before_s: Callable[[Metadata], float | None],
) -> Metadata:
    """Video, clock, display and input of one recording; `not_before_s` is the fact that precedes the first frame."""
    facts = _metadata(source)
    video = read_video(source, source.file("video"), sink)
    sync = _clock(source, video, not_before_s(facts), facts.obs_started_s)
    sink.clock(sync)
    sink.info(info(facts))
    _write_display(sink, facts, video)
    _read_input(source, sink, facts, sync, video)
    return facts


def _metadata(source: SourceSession) -> Metadata:
    """metadata.json. Raises BadInput where it is malformed, or where it is unclear which video it speaks of."""
    if source.file("video_2") is not None:
        raise BadInput(
            "ambiguous_video",
            "The recording's folder holds more than one video.",
            "Leave only the one that OBS wrote for this recording.",
        )
    file = source.file("metadata")
    assert file is not None
    return document(read_small(source, file, "metadata.json"), "metadata.json", Metadata)


def _clock(
    source: SourceSession, video: Video | None, not_before_s: float | None, not_after_s: float | None
) -> SyncModel:
    """The clock from two facts about the video's first frame, in seconds of the recorder's clock, each maybe unknown.

    With both: their midpoint, sigma of a uniform distribution between them, `recorder_event`. With fewer: `assumed`.
    Without a video: zero is the first event, exactly.
    """
    if video is None:
        return SyncModel(source_zero_ns=_first_event_ns(source) or 0, sigma_ns=0, method="recorder_event")
    early, late = in_ns(not_before_s), in_ns(not_after_s)
    if early is not None and late is not None and late >= early:
        sigma = round((late - early) / math.sqrt(12))
        return SyncModel(source_zero_ns=(early + late) // 2, sigma_ns=sigma, method="recorder_event")
    one = late if late is not None else early
    if one is not None:
        return SyncModel(source_zero_ns=one, sigma_ns=SIGMA_ONE_FACT_NS, method="assumed")
    return SyncModel(source_zero_ns=_first_event_ns(source) or 0, sigma_ns=SIGMA_NO_FACT_NS, method="assumed")


def _first_event_ns(source: SourceSession) -> int | None:
    events = source.file("events")
    assert events is not None
    with opened(source, events, pynput_events.NAME) as f:
        return pynput_events.first_event_ns(f)


def _write_display(sink: ImportSink, metadata: Metadata, video: Video | None) -> None:
    """The main display as it was at the start, all of it in the video."""
    screen, screen_px = metadata.screen, metadata.screen_px
    if screen is None or screen_px is None:
        text = "The recorder did not say how large the display is; positions cannot be drawn on the video."
        sink.problem(Problem("displays_unknown", Severity.WARNING, text))
        return
    is_scaled = metadata.scale != 1
    row = {
        "t_ns": 0,
        "display_id": "main",
        "bounds_px": screen_px.as_row(),
        "bounds_pt": screen.as_row() if is_scaled else None,
        "scale": metadata.scale if is_scaled else None,
        "is_main": True,
        "capture_rect": None if video is None else screen_px.as_row(),
        "frame_width": None if video is None else video.facts.width,
        "frame_height": None if video is None else video.facts.height,
    }
    sink.rows("displays", [row])
    if is_scaled:
        text = "The display's scale is not recorded; 2 is assumed, as on built-in macOS screens."
        sink.problem(Problem("scale_assumed", Severity.INFO, text))


def _read_input(
    source: SourceSession, sink: ImportSink, metadata: Metadata, sync: SyncModel, video: Video | None
) -> None:
    """events.jsonl into the pointer, keys, gaps and raw tables."""
    events = source.file("events")
    assert events is not None
    bounds = [] if metadata.screen_px is None else [metadata.screen_px]
    end_ns = None if video is None else sync.source_zero_ns + video.frames.end_ns + 3 * sync.sigma_ns
    with opened(source, events, pynput_events.NAME) as f:
        tracks = InputTracks(sink, bounds, end_ns)
        pynput_events.read_events(f, sink, metadata, sync, tracks=tracks, has_video=video is not None)
