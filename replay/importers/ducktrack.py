"""DuckTrack's recordings (github.com/TheDuckAI/DuckTrack): the ancestor of AgentNetTool's, with fewer streams.

**Clock.** Seconds of `time.perf_counter()`. OBS's OUTPUT_STARTING precedes the video's first frame and OUTPUT_STARTED
follows it (AgentNetTool's recordings, made the same way, show it 200 ms late), so with a video source zero is their
midpoint, sigma width/√12, method `recorder_event`; one of them only: that one, sigma 500 ms, `assumed`; none: the
first event, sigma 10 s, `assumed`. Without a video, source zero is the first event, sigma 0, `recorder_event`.

**Coordinates.** Points on macOS, with fractions: multiplied by the display's scale (see `recorder_facts`).

`metadata.json` names the machine (`node`, `id`); neither is read.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from replay.importers import obs_recording
from replay.importers.contract import ImportSink, SourceInfo, SourceSession
from replay.importers.jsonl import first_row
from replay.importers.recorder_facts import Metadata
from replay.importers.untrusted_files import is_there

_ROLES: Final = {"events.jsonl": "events", "metadata.json": "metadata"}


class _Mark(msgspec.Struct, frozen=True):
    """A row of DuckTrack's; AgentNetTool's have a number as well."""

    time_stamp: float
    action: str
    event_idx: int | None = None


class DuckTrackImporter:
    """Folders of DuckTrack."""

    name = "ducktrack"
    version = "1"

    def find(self, path: Path) -> list[SourceSession]:
        return obs_recording.find(self.name, path, _is_session, _ROLES)

    def read(self, source: SourceSession, sink: ImportSink) -> None:
        obs_recording.read(source, sink, _info, lambda metadata: metadata.obs_starting_s)


def _info(metadata: Metadata) -> SourceInfo:
    return SourceInfo("DuckTrack", os=metadata.os, os_version=metadata.os_version)


def _is_session(folder: Path) -> bool:
    if not is_there(folder / "metadata.json") or is_there(folder / "task_name.json"):
        return False
    mark = first_row(folder / "events.jsonl", _Mark)
    return mark is not None and mark.event_idx is None
