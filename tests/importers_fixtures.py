"""Small real recordings, written as their recorders write them, for the importers' tests."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from mcap.writer import Writer
from PIL import Image

from replay.importers.registry import find_sources, importer_named
from tests.importers_sink import MemorySink


def imported(path: Path, format: str = "auto") -> MemorySink:
    """The one session at `path`, read."""
    [source] = find_sources(path, format)
    sink = MemorySink()
    importer_named(source.format).read(source, sink)
    return sink


def write_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    path.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")


def write_video(path: Path, frames: int = 30, size: tuple[int, int] = (64, 48), fps: int = 10) -> None:
    """H.264, constant frame rate, a brightness that says which frame it is."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps, options={"g": "10", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.codec_context.time_base = Fraction(1, fps)
        for n in range(frames):
            picture = np.full((size[1], size[0], 3), (n * 7) % 256, np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = n
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def move(t_s: float, x: float = 1, y: float = 2) -> dict[str, Any]:
    return {"time_stamp": t_s, "action": "move", "x": x, "y": y}


def press(t_s: float, name: str, action: str = "press") -> dict[str, Any]:
    return {"time_stamp": t_s, "action": action, "name": name}


def agentnet(folder: Path, events: Sequence[Mapping[str, Any]], *, video: bool = True, **metadata: Any) -> Path:
    """A raw folder of AgentNetTool; the video lasts 3 s from second 100 of the recorder's clock."""
    folder.mkdir(parents=True, exist_ok=True)
    facts = {
        "system": "Windows", "release": "10", "node": "LAPTOP-OF-JANE", "screen_width": 640, "screen_height": 480,
        "video_start_timestamp": 99.9, "obs_record_state_timings": {"OBS_WEBSOCKET_OUTPUT_STARTED": [100.1]},
    }  # fmt: skip
    (folder / "metadata.json").write_text(json.dumps(facts | metadata))
    (folder / "task_name.json").write_text(json.dumps({"task_name": "Buy a stamp", "description": ""}))
    write_lines(folder / "events.jsonl", [{**e, "event_idx": n} for n, e in enumerate(events)])
    if video:
        write_video(folder / "2026-01-02 03-04-05.mp4")
    return folder


def ducktrack(folder: Path, events: Sequence[Mapping[str, Any]], **metadata: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "metadata.json").write_text(
        json.dumps({"system": "Linux", "screen_width": 640, "screen_height": 480} | metadata)
    )
    write_lines(folder / "events.jsonl", events)
    return folder


def owa(path: Path, messages: Sequence[tuple[str, str, int, Mapping[str, Any]]], version: str = "0.5.1") -> Path:
    """An OWAMcap file of (topic, schema name, log_time in ns, message)."""
    with path.open("wb") as f:
        writer = Writer(f)
        writer.start(profile="owa", library=f"mcap-owa-support {version}; mcap 1.3.0")
        channels: dict[tuple[str, str], int] = {}
        for topic, schema, log_ns, message in messages:
            if (topic, schema) not in channels:
                schema_id = writer.register_schema(name=schema, encoding="jsonschema", data=b"{}")
                channels[topic, schema] = writer.register_channel(topic, "json", schema_id)
            writer.add_message(channels[topic, schema], log_ns, json.dumps(message).encode(), log_ns)
        writer.finish()
    return path


def pctracker(folder: Path, rows: Sequence[Mapping[str, Any]], size: tuple[int, int] = (64, 48)) -> Path:
    """A PC Tracker file whose rows name `screenshot/<n>.png` unless they name something themselves."""
    (folder / "screenshot").mkdir(parents=True, exist_ok=True)
    full = []
    for n, row in enumerate(rows):
        full.append({"screenshot": f"screenshot/{n}.png", "element": None, "rect": None, **row})
        Image.new("RGB", size, (n * 20 % 256, 0, 0)).save(folder / "screenshot" / f"{n}.png")
    path = folder / "free_task_20260102_030405.jsonl"
    write_lines(path, full)
    return path
