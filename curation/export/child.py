"""One export worker as seen from the parent: gives it the work and hears its progress and its one answer."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Final

import msgspec

from curation.export.protocol import MAX_LINE, Progress, Reply, Work, reply_decoder
from curation.worker_process import WorkerGone, WorkerProcess, WorkerUnwanted
from replay.errors import Cancelled, Refused

GRACE_S: Final = 10.0  # to stop between two frames and to remove what was written
Report = Callable[[int, int, str], None]


class ExportChild:
    """A running worker; a context manager, see `WorkerProcess`.

    The worker removes its folder when the context ends, or this process: an export is published within it.
    """

    def __init__(self) -> None:
        self._worker = WorkerProcess("curation.export.worker", max_line=MAX_LINE, grace_s=GRACE_S)

    def do(self, work: Work, report: Report, cancelled: Callable[[], bool]) -> Reply:
        """The worker's one answer. Raises Cancelled, or Refused where it died."""
        try:
            self._worker.send(msgspec.json.encode(work))
            return self._answer(report, cancelled)
        except WorkerUnwanted:
            raise Cancelled("The export") from None
        except (WorkerGone, msgspec.MsgspecError):
            raise Refused(
                "export_crashed", "The export worker died; nothing was exported.", "Try again, or report this."
            ) from None

    def _answer(self, report: Report, cancelled: Callable[[], bool]) -> Reply:
        for line in self._worker.lines(cancelled):
            reply: Reply = reply_decoder.decode(line)
            if not isinstance(reply, Progress):
                return reply
            report(reply.done, reply.total, reply.what)
        raise WorkerGone

    def __enter__(self) -> ExportChild:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._worker.terminate()
        self._worker.close_input()
        self._worker.__exit__(kind, error, trace)
