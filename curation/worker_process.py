"""A worker process on two pipes: lines in, lines out, and an end in time (TERM, then KILL) whatever happens."""

from __future__ import annotations

import math
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Final

_POLL_S: Final = 0.1


class WorkerGone(Exception):
    """The worker has ended or closed its pipes."""


class WorkerHung(Exception):
    """The worker has said nothing for too long."""


class WorkerUnwanted(Exception):
    """Nobody wants the worker's answer any more."""


class WorkerProcess:
    """`python -m module`, running; a context manager that never leaves a process or a thread behind.

    `grace_s` is how long it may take to end by itself. Its stderr is dropped: codecs print there, and a traceback may
    quote what was captured.
    """

    def __init__(self, module: str, *, max_line: int, grace_s: float) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._max_line = max_line
        self._grace_s = grace_s
        self._lines: queue.Queue[bytes | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read_lines, name=f"{module} replies", daemon=True)
        self._reader.start()

    def _read_lines(self) -> None:
        assert self._process.stdout is not None
        while line := self._process.stdout.readline(self._max_line):
            self._lines.put(line)
        self._lines.put(None)

    def send(self, line: bytes) -> None:
        """Write one line; raises WorkerGone."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise WorkerGone from None

    def _line(self, timeout_s: float) -> bytes | None:
        """The next line, None where none came in time; raises WorkerGone when no more will come."""
        try:
            line = self._lines.get(timeout=timeout_s)
        except queue.Empty:
            return None
        if line is None:
            raise WorkerGone
        return line

    def lines(self, cancelled: Callable[[], bool], silence_s: float = math.inf) -> Iterator[bytes]:
        """Every line until the caller has its answer.

        Raises WorkerGone when no more will come, WorkerHung after `silence_s` without a line, WorkerUnwanted when
        `cancelled()` says so.
        """
        heard_at = time.monotonic()
        while True:
            if cancelled():
                raise WorkerUnwanted
            line = self._line(_POLL_S)
            if line is not None:
                heard_at = time.monotonic()
                yield line
            elif time.monotonic() - heard_at > silence_s:
                raise WorkerHung

    def wait(self) -> None:
        self._process.wait()

    def terminate(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()

    def close_input(self) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.close()
        except BrokenPipeError:
            pass

    def __enter__(self) -> WorkerProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdout is not None
        try:
            self._process.wait(self._grace_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self.close_input()
        self._reader.join()
        self._process.stdout.close()
