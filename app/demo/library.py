"""Makes the demo library: sources rendered by child processes, imported by the ordinary importer, published at once.

    DIR/demo.json           what was asked for; a rerun with the same order reuses the folder
    DIR/source/<session>/   what a recorder would have left: Parquet tables and video.mp4
    DIR/truth/<session>/    glyphs.parquet, plain_text.parquet
    DIR/ground_truth.json   where every secret shows, is typed and is stored
    DIR/library/            the library

Everything is built in `DIR.partial` and appears in one rename.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from curation.intake.job import ImportedSession, ImportJob, ImportRequest
from replay.errors import Cancelled, NotFound, Refused, StorageFailed, storage_failed
from replay.store.library import Library

GENERATOR: Final = 1  # another number, another demo
SESSIONS: Final = ("support", "developer", "office", "personal")
TRUTH_NOTE: Final = (
    "Everything in the demo library is invented. The values of the secrets are written down here because they were "
    "never captured from anybody. Frames are numbers in the video's frame table, ranges of them half-open; rectangles "
    "are frame pixels; `shown` is the visible part of the glyphs' box."
)
POLL_S: Final = 0.2
GRACE_S: Final = 3.0

Report = Callable[[int, int, str], None]
FRAMES_AN_IMPORT: Final = 240  # how much of the progress bar one import is worth


@dataclass(frozen=True, slots=True)
class DemoOrder:
    """What to make. `minutes` is the length of all sessions together."""

    minutes: float = 3.0
    seed: int = 7
    width: int = 1280
    height: int = 720
    generator: int = GENERATOR

    @property
    def seconds_each(self) -> float:
        return round(self.minutes * 60 / len(SESSIONS), 3)


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo on disk. `sessions` maps the name of each session to its id in the library."""

    path: Path
    sessions: dict[str, str]
    reused: bool

    @property
    def library(self) -> Path:
        return self.path / "library"

    @property
    def ground_truth(self) -> Path:
        return self.path / "ground_truth.json"


