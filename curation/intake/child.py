"""One import worker as seen from the parent: asks, hears progress, passes refusals on."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Final

import msgspec

from curation.intake.protocol import MAX_LINE, Progress, Reply, Request, reply_decoder
from curation.worker_failure import Failed
from curation.worker_process import WorkerGone, WorkerProcess
from replay.errors import BadInput, Cancelled

SILENCE_S: Final = 300.0  # a worker that says nothing for this long is taken for hung
GRACE_S: Final = 5.0

Report = Callable[[int, int, str], None]


class ImportChild:
    """A running worker; a context manager, see `WorkerProcess`."""

    def __init__(self) -> None:
        self._worker = WorkerProcess("curation.intake.worker", max_line=MAX_LINE, grace_s=GRACE_S)

    def ask(self, request: Request, report: Report, cancelled: Callable[[], bool]) -> Reply:
        """Send one request and wait for its answer, passing progress on.

        Raises what the worker refused with, Cancelled, or BadInput where it crashed, hung or lied.
        """
        try:
            self._worker.send(msgspec.json.encode(request))
            return self._answer(report, cancelled)
        except WorkerGone:
            raise BadInput(
                "import_crashed",
                "Reading this session crashed the import worker; the library is unchanged.",
                "The file is damaged or hostile; other sessions can still be imported.",
            ) from None

    def _answer(self, report: Report, cancelled: Callable[[], bool]) -> Reply:
        heard_at = time.monotonic()
        while True:
            if cancelled():
                raise Cancelled("The import")
            line = self._worker.line(0.1)
            if line is None:
                if time.monotonic() - heard_at > SILENCE_S:
                    raise BadInput("import_hung", "Reading this session made no progress and was stopped.")
                continue
            heard_at = time.monotonic()
            reply = _decoded(line)
            if isinstance(reply, Progress):
                report(reply.done, reply.total, reply.what)
            elif isinstance(reply, Failed):
                raise reply.error("The import")
            else:
                return reply

    def __enter__(self) -> ImportChild:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._worker.close_input()
        if kind is not None:
            self._worker.terminate()
        self._worker.__exit__(kind, error, trace)


def _decoded(line: bytes) -> Reply:
    try:
        reply: Reply = reply_decoder.decode(line)
    except msgspec.MsgspecError:
        raise BadInput("import_inconsistent", "The import worker said something that is not an answer.") from None
    return reply
