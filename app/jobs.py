"""Work off the GUI thread: short tasks of which only the latest counts, and long jobs with progress, ETA and cancel.

Jobs run their heavy part in worker processes of their own; here is only the thread that waits for them. Everything
started here is joined by `close`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Signal

from app.bridge import Bridge
from app.unexpected import unexpected
from replay.errors import Cancelled, SafelightError
from widgets.jobs_tray import JobView

LOG = logging.getLogger(__name__)
T = TypeVar("T")
Report = Callable[[int, int, str], None]
IsCancelled = Callable[[], bool]

_REPORT_EVERY_S = 0.1
_ETA_AFTER_S = 1.0


def failure_of(error: Exception) -> SafelightError:
    """What to tell a person about any exception that reached the job boundary."""
    if isinstance(error, SafelightError):
        return error
    told = unexpected(error)
    LOG.error("%s", told.sentence)
    return told


def _nothing() -> None:
    """Where there is nothing to hand over."""


class Tasks:
    """Short work by key: a newer task of the same key makes the older one's answer unwanted."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self._pool = ThreadPoolExecutor(2, "task")
        self._prompt = ThreadPoolExecutor(1, "prompt-task")
        self._latest: dict[str, int] = {}
        self._running = 0

    def start(
        self,
        key: str,
        work: Callable[[], T],
        done: Callable[[T], object],
        failed: Callable[[SafelightError], object],
        *,
        unwanted: Callable[[T], object] | None = None,
        is_prompt: bool = False,
    ) -> None:
        """Run `work` on a pool thread; `done` or `failed` runs on the GUI thread, unless overtaken.

        `is_prompt`: it takes little, and waits for nothing that takes long, as whether something may still be seen.
        What was found all the same goes to `unwanted` then, on the GUI thread, so that files in it are closed.
        """
        number = self._latest[key] = self._latest.get(key, 0) + 1
        self._running += 1
        finish = self._bridge.to_gui(self._finish)

        def run() -> None:
            if self._latest.get(key) != number:
                finish((key, number, _nothing, _nothing))
                return
            answer: Callable[[], object]
            drop: Callable[[], object] = _nothing
            try:
                found = work()
            except Exception as e:  # noqa: BLE001 - the job boundary
                error = failure_of(e)
                answer = lambda: failed(error)  # noqa: E731
            else:
                answer = lambda: done(found)  # noqa: E731
                if unwanted is not None:
                    drop = lambda: unwanted(found)  # noqa: E731
            finish((key, number, answer, drop))

        (self._prompt if is_prompt else self._pool).submit(run)

    def _finish(self, ended: tuple[str, int, Callable[[], object], Callable[[], object]]) -> None:
        key, number, answer, drop = ended
        self._running -= 1
        if self._latest.get(key) == number:
            answer()
        else:
            drop()

    def forget(self, key: str) -> None:
        """Whatever runs under `key` is no longer wanted."""
        self._latest[key] = self._latest.get(key, 0) + 1

    @property
    def idle(self) -> bool:
        return self._running == 0

    def close(self) -> None:
        self._latest.clear()
        for pool in (self._pool, self._prompt):
            pool.shutdown(wait=True, cancel_futures=True)


@dataclass
class _Job:
    view: JobView
    thread: threading.Thread
    cancelled: threading.Event
    started_s: float


class Jobs(QObject):
    """Long work, one thread each; `progressed` carries a JobView for the tray."""

    progressed = Signal(object)  # JobView

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._jobs: dict[str, _Job] = {}
        self._count = 0

    def start(
        self,
        title: str,
        work: Callable[[Report, IsCancelled], T],
        done: Callable[[T], object],
        failed: Callable[[SafelightError], object],
    ) -> str:
        """Run `work(report, cancelled)`; it raises Cancelled when asked to stop. Returns the job's id."""
        self._count += 1
        job_id = f"job-{self._count}"
        cancelled = threading.Event()
        report = self._throttled(job_id)
        finish = self._bridge.to_gui(self._finish)

        def run() -> None:
            answer: Callable[[], object]
            try:
                found = work(report, cancelled.is_set)
            except Exception as e:  # noqa: BLE001 - the job boundary
                error = failure_of(e)
                answer = lambda: failed(error)  # noqa: E731
            else:
                answer = lambda: done(found)  # noqa: E731
            finish((job_id, answer))

        thread = threading.Thread(target=run, name=job_id)
        self._jobs[job_id] = _Job(JobView(job_id, title), thread, cancelled, time.monotonic())
        self.progressed.emit(self._jobs[job_id].view)
        thread.start()
        return job_id

    def _throttled(self, job_id: str) -> Report:
        post: Callable[[tuple[str, int, int, str]], None] = self._bridge.to_gui(self._progress)
        last = 0.0

        def report(done: int, total: int, what: str) -> None:
            nonlocal last
            if time.monotonic() - last >= _REPORT_EVERY_S:
                last = time.monotonic()
                post((job_id, done, total, what))

        return report

    def _progress(self, at: tuple[str, int, int, str]) -> None:
        job_id, done, total, what = at
        job = self._jobs.get(job_id)
        if job is None:
            return
        spent = time.monotonic() - job.started_s
        known = 0 < done < total and spent > _ETA_AFTER_S
        eta_s = spent * (total - done) / done if known else None
        job.view = replace(job.view, what=what, done=done, total=total, eta_s=eta_s)
        self.progressed.emit(job.view)

    def _finish(self, ended: tuple[str, Callable[[], Any]]) -> None:
        job_id, answer = ended
        job = self._jobs.pop(job_id)
        job.thread.join()
        self.progressed.emit(replace(job.view, ended=True))
        answer()

    def cancel(self, job_id: str) -> None:
        """Ask a job to stop; it ends by itself, leaving nothing behind."""
        job = self._jobs.get(job_id)
        if job is not None:
            job.cancelled.set()
            job.view = replace(job.view, cancelling=True)
            self.progressed.emit(job.view)

    @property
    def running(self) -> int:
        return len(self._jobs)

    def close(self) -> None:
        """Cancel and join everything."""
        for job in self._jobs.values():
            job.cancelled.set()
        for job in self._jobs.values():
            job.thread.join()
        self._jobs.clear()


def is_cancel(error: SafelightError) -> bool:
    """Whether a job ended because a person said so; that is no failure to report."""
    return isinstance(error, Cancelled)
