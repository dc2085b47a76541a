"""A folder of one's own in a library's staging, gone when the work with it is done."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from replay.errors import storage_failed
from replay.store.library import Library


@contextmanager
def staging_folder(library: Library) -> Iterator[Path]:
    """Raises StorageFailed."""
    folder = library.staging / secrets.token_hex(8)
    try:
        folder.mkdir(mode=0o700, parents=True)
    except OSError as e:
        raise storage_failed(e) from e
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
