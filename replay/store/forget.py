"""Removing what the library's folder still holds of sessions that were erased: their objects and catalogue rows."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

from replay.errors import storage_failed
from replay.store.catalogue import Catalogue
from replay.store.library import Library
from replay.vault.disk import sync_folder


def forget_sessions(library: Library, sessions: Sequence[str]) -> None:
    """Remove the rows and folders of sessions that no longer exist; may be cut short anywhere and run again.

    Raises StorageFailed, Denied.
    """
    Catalogue(library).forget(frozenset(sessions))
    try:
        for session in sessions:
            folder = library.session_dir(session)
            if folder.exists():
                shutil.rmtree(folder)
        if library.objects.exists():
            sync_folder(library.objects)
    except OSError as e:
        raise storage_failed(e) from e
