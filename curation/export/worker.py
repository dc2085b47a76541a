"""The export worker: decodes, paints, writes and proves one export, in a process that dies alone.

It makes the folder that it writes, and removes it unless the parent publishes it, also when the parent is gone.
"""

from __future__ import annotations

import hashlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import IO, Final

import msgspec

from curation.export.bundle import BundleFacts, BundleWriter
from curation.export.manifest import NAME, RefusedEntry
from curation.export.partial_folder import partial_folder
from curation.export.protocol import MAX_LEAKS, Done, Leaked, LeakLine, Progress, Reply, Work, work_decoder
from curation.export.recipe import recipe_of
from curation.export.sources import LibrarySources
from curation.worker_failure import Failed
from replay.core_dumps import leave_no_core
from replay.errors import Cancelled, SafelightError, storage_failed
from replay.store.library import Library
from replay.vault.handed import HandedKeys

PROGRESS_EVERY_S: Final = 0.1


class Worker:
    """Does one piece of work and answers once."""

    def __init__(self, reply: Callable[[Reply], None], stopped: threading.Event) -> None:
        self._reply = reply
        self._stopped = stopped
        self._said_at = 0.0

    def handle(self, work: Work, parent_done: Callable[[], None]) -> bool:
        """True where there was a proved export; it lies there until `parent_done` returns."""
        try:
            with partial_folder(Path(work.partial)):
                answer = self._export(work)
                if isinstance(answer, Done):
                    self._reply(answer)
                    parent_done()
                    return True
        except SafelightError as e:
            answer = Failed.of(e)
        except MemoryError:
            answer = Failed("StorageFailed", "export_too_large", "The export needs more memory than there is.", "")
        except OSError as e:
            answer = Failed.of(storage_failed(e, "export"))
        except Exception as e:  # noqa: BLE001
            # The boundary: the type is named, its text may quote captured content.
            sentence = f"The export failed unexpectedly ({type(e).__name__}); nothing was written."
            answer = Failed("Refused", "export_failed", sentence, "Please report this.")
        self._reply(answer)
        return False

    def _export(self, work: Work) -> Reply:
        recipe = recipe_of(work.recipe)
        library = Library(Path(work.library), work.keys.library_id, HandedKeys(work.keys))
        folder = Path(work.partial)
        refused = tuple(RefusedEntry(*r) for r in work.refused)
        facts = BundleFacts(work.name, work.created_utc, refused, work.policy_sha256, work.log)
        sources = LibrarySources(library, recipe.stated_purpose)
        try:
            bundle = BundleWriter(folder, recipe, facts, library.key, self.progress)
            _, proof = bundle.write((sources.source(i, h) for i, h in work.sessions), len(work.sessions))
        finally:
            sources.close()
        if not proof.ok:
            return Leaked(tuple(LeakLine(x.file, x.where, x.what_hash) for x in proof.leaks[:MAX_LEAKS]))
        return Done(hashlib.sha256((folder / NAME).read_bytes()).hexdigest())

    def progress(self, done: int, total: int, what: str) -> None:
        """Tell the parent, at most every PROGRESS_EVERY_S; raises Cancelled once the work should stop."""
        if self._stopped.is_set():
            raise Cancelled("The export")
        now = time.monotonic()
        if now - self._said_at >= PROGRESS_EVERY_S:
            self._said_at = now
            self._reply(Progress(done, total, what))


def serve(requests: IO[bytes], replies: IO[bytes]) -> int:
    """Do the one piece of work in `requests`; stop and clean up when they end early or TERM comes."""
    stopped = threading.Event()

    def reply(message: Reply) -> None:
        try:
            replies.write(msgspec.json.encode(message) + b"\n")
            replies.flush()
        except BrokenPipeError:
            stopped.set()

    def on_term(signum: int, frame: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGTERM, on_term)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl+C reaches the parent, which decides
    work = work_decoder.decode(requests.readline())
    watcher = threading.Thread(target=_watch, args=(requests, stopped), name="export-parent", daemon=True)
    watcher.start()
    # Once the answer is out, only the pipe's end counts: the parent may be publishing when a TERM comes.
    return 0 if Worker(reply, stopped).handle(work, watcher.join) else 1


def _watch(requests: IO[bytes], stopped: threading.Event) -> None:
    while requests.read(1):
        continue
    stopped.set()


if __name__ == "__main__":
    leave_no_core()
    # Codecs print to descriptor 1; the protocol keeps a copy of its own so that they cannot speak in it.
    with os.fdopen(os.dup(1), "wb") as protocol:
        os.dup2(2, 1)
        # Unbuffered: the watcher still waits in it when the interpreter ends.
        with open(0, "rb", buffering=0, closefd=False) as requests:
            sys.exit(serve(requests, protocol))
