"""One import worker as seen from the parent: asks, hears progress, and ends it in time (TERM, then KILL)."""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final

import msgspec

from curation.intake.protocol import MAX_LINE, Failed, Progress, Reply, Request, reply_decoder
from replay import errors
from replay.errors import BadInput, Cancelled, SafelightError

SILENCE_S: Final = 300.0  # a worker that says nothing for this long is taken for hung
GRACE_S: Final = 5.0
_KINDS: Final[dict[str, type[SafelightError]]] = {
    "NotFound": errors.NotFound,
    "Refused": errors.Refused,
    "StorageFailed": errors.StorageFailed,
}

Report = Callable[[int, int, str], None]


class ImportChild:
    """A running worker; a context manager that never leaves a process behind."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "curation.intake.worker"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._lines: queue.Queue[bytes | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read_lines, name="import-replies", daemon=True)
        self._reader.start()

    def _read_lines(self) -> None:
        assert self._process.stdout is not None
        while line := self._process.stdout.readline(MAX_LINE):
            self._lines.put(line)
        self._lines.put(None)

    def ask(self, request: Request, report: Report, cancelled: Callable[[], bool]) -> Reply:
        """Send one request and wait for its answer, passing progress on.

        Raises what the worker refused with, Cancelled, or BadInput where it crashed, hung or lied.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(msgspec.json.encode(request) + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._crashed() from None
        heard_at = time.monotonic()
        while True:
            if cancelled():
                raise Cancelled("The import")
            reply = self._next_reply()
            if reply is None:
                if time.monotonic() - heard_at > SILENCE_S:
                    raise BadInput("import_hung", "Reading this session made no progress and was stopped.")
                continue
            heard_at = time.monotonic()
            if isinstance(reply, Progress):
                report(reply.done, reply.total, reply.what)
            elif isinstance(reply, Failed):
                raise _KINDS.get(reply.kind, BadInput)(reply.code, reply.sentence, reply.remedy)
            else:
                return reply

    def _next_reply(self) -> Reply | None:
        try:
            line = self._lines.get(timeout=0.1)
        except queue.Empty:
            return None
        if line is None:
            raise self._crashed()
        try:
            reply: Reply = reply_decoder.decode(line)
        except msgspec.MsgspecError:
            raise BadInput("import_inconsistent", "The import worker said something that is not an answer.") from None
        return reply

    def _crashed(self) -> BadInput:
        return BadInput(
            "import_crashed",
            "Reading this session crashed the import worker; the library is unchanged.",
            "The file is damaged or hostile; other sessions can still be imported.",
        )

    def __enter__(self) -> ImportChild:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.close()
        except BrokenPipeError:
            pass
        if kind is not None:
            self._process.terminate()
        try:
            self._process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()
        self._process.stdout.close()
