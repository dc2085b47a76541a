"""A capture that is full of things to hide: what is typed is seen in fields, titles, clipboard, goal and pixels.

Frame i carries the number i; a patch of noise made from the password stands where the password is shown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from av.video.frame import VideoFrame

from curation import commands
from curation.edits import CutAdded, RedactionAdded
from curation.export.bundle import BundleFacts, BundleWriter, writer_named
from curation.export.contract import Writer
from curation.export.manifest import Manifest
from curation.export.prove import ProofReport
from curation.export.recipe import Recipe, VideoRecipe
from curation.export.source import SessionSource
from curation.export.sources import LibrarySources
from curation.intake.job import ImportJob, ImportRequest
from curation.model import CurationState, Cut, MaskKeyframe, RectRedaction
from curation.reducer import fold
from replay import schema
from replay.geometry import Rect
from replay.session import Session
from replay.store.library import Library
from replay.timebase import NS_PER_S, TimeRange
from tests.videos import CELL, number_in, numbered_picture

FPS, FRAMES, SIZE = 30, 120, (640, 368)
SIGMA_NS = 5_000_000
PASSWORD = "hunter2Secret"
OTHER_PASSWORD = "Kx9vwQz71lmpt"
# In the cut [1.8 s, 2.4 s) alone:
CUT_S = (1.8, 2.4)
CUT_TITLE = "Payroll of Quill Marlowe"
CUT_CHAT = "zebrafish-is-the-codeword"
CUT_ELEMENT = "Salary 918273645"
CUT_TYPED = "obliterate"
KEPT_TITLE = "Quarterly notes"
FIELD = {"x": 200.0, "y": 100.0, "w": 160.0, "h": 32.0}
_SECOND = NS_PER_S


@dataclass(frozen=True)
class Script:
    """What varies between two captures that must give the same export."""

    password: str = PASSWORD
    pix_fmt: str = "yuv420p"
    container: str = "mp4"
    size: tuple[int, int] = SIZE
    sigma_ns: int = SIGMA_NS
    sync_method: str = "recorder_event"


def s(seconds: float) -> int:
    return round(seconds * _SECOND)


def noise(secret: str, height: int, width: int) -> np.ndarray:
    """Pixels that stand for the written secret."""
    seed = int.from_bytes(hashlib.sha256(secret.encode()).digest()[:8], "big")
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def picture(script: Script, number: int) -> np.ndarray:
    # The number stands at the bottom, where no title bar is.
    rgb = np.roll(numbered_picture(number, script.size), -CELL, axis=0)
    if 15 <= number < 54:  # the password is in its field from 0.5 s to 1.8 s
        rgb[100:132, 200:360] = noise(script.password, 32, 160)
    return rgb


def number_of(rgb: np.ndarray) -> int:
    """The number a decoded picture carries."""
    return number_in(np.roll(rgb, CELL, axis=0))


def write_video(path: Path, script: Script) -> None:
    with av.open(str(path), "w", format={"mkv": "matroska"}.get(script.container)) as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "veryfast", "crf": "12", "g": "50"})
        stream.width, stream.height, stream.pix_fmt = *script.size, script.pix_fmt
        stream.codec_context.time_base = Fraction(1, FPS)
        container.metadata["title"] = f"screen of {script.password}"
        for number in range(FRAMES):
            frame = VideoFrame.from_ndarray(picture(script, number), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _typed(seq: int, at: float, text: str, every: float, **more: object) -> list[dict]:
    rows = []
    for i, char in enumerate(text):
        code = f"Key{char.upper()}" if char.isalpha() else f"Digit{char}" if char.isdigit() else "Space"
        for kind, delay in (("down", 0.0), ("up", 0.02)):
            row = {"t_ns": s(at + i * every + delay), "seq": seq, "kind": kind, "code": code, "key": char}
            rows.append(row | {"text": char if kind == "down" else None, **more})
            seq += 1
    return rows


def key_rows(script: Script) -> list[dict]:
    rows = _typed(0, 0.6, script.password, 0.05)
    rows += _typed(len(rows), 1.85, CUT_TYPED, 0.03)
    return rows + _typed(len(rows), 2.9, "hello world", 0.04)


def window_rows(script: Script) -> list[dict]:
    def row(seq: int, at: float, title: str, window: str, url: str | None = None) -> dict:
        whole = {"x": 0.0, "y": 0.0, "w": float(script.size[0]), "h": float(script.size[1])}
        head = {"t_ns": s(at), "seq": seq, "window_id": window, "app": "Browser", "title": title, "url": url}
        return head | {"rect_px": whole, "focused": True}

    return [
        row(0, -0.1, KEPT_TITLE, "handle-0xA1"),
        row(1, 1.82, CUT_TITLE, "handle-0xB2"),
        row(2, 2.6, KEPT_TITLE, "handle-0xA1", f"https://example.org/?q={script.password.lower()}&page=2"),
    ]


def element_rows(script: Script) -> list[dict]:
    half = script.password[:4]
    values = [(0.5, ""), (0.8, half), (1.3, script.password), (2.0, CUT_ELEMENT), (2.7, "cleared")]
    rows: list[dict] = []
    for n, (at, value) in enumerate(values):
        snapshot = {"t_ns": s(at), "snapshot_id": f"snap-{n}", "source": "uia", "states": []}
        field = {"seq": len(rows), "element_id": "box-1", "role": "edit", "name": "Field", "value": value}
        rows.append(snapshot | field | {"rect_px": FIELD, "states": ["focused"]})
        button = {"seq": len(rows), "element_id": "btn-9", "role": "button", "name": "Save", "value": None}
        rows.append(snapshot | button | {"rect_px": {"x": 500.0, "y": 300.0, "w": 60.0, "h": 20.0}})
    return rows


def text_rows(script: Script) -> list[dict]:
    def row(seq: int, at: float, text: str) -> dict:
        return {"t_start_ns": s(at), "t_end_ns": s(at) + 1, "seq": seq, "channel": "clipboard", "text": text}

    return [
        row(0, 1.6, f"user: {script.password.upper()} ok"),
        row(1, 2.1, CUT_CHAT),
        row(2, 3.0, "plain and harmless"),
    ]


def pointer_rows() -> list[dict]:
    rows = []
    for seq in range(80):
        kind = {10: "down", 12: "up", 60: "down", 62: "up"}.get(seq, "move")
        place = (280.0, 116.0) if seq < 20 else (530.0, 310.0)
        button = "left" if kind != "move" else None
        rows.append({"t_ns": s(seq * 0.05), "seq": seq, "kind": kind, "x_px": place[0], "y_px": place[1]})
        rows[-1]["button"] = button
    return rows


def write_capture(folder: Path, script: Script = Script()) -> Path:
    """The capture as a folder in our own format, as a recorder would leave it."""
    folder.mkdir(parents=True)
    width, height = map(float, script.size)
    whole = {"x": 0.0, "y": 0.0, "w": width, "h": height}
    tables = {
        "session": [{"task_goal": f"Log in with {script.password}, then save", "recorder": "test"}],
        "sync": [{"t_ns": 0, "offset_ns": 0, "drift_ppm": 0.0, "sigma_ns": script.sigma_ns,
                  "method": script.sync_method}],
        "displays": [{"t_ns": 0, "display_id": "DISPLAY-OF-QUILL", "bounds_px": whole, "is_main": True,
                      "capture_rect": whole, "scale": 1.0}],
        "keys": key_rows(script),
        "windows": window_rows(script),
        "elements": element_rows(script),
        "texts": text_rows(script),
        "pointer": pointer_rows(),
    }  # fmt: skip
    for name, rows in tables.items():
        columns = [f for f in schema.TABLES[name].arrow if any(f.name in r for r in rows)]
        pq.write_table(pa.Table.from_pylist(rows, schema=pa.schema(columns)), folder / f"{name}.parquet")
    write_video(folder / f"video.{script.container}", script)
    return folder


def imported_library(folder: Path, script: Script = Script(), *, derive: bool = True) -> tuple[Library, str]:
    """A library that holds the capture, imported as always, and the session's id."""
    library = Library.create(folder / "library")
    return library, import_into(library, folder / "capture", script, derive=derive)


