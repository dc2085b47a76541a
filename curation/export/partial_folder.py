"""The folder that an export is written into: its worker makes it, holds it and removes it.

The worker outlives a parent that is killed, so there is no moment at which the folder exists and nobody removes it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from replay.errors import Refused, storage_failed
from replay.store.library import display_name


@contextmanager
def partial_folder(partial: Path) -> Iterator[None]:
    """In the worker: a new folder, held, and gone afterwards unless it was published by then.

    Raises Refused (`export_running`), StorageFailed.
    """
    lock = _made(partial)
    try:
        yield
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        os.close(lock)


@contextmanager
def none_abandoned(partial: Path) -> Iterator[None]:
    """In the parent, around the worker's life: what a killed worker left is gone before and after.

    Raises Refused (`export_running`) where another export writes there.
    """
    try:
        removed = _remove_abandoned(partial)
    except OSError as e:
        raise storage_failed(e, "export") from e
    if not removed:
        raise _busy(partial)
    try:
        yield
    finally:
        _remove_abandoned(partial)


def _made(partial: Path) -> int:
    """A descriptor that holds the new folder."""
    try:
        partial.parent.mkdir(parents=True, exist_ok=True)
        partial.mkdir(mode=0o700)
        lock = _locked(partial)
    except FileExistsError:
        raise _busy(partial) from None
    except OSError as e:
        raise storage_failed(e, "export") from e
    if lock is None:
        raise _busy(partial)
    return lock


def _remove_abandoned(partial: Path) -> bool:
    """Remove a folder that no worker holds; False where something else is there."""
    if partial.is_symlink() or (partial.exists() and not partial.is_dir()):
        return False
    try:
        lock = _locked(partial)
    except FileNotFoundError:
        return True
    if lock is None:
        return False
    shutil.rmtree(partial, ignore_errors=True)
    os.close(lock)
    return True


def _locked(folder: Path) -> int | None:
    """A descriptor that holds the folder's lock; None where another process has it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _busy(partial: Path) -> Refused:
    return Refused(
        "export_running",
        f"“{display_name(partial)}” is there: another export writes to it, or one was interrupted.",
        "Wait for it, or remove the folder.",
    )
