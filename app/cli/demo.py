"""`safelight demo`: a library of rendered sessions with fake people, to try everything on."""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
from pathlib import Path

import click
from rich.console import Console

from app.cli.output import EXIT_DONE, Output
from app.demo.library import Demo, DemoOrder, make_demo
from replay.errors import BadInput

SMALLEST, LARGEST = 640, 3840


def _size(text: str) -> tuple[int, int]:
    """WIDTHxHEIGHT, both even, as H.264 needs them."""
    found = re.fullmatch(r"(\d{3,4})x(\d{3,4})", text)
    width, height = (int(found[1]), int(found[2])) if found else (0, 0)
    if not (SMALLEST <= width <= LARGEST and 480 <= height <= LARGEST and width % 2 == height % 2 == 0):
        raise BadInput("bad_size", "The size of the pictures is not one of a screen.", "Give it as 1280x720.")
    return width, height


def _print(demo: Demo, console: Console) -> None:
    console.print("The demo was there already." if demo.reused else "The demo is made.")
    for name, session in demo.sessions.items():
        console.print(f"  {session[:10]}  {name}")
    console.print(f"Library: {demo.library}\nGround truth: {demo.ground_truth}")
    console.print("Everybody and everything in it is invented.")


def _has_display() -> bool:
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


@click.command("demo", help="Make the demo library: rendered sessions with fake people and exact ground truth.")
@click.option("--dir", "folder", type=click.Path(path_type=Path), default=Path("demo-library"), show_default=True)
@click.option("--minutes", type=click.FloatRange(0.05, 600), default=3.0, show_default=True, help="Of all sessions.")
@click.option("--seed", type=click.IntRange(0, 2**31), default=7, show_default=True)
@click.option("--size", default="1280x720", show_default=True, help="Of the videos' pictures.")
@click.option("--headless", is_flag=True, help="Do not open the application afterwards.")
@click.option("--main-job", is_flag=True, help="Also edit one session, export it and prove the export.")
@click.pass_context
def command(
    ctx: click.Context, folder: Path, minutes: float, seed: int, size: str, headless: bool, main_job: bool
) -> int:
    out: Output = ctx.obj
    width, height = _size(size)
    cancelled = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: cancelled.set())
    order = DemoOrder(minutes, seed, width, height)
    with out.progress("Making the demo") as report:
        demo = make_demo(folder, order, report, cancelled.is_set)
    document = {
        "library": str(demo.library),
        "sessions": list(demo.sessions.values()),
        "names": list(demo.sessions),
        "ground_truth": str(demo.ground_truth),
        "reused": demo.reused,
    }
    out.answer(document, lambda console: _print(demo, console))
    return EXIT_DONE