def import_into(library: Library, folder: Path, script: Script, *, derive: bool = True) -> str:
    """One more capture, written to `folder`; the session's id."""
    job = ImportJob(library, lambda *_: None, lambda: False)
    result = job.run(ImportRequest((write_capture(folder, script),), consent="granted", derive=derive))
    assert not result.failed, result.failed
    return result.sessions[0].id


def source_of(library: Library, session_id: str) -> SessionSource:
    """The session with nothing decided about it."""
    sources = LibrarySources(library, "training")
    try:
        return sources.source(session_id)
    finally:
        sources.close()


def decided(session: Session, library_key: bytes, script: Script = Script()) -> CurationState:
    """What a curator would decide: the cut, the password's keys, and a moving mask."""
    state = CurationState()
    cut = TimeRange(s(CUT_S[0]), s(CUT_S[1]))
    state = fold((CutAdded(Cut("cut1", cut)),), state)
    keys = commands.redact_keys(state, session, TimeRange(s(0.55), s(1.3)))
    assert isinstance(keys, commands.Edits), keys
    moving = (MaskKeyframe(s(0.4), Rect(40, 200, 100, 60)), MaskKeyframe(s(1.0), Rect(200, 220, 100, 60)))
    mask = RectRedaction("mask1", TimeRange(s(0.4), s(1.2)), moving)
    return fold((*keys.edits, RedactionAdded(mask)), state)


def exported(
    folder: Path,
    library: Library,
    sources: list[SessionSource],
    formats: tuple[str, ...] = ("archive", "hf", "agentnet"),
    writer_of: Callable[[str], Writer] = writer_named,
) -> tuple[Manifest, ProofReport]:
    """An export written and proved in this process."""
    folder.mkdir(parents=True)
    recipe = Recipe(formats=formats, video=VideoRecipe(preset="veryfast"))
    facts = BundleFacts("test", "2026-01-01T00:00:00Z")
    bundle = BundleWriter(folder, recipe, facts, library.key, lambda *_: None, writer_of)
    return bundle.write(iter(sources), len(sources))


def video_of(folder: Path) -> Path:
    return next((folder / "archive").glob("*/video.mp4"))


def pictures(video: Path, **options: str) -> list[np.ndarray]:
    """Every picture of a file, packed RGB."""
    with av.open(str(video), options=options) as container:
        return [p.to_ndarray(format="rgb24") for p in container.decode(video=0)]


def everything_written(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every byte of every file and every decoded cell of every Parquet file, in lower case."""
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.name, str(path.relative_to(folder)).lower().encode() + b"\0" + path.read_bytes().lower()
        if path.suffix == ".parquet":
            cells = pq.read_table(path).to_pylist()
            yield path.name, repr(cells).lower().encode()
            yield path.name, repr(pq.ParquetFile(path).metadata.metadata).lower().encode()
