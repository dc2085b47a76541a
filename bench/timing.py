"""Measuring: seconds of a call, and percentiles."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

import numpy as np


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU seconds of this thread: for work so short that being interrupted once would be all that is measured."""
    start = time.thread_time()
    work()
    return time.thread_time() - start


def ms_percentiles(samples_s: Iterable[float]) -> tuple[float, float]:
    """(p50, p95) in milliseconds."""
    p50, p95 = np.percentile(np.array(list(samples_s)) * 1e3, [50, 95])
    return float(p50), float(p95)
