"""Watching what a test leaves behind: threads, top-level widgets, log records."""

from __future__ import annotations

import gc
import logging
import re
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

GRACE_S = 2.0


def threads_alive() -> frozenset[threading.Thread]:
    return frozenset(t for t in threading.enumerate() if not t.daemon and t.is_alive())


def left_over_threads(before: frozenset[threading.Thread], grace_s: float = GRACE_S) -> list[str]:
    """Names of the non-daemon threads started since `before` that do not end within `grace_s`."""
    deadline = time.monotonic() + grace_s
    for thread in threads_alive() - before:
        thread.join(max(0.0, deadline - time.monotonic()))
    return sorted(t.name for t in threads_alive() - before)


def widgets_alive() -> list[Any]:
    """Every top-level widget; none where no test of this process has made a Qt application."""
    widgets = sys.modules.get("PySide6.QtWidgets")
    if widgets is None or not isinstance(widgets.QApplication.instance(), widgets.QApplication):
        return []
    return list(widgets.QApplication.topLevelWidgets())


def left_over_widgets(before: list[Any]) -> list[str]:
    """Classes of the top-level widgets made since `before` that outlive deferred deletion."""
    if not any(_is_new(w, before) for w in widgets_alive()):
        return []
    from PySide6.QtCore import QCoreApplication, QEvent

    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    return sorted(f"{type(w).__name__}({w.objectName()!r})" for w in widgets_alive() if _is_new(w, before))


def _is_new(widget: Any, before: list[Any]) -> bool:
    # Identity: a widget that was deleted meanwhile must not be compared by value, its C++ half is gone.
    return not any(widget is known for known in before)


class UnexpectedLogs(logging.Handler):
    """Collects WARNING and worse below one logger; what an `expected` block announced is taken out again."""

    def __init__(self, watched: logging.Logger) -> None:
        super().__init__(logging.WARNING)
        self.watched = watched
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    def __enter__(self) -> UnexpectedLogs:
        self.watched.addHandler(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.watched.removeHandler(self)

    def sentences(self) -> list[str]:
        return [f"{r.name} {r.levelname}: {r.getMessage()}" for r in self.records]

    @contextmanager
    def expected(self, logger: str, pattern: str) -> Iterator[None]:
        """At least one record of `logger` (or below it) inside the block must match `pattern`; those are forgiven."""
        start = len(self.records)
        yield
        inside = self.records[start:]
        announced = [r for r in inside if _is_below(r.name, logger) and re.search(pattern, r.getMessage())]
        assert announced, f"{logger} logged nothing that matches {pattern!r}"
        self.records[start:] = [r for r in inside if r not in announced]


def _is_below(name: str, ancestor: str) -> bool:
    return name == ancestor or name.startswith(ancestor + ".")