def make_demo(
    path: Path, order: DemoOrder, report: Report, cancelled: Callable[[], bool], home: Path | None = None
) -> Demo:
    """Make the demo in `path` under the identity in `home`, or reuse what an equal order made there.

    Raises Refused where the folder holds anything else, Cancelled, StorageFailed; nothing is left half made.
    """
    found = _reusable(path, order, home)
    if found is not None:
        return found
    partial = path.with_name(f"{path.name}.partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        sessions = _Maker(partial, order, report, cancelled, home).make()
        if path.exists():
            path.rmdir()  # empty, as `_reusable` saw
        os.replace(partial, path)
    except OSError as e:
        raise storage_failed(e) from e
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return Demo(path, sessions, reused=False)


def _reusable(path: Path, order: DemoOrder, home: Path | None) -> Demo | None:
    """The demo that is there already; None where the folder is absent or empty."""
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return None
    marker = path / "demo.json"
    try:
        told = json.loads(marker.read_text(encoding="utf-8"))
        same, sessions = told["order"] == asdict(order), dict(told["sessions"])
    except (OSError, ValueError, KeyError, TypeError):
        raise Refused(
            "demo_folder_in_use", "The folder for the demo is not empty and holds no demo.", "Name another with --dir."
        ) from None
    if not same:
        raise Refused(
            "demo_differs",
            "The folder holds a demo that was made with other arguments.",
            "Give the same --minutes, --seed and --size, name another --dir, or delete that folder.",
        )
    demo = Demo(path, sessions, reused=True)
    if not demo.ground_truth.is_file() or not set(sessions.values()) <= set(_session_ids(demo.library, home)):
        raise Refused("demo_damaged", "The demo in that folder is no longer whole.", "Delete the folder and run again.")
    return demo


def _session_ids(library: Path, home: Path | None) -> tuple[str, ...]:
    try:
        return Library.open(library, home).session_ids()
    except NotFound:
        return ()


@dataclass(slots=True)
class _Maker:
    partial: Path
    order: DemoOrder
    report: Report
    cancelled: Callable[[], bool]
    home: Path | None
    _done: dict[str, int] = field(default_factory=dict)
    _tails: dict[str, list[str]] = field(default_factory=dict)

    def make(self) -> dict[str, str]:
        (self.partial / "source").mkdir()
        (self.partial / "truth").mkdir()
        self._render_all()
        truths = [self._truth(name) for name in SESSIONS]
        sessions = self._import_all(truths)
        self._write_truth(truths, sessions)
        told = {"order": asdict(self.order), "sessions": sessions}
        (self.partial / "demo.json").write_text(json.dumps(told, indent=2), encoding="utf-8")
        return sessions

    # Rendering -------------------------------------------------------------------------------------------------

    def _render_all(self) -> None:
        with _Children() as start, ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
            left = {pool.submit(self._render, name, start) for name in SESSIONS}
            try:
                while left:
                    done, left = wait(left, timeout=POLL_S, return_when=FIRST_COMPLETED)
                    self._tell("Rendering desktops")
                    self._raise_any(done)
            except BaseException:
                start.stop()
                for future in left:
                    future.cancel()
                raise

    def _raise_any(self, done: set[Future[None]]) -> None:
        for future in done:
            future.result()
        if self.cancelled():
            raise Cancelled("Making the demo")

    def _render(self, name: str, start: _Children) -> None:
        out = self.partial.absolute() / "source" / name
        size = f"{self.order.width}x{self.order.height}"
        arguments = ("--out", str(out), "--session", name, "--seed", str(self.order.seed), "--size", size)
        child = start(["-m", "app.demo.render", *arguments, "--seconds", str(self.order.seconds_each)])
        assert child.stdout is not None
        tail = self._tails.setdefault(name, [])
        for line in child.stdout:
            if line.startswith("{"):
                self._done[name] = int(json.loads(line)["done"])
            else:
                tail.append(line.strip())
        if child.wait() != 0 and not start.stopped:
            reason = next((t for t in reversed(tail) if t), "no reason was given")
            raise StorageFailed("demo_not_rendered", "A session of the demo could not be rendered.", reason[:200])
        self._done[name] = round(self.order.seconds_each * 30)

    def _tell(self, what: str, imported: int = 0) -> None:
        total = len(SESSIONS) * (round(self.order.seconds_each * 30) + FRAMES_AN_IMPORT)
        self.report(min(total, sum(self._done.values()) + imported * FRAMES_AN_IMPORT), total, what)

    # Importing -------------------------------------------------------------------------------------------------

    def _truth(self, name: str) -> dict[str, Any]:
        path = self.partial / "truth" / name / "truth.json"
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        path.unlink()
        return document

    def _import_all(self, truths: list[dict[str, Any]]) -> dict[str, str]:
        library = Library.create(self.partial / "library", self.home)
        sessions: dict[str, str] = {}
        for n, truth in enumerate(truths):
            self._tell("Importing", n)
            sessions[truth["name"]] = self._import(library, truth).id
        self._tell("Importing", len(truths))
        return sessions

    def _import(self, library: Library, truth: dict[str, Any]) -> ImportedSession:
        request = ImportRequest(
            (self.partial / truth["source"],), "parquet", f"subject-demo-{truth['name']}", truth["consent"],
            tuple(truth["purposes"]),
        )  # fmt: skip
        result = ImportJob(library, lambda *_: None, self.cancelled).run(request)
        for failure in result.failed:
            raise failure.error
        return result.sessions[0]

    def _write_truth(self, truths: list[dict[str, Any]], sessions: dict[str, str]) -> None:
        document = {
            "format": "safelight-demo-truth",
            "version": 1,
            "note": TRUTH_NOTE,
            "seed": self.order.seed,
            "minutes": self.order.minutes,
            "sessions": [{"session_id": sessions[t["name"]], **t} for t in truths],
        }
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        (self.partial / "ground_truth.json").write_text(text, encoding="utf-8")


class _Children:
    """Starts children; on leaving they are all gone: asked first, killed after a moment."""

    def __init__(self) -> None:
        self._running: list[subprocess.Popen[str]] = []
        self._lock = threading.Lock()
        self.stopped = False

    def __call__(self, arguments: list[str]) -> subprocess.Popen[str]:
        environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
        with self._lock:
            if self.stopped:
                raise Cancelled("Making the demo")
            child = subprocess.Popen(
                [sys.executable, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True, encoding="utf-8", env=environment,
            )  # fmt: skip
            self._running.append(child)
        return child

    def stop(self) -> None:
        with self._lock:
            self.stopped = True
            for child in self._running:
                child.terminate()
        deadline = time.monotonic() + GRACE_S
        for child in self._running:
            try:
                child.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    def __enter__(self) -> _Children:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        for child in self._running:
            if child.stdout is not None:
                child.stdout.close()
