"""Exceptions that nobody caught, in slots and on threads: told to a person in one sentence, their own words nowhere."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType

from app.unexpected import unexpected
from replay.errors import SafelightError

LOG = logging.getLogger(__name__)


@contextmanager
def uncaught_told(tell: Callable[[SafelightError], None]) -> Iterator[None]:
    """While it lasts, `tell` gets what would have been a traceback, which may quote what was captured.

    `tell` is called on the thread that failed. An interrupt from the terminal stays what it is.
    """
    before, before_threads = sys.excepthook, threading.excepthook

    def on_any(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        told = error if isinstance(error, SafelightError) else unexpected(error)
        LOG.error("%s", told.sentence)
        tell(told)

    def on_thread(hook: threading.ExceptHookArgs) -> None:
        if hook.exc_value is not None:
            on_any(hook.exc_type, hook.exc_value, hook.exc_traceback)

    sys.excepthook, threading.excepthook = on_any, on_thread
    try:
        yield
    finally:
        sys.excepthook, threading.excepthook = before, before_threads
