"""One intake worker as seen from the parent: asks, hears progress, passes refusals on."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Final

import msgspec

from curation.intake.protocol import MAX_LINE, Progress, Reply, Request, reply_decoder
from curation.worker_failure import Failed
from curation.worker_process import WorkerGone, WorkerHung, WorkerProcess, WorkerUnwanted
from replay.errors import BadInput, Cancelled

GRACE_S: Final = 5.0
SILENCE_S: Final = 300.0  # a worker that says nothing for this long is taken for hung

Report = Callable[[int, int, str], None]


class IntakeChild:
    """A running worker; a context manager, see `WorkerProcess`."""

    def __init__(self, job: str = "import") -> None:
        """`job`: what the work is called, in one word, where it is refused."""
        self._job = job
        self._worker = WorkerProcess("curation.intake.worker", max_line=MAX_LINE, grace_s=GRACE_S)

    def ask(self, request: Request, report: Report, cancelled: Callable[[], bool]) -> Reply:
        """Send one request and wait for its answer, passing progress on.

        Raises what the worker refused with, Cancelled, or BadInput where it crashed, hung or lied.
        """
        try:
            self._worker.send(msgspec.json.encode(request))
            return self._answer(report, cancelled)
        except WorkerUnwanted:
            raise Cancelled(f"The {self._job}") from None
        except WorkerHung:
            raise BadInput(f"{self._job}_hung", "Reading this session made no progress and was stopped.") from None
        except WorkerGone:
            raise BadInput(
                f"{self._job}_crashed",
                f"Reading this session crashed the {self._job} worker; the library is unchanged.",
                "The recording is damaged or hostile; other sessions are not affected.",
            ) from None

    def _answer(self, report: Report, cancelled: Callable[[], bool]) -> Reply:
        for line in self._worker.lines(cancelled, SILENCE_S):
            reply = _decoded(line)
            if isinstance(reply, Progress):
                report(reply.done, reply.total, reply.what)
            elif isinstance(reply, Failed):
                raise reply.error(f"The {self._job}")
            else:
                return reply
        raise WorkerGone

    def __enter__(self) -> IntakeChild:
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
