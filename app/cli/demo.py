"""`safelight demo`: a library of rendered sessions with fake people, to try everything on."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from app.cli.open import desktop_command, has_display
from app.cli.output import EXIT_DONE, EXIT_REFUSED, Output
from app.demo.library import Demo, DemoOrder, make_demo
from app.demo.main_job import Done, MainJob
from replay.errors import BadInput
from replay.vault.identity import IDENTITY_FILE, default_home

SMALLEST, LARGEST = 640, 3840
STDERR = 2  # the file descriptor
UNSEEN_PLATFORMS = frozenset({"offscreen", "minimal"})  # of Qt: a window there waits for nobody


def _size(text: str) -> tuple[int, int]:
    """WIDTHxHEIGHT, both even, as H.264 needs them."""
    found = re.fullmatch(r"(\d{3,4})x(\d{3,4})", text)
    width, height = (int(found[1]), int(found[2])) if found else (0, 0)
    if not (SMALLEST <= width <= LARGEST and 480 <= height <= LARGEST and width % 2 == height % 2 == 0):
        raise BadInput("bad_size", "The size of the pictures is not one of a screen.", "Give it as 1280x720.")
    return width, height


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
    order = DemoOrder(minutes, seed, *_size(size))
    cancelled = _cancel_on_signal()
    with out.progress("Making the demo") as report:
        demo = make_demo(folder, order, report, cancelled, ctx.meta["home"])
    done: list[Done] = []
    if main_job:
        with out.progress("Running the main job") as report:
            done = MainJob(demo, ctx.meta["home"], report, cancelled).run()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, signal.SIG_DFL)
    out.answer(_document(demo, done), lambda console: _print(demo, done, console))
    return EXIT_DONE if headless else _show(out, demo, ctx.meta["home"], pictures=main_job)


def _cancel_on_signal() -> Callable[[], bool]:
    """Ctrl+C and TERM ask the work to stop at its next step, so that nothing is left half made."""
    cancelled = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: cancelled.set())
    return cancelled.is_set


def _document(demo: Demo, done: list[Done]) -> dict[str, Any]:
    document: dict[str, Any] = {
        "library": str(demo.library),
        "sessions": list(demo.sessions.values()),
        "names": list(demo.sessions),
        "ground_truth": str(demo.ground_truth),
        "reused": demo.reused,
    }
    if done:
        document["main_job"] = [{"part": d.what, "detail": d.detail, "seconds": round(d.seconds, 3)} for d in done]
    return document


def _print(demo: Demo, done: list[Done], console: Console) -> None:
    console.print(f"{'The demo was there already' if demo.reused else 'The demo is made'}: {demo.path}", markup=False)
    console.print("Everybody and everything in it is invented.")
    sessions = Table(box=None, pad_edge=False)
    sessions.add_column("session")
    sessions.add_column("name")
    for name, session in demo.sessions.items():
        sessions.add_row(session[:10], name)
    console.print(sessions)
    if not done:
        return
    parts = Table(box=None, pad_edge=False)
    parts.add_column("main job")
    parts.add_column("seconds", justify="right")
    parts.add_column("")
    for d in done:
        parts.add_row(d.what, f"{d.seconds:.1f}", d.detail)
    console.print()
    console.print(parts)


def _show(out: Output, demo: Demo, home: Path | None, *, pictures: bool) -> int:
    """Open the window; where there is no display, say so and leave pictures of the pages if they are wanted."""
    if has_display() and os.environ.get("QT_QPA_PLATFORM") not in UNSEEN_PLATFORMS:
        return _desktop(home, os.environ, str(demo.library))
    out.note("There is no display here, so the window is not opened.")
    if not pictures:
        return EXIT_DONE
    folder = demo.path / "screenshots"
    out.note(f"Pictures of its pages: {folder}")
    own = home or default_home()
    with tempfile.TemporaryDirectory(prefix=".pictures-", dir=own) as scratch:
        # Taking pictures edits the library, so they are taken of a copy, with a memory of its own: what the person's
        # home remembered of the copy's log would make the demo itself look rolled back.
        copy = shutil.copytree(demo.library, Path(scratch, "library"))
        borrowed = Path(scratch, "home")
        borrowed.mkdir(mode=0o700)
        shutil.copy(own / IDENTITY_FILE, borrowed)
        environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
        return _desktop(borrowed, environment, str(copy), "--screenshots", str(folder), "--decide")


def _desktop(home: Path | None, environment: Mapping[str, str], *words: str) -> int:
    # The child's output goes to stderr: stdout holds the command's one answer.
    child = subprocess.run(desktop_command(home, *words), env=environment, stdout=STDERR, check=False)
    return EXIT_DONE if child.returncode == 0 else EXIT_REFUSED
