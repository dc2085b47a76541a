"""A memory that ends while its file is being written by another does not wait for it, and raises nothing."""

from __future__ import annotations

import gc
import time
from pathlib import Path

from replay.vault.log.file_lock import FileLock
from replay.vault.log.memory import Memory


def test_a_memory_that_is_collected_under_the_lock_hardly_waits(tmp_path: Path) -> None:
    memory = Memory(tmp_path, "0" * 32)
    memory.note("p-device", 3, bytes(32))
    (tmp_path / "memory").mkdir(exist_ok=True)
    started = time.monotonic()
    with FileLock(tmp_path / "memory" / f"{'0' * 32}.lock"):
        del memory
        gc.collect()
    assert time.monotonic() - started < 5


def test_a_memory_that_is_collected_writes_what_it_saw(tmp_path: Path) -> None:
    memory = Memory(tmp_path, "0" * 32)
    memory.note("p-device", 3, bytes(32))
    del memory
    gc.collect()
    seen = Memory(tmp_path, "0" * 32).seen("p-device")
    assert seen is not None
    assert seen.size == 3
