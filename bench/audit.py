"""The audit log: one durable entry, a look at a long log that nobody changed, reading it from nothing, verifying it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

import numpy as np

from bench.registry import Context, Result
from bench.timing import seconds
from replay.vault.disk import Disk
from replay.vault.identity import Identity, Protection, new_secret
from replay.vault.log.library_log import LibraryLog
from replay.vault.log.memory import Memory

APPEND_BAR_MS: Final = 5.0
_LIBRARY: Final = "0" * 32


class _NoSync(Disk):
    """For making a long log quickly; what is measured uses the real disk."""

    def fsync(self, descriptor: int) -> None:
        pass


def run(context: Context) -> list[Result]:
    size = 10_000 if context.quick else 100_000
    identity = Identity.from_secret(new_secret(), "", Protection.DEVICE)
    context.note(f"writing a log of {size} entries")
    writer = _log(context.work, identity, "writer", _NoSync())
    for n in range(size):
        _view(writer, n)
    writer.close()
    context.note("appending, reading and verifying it")
    appends = _append_ms(_log(context.work, identity, "writer", Disk()), 200 if context.quick else 2_000)
    p50, p99 = (float(p) for p in np.percentile(appends, [50, 99]))
    reader = _log(context.work, identity, "reader", Disk())
    first_s = seconds(reader.refresh)
    again_us = min(seconds(reader.refresh) for _ in range(100)) * 1e6
    verify_s = seconds(lambda: _expect(reader.verify().ok))
    reader.close()
    thousands = f"{size // 1000}k"
    return [
        Result("audit.append_p50", p50, "ms"),
        Result("audit.append_p99", p99, "ms", bar=f"≤ {APPEND_BAR_MS:.0f} ms", met=p99 <= APPEND_BAR_MS),
        Result(f"audit.first_read_{thousands}", first_s, "s"),
        Result(f"audit.refresh_unchanged_{thousands}", again_us, "µs"),
        Result(f"audit.verify_{thousands}", verify_s, "s"),
    ]


def _log(work: Path, identity: Identity, home: str, disk: Disk) -> LibraryLog:
    cards = {identity.card.id: identity.card}
    return LibraryLog(work / "log", identity, lambda: cards, Memory(work / home, _LIBRARY), disk=disk)


def _view(log: LibraryLog, n: int) -> None:
    log.append(
        "unmask",
        session=f"s-{n % 1000:08d}",
        track_class="raw",
        purpose="quality",
        policy_sha256="ab" * 32,
        range_ms=(n, n + 500),
    )


def _append_ms(log: LibraryLog, times: int) -> list[float]:
    log.refresh()
    taken = []
    for n in range(times):
        start = time.perf_counter()
        _view(log, n)
        taken.append((time.perf_counter() - start) * 1e3)
    log.close()
    return taken


def _expect(ok: bool) -> None:
    if not ok:
        raise AssertionError("a log that nobody touched does not verify")
