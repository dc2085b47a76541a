"""`safelight frame`: the picture of one frame as a PNG that the user named, masked unless raw is asked for."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click
import numpy as np
import numpy.typing as npt
from PIL import Image

from app.cli._editing import TIME
from app.cli.open import desktop_command
from app.cli.options import LIBRARY, SESSION, open_core, raw_purpose
from app.cli.output import Output, pass_output
from app.core import Core
from curation.redaction.masks import Box
from curation.redaction.paint import painted, planar
from curation.redaction.plan import resolve
from replay.errors import NotFound, Refused, storage_failed
from replay.session import Session
from replay.store.sessions import SessionStore
from replay.timebase import TimeNs
from replay.video.composed import open_pictures
from replay.video.frame import rgb24

OUTLINE_RGB: Final = (0xE5, 0x48, 0x4D)
OUTLINE_PX: Final = 2
Rgb = npt.NDArray[np.uint8]


def frame_index(session: Session, index: int | None, at_ns: TimeNs | None) -> int:
    """The frame that was asked for; raises NotFound beyond the video and Refused without one."""
    if session.frames is None:
        raise Refused("no_video", "This session has no video.", "“safelight show” lists its problems.")
    if (index is None) == (at_ns is None):
        raise click.UsageError("Give either --index or --at.")
    if at_ns is not None:
        return session.frames.index_at(at_ns)
    assert index is not None
    if not 0 <= index < len(session.frames):
        raise NotFound("no_such_frame", f"The video has frames 0 to {len(session.frames) - 1}.")
    return index


def picture_rgb(core: Core, store: SessionStore, session: Session, index: int, view: str) -> tuple[Rgb, bool]:
    """Packed RGB24 of frame `index`, shape (height, width, 3), with its masks (outline, final) or without.

    True beside it where the picture that `store` gives is not the captured one.
    """
    assert session.frames is not None
    with store.open_video(session.id) as video:
        is_masked = video.is_masked(index)
        decoder = open_pictures(video, session.frames)
        try:
            picture = decoder.picture(index)
        finally:
            decoder.close()
    if view == "original":
        return rgb24(picture), is_masked
    boxes = resolve(session, core.state(session.id), core.library.key).masks.at(index)
    if view == "final":
        return rgb24(painted(planar(picture), boxes)), is_masked
    return _outlined(rgb24(picture), boxes), is_masked


def _outlined(rgb: Rgb, boxes: Sequence[Box]) -> Rgb:
    out = rgb.copy()
    for b in boxes:
        inside = (slice(b.y0 + OUTLINE_PX, b.y1 - OUTLINE_PX), slice(b.x0 + OUTLINE_PX, b.x1 - OUTLINE_PX))
        kept = out[inside].copy()
        out[b.y0 : b.y1, b.x0 : b.x1] = OUTLINE_RGB
        out[inside] = kept
    return out


def write_png(path: Path, rgb: Rgb) -> None:
    try:
        Image.fromarray(rgb).save(path, "PNG")
    except OSError as e:
        raise storage_failed(e, "picture") from e


def _with_overlays(library: Path, session_id: str, index: int, output: Path, view: str, purpose: str | None) -> None:
    """Overlays are painted by Qt, so a child with Qt makes this picture."""
    home: Path | None = click.get_current_context().find_root().meta.get("home")
    words = [str(library), "--session", session_id, "--frame", str(index), "--view", view, "--output", str(output)]
    words += ["--purpose", purpose] if purpose else []
    if subprocess.run(desktop_command(home, *words), check=False).returncode != 0:
        raise Refused("overlays_failed", "The picture with overlays could not be made.")


@click.command("frame", help="Write one exact frame as PNG.")
@LIBRARY
@SESSION
@click.option("--index", type=int, help="Frame number, from 0.")
@click.option("--at", "at_ns", type=TIME, help="Seconds from session zero.")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--overlays", is_flag=True, help="Draw cursor, clicks, keys and windows.")
@click.option("--raw", is_flag=True, help="The picture as captured; needs --purpose.")
@click.option("--purpose", help="What the captured picture is needed for.")
@click.option("--view", type=click.Choice(["original", "outline", "final"]), default="original", show_default=True)
@pass_output
def command(
    out: Output,
    library: Path,
    session: str,
    index: int | None,
    at_ns: TimeNs | None,
    output: Path,
    overlays: bool,
    raw: bool,
    purpose: str | None,
    view: str,
) -> int:
    wanted_for = raw_purpose(raw, purpose)
    if not output.absolute().parent.is_dir():
        raise NotFound("no_such_folder", "There is no folder to put the picture into.", "Make it, or name another one.")
    with open_core(library) as core:
        store = core.store_for(wanted_for)
        loaded = core.session(core.store.resolve(session), store)
        i = frame_index(loaded, index, at_ns)
        frames = loaded.frames
        assert frames is not None
        if overlays:
            _with_overlays(library, loaded.id, i, output, view, wanted_for)
            rgb: Rgb = np.asarray(Image.open(output).convert("RGB"))
            with store.open_video(loaded.id) as video:
                is_masked = video.is_masked(i)
        else:
            rgb, is_masked = picture_rgb(core, store, loaded, i, view)
            write_png(output, rgb)
    document: dict[str, Any] = {
        "index": i,
        "pts": int(frames.pts[i]),
        "t_ns": int(frames.t_ns[i]),
        "sha256": hashlib.sha256(rgb.tobytes()).hexdigest(),
        "width": rgb.shape[1],
        "height": rgb.shape[0],
        "masked": is_masked,
    }
    out.answer(document)
    return 0
