"""One export worker as seen from the parent: gives it the work, hears progress, ends it in time (TERM, then KILL)."""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Final

import msgspec

from curation.export.protocol import MAX_LINE, Progress, Reply, Work, reply_decoder
from replay.errors import Cancelled, Refused

GRACE_S: Final = 10.0  # to stop between two frames and to remove what was written
Report = Callable[[int, int, str], None]


class ExportChild:
    """A running worker; a context manager that never leaves a process behind."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "curation.export.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._replies: queue.Queue[Reply | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, name="export-replies", daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        while line := self._process.stdout.readline(MAX_LINE):
            try:
                self._replies.put(reply_decoder.decode(line))
            except msgspec.MsgspecError:
                break
        self._replies.put(None)

    def do(self, work: Work, report: Report, cancelled: Callable[[], bool]) -> Reply:
        """The worker's one answer, after it has ended. Raises Cancelled, or Refused where it died."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(msgspec.json.encode(work) + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise _died() from None
        while True:
            if cancelled():
                raise Cancelled("The export")
            try:
                reply = self._replies.get(timeout=0.1)
            except queue.Empty:
                continue
            if reply is None:
                raise _died()
            if not isinstance(reply, Progress):
                # The pipe stays open until the worker is gone: its end would mean that nobody wants the result.
                self._process.wait()
                return reply
            report(reply.done, reply.total, reply.what)

    def __enter__(self) -> ExportChild:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        try:
            self._process.stdin.close()
        except BrokenPipeError:
            pass
        self._reader.join()
        self._process.stdout.close()


def _died() -> Refused:
    return Refused("export_crashed", "The export worker died; nothing was exported.", "Try again, or report this.")
