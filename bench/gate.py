"""The gate: one decision without its entry in the log, one released lease with it, and the check of a lease in use."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import numpy as np

from bench.registry import Context, Result
from replay.importers.contract import SourceInfo
from replay.store.library import Library
from replay.store.publish import Staged, publish
from replay.store.staging import Admission, StagedSession
from replay.sync import SyncModel
from replay.vault.actions import Action
from replay.vault.classes import TrackClass
from replay.vault.lease import Request
from replay.vault.objects import MintedKeys
from replay.vault.sealing import NewSession

DECIDE_BAR_MS: Final = 1.0
_SESSION: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def run(context: Context) -> list[Result]:
    times = 200 if context.quick else 2_000
    gate = _library(context).gate
    opened = Request(Action.OPEN, TrackClass.MASKED, "curation", _SESSION)
    gate.lease(opened)
    decide = _ms(lambda _: gate.decide(opened), times)
    lease = gate.lease(opened)
    check = _ms(lambda _: lease.check(), times)
    unmask = _ms(lambda n: gate.lease(Request(Action.UNMASK, TrackClass.RAW, f"case {n}", _SESSION)), times // 10)
    p50, p99 = (float(p) for p in np.percentile(decide, [50, 99]))
    return [
        Result("gate.decide_p50", p50, "ms", bar=f"≤ {DECIDE_BAR_MS:.0f} ms", met=p50 <= DECIDE_BAR_MS),
        Result("gate.decide_p99", p99, "ms"),
        Result("gate.check_lease_p50", float(np.median(check)) * 1e3, "µs"),
        Result("gate.new_lease_p50", float(np.median(unmask)), "ms"),
    ]


def _ms(work: Callable[[int], object], times: int) -> list[float]:
    taken = []
    for n in range(times):
        start = time.perf_counter()
        work(n)
        taken.append((time.perf_counter() - start) * 1e3)
    return taken


def _library(context: Context) -> Library:
    """A library of one small session, published as an import does."""
    library = Library.create(context.work / "library")
    folder = library.staging / "one"
    folder.mkdir()
    minted = MintedKeys.mint(library.id, _SESSION)
    admission = Admission(_SESSION, "bench", "1", "subject", "granted", (), 1, {})
    with StagedSession(folder, admission, minted, lambda *_: None) as staged:
        staged.clock(SyncModel())
        staged.info(SourceInfo(recorder="bench"))
        staged.rows("pointer", [{"t_src_ns": 1, "kind": "move"}])
        staged.close_tables()
        tracks = staged.finish()
    publish(library, Staged(folder, tracks, None), NewSession(_SESSION, "subject", "granted", ()), minted)
    return library
