"""Who edits: a random pseudonym kept in this person's home folder. It holds no user name and no host name."""

from __future__ import annotations

import base64
import json
import re
import secrets
from pathlib import Path
from typing import Final

import platformdirs

from replay.errors import BadInput
from replay.store.library import write_whole
from replay.store.tracks import storage_failed

_FILE: Final = "identity.json"
_AUTHOR: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


def default_home() -> Path:
    """Where the identity lives unless --home or SAFELIGHT_HOME says otherwise."""
    return Path(platformdirs.user_data_dir("safelight", appauthor=False))


def author_id(home: Path | None = None) -> str:
    """The author id of the identity in `home`, made on first use. Raises BadInput (damaged) or StorageFailed."""
    folder = home or default_home()
    try:
        return _read(folder / _FILE)
    except FileNotFoundError:
        pass
    except OSError as e:
        raise storage_failed(e) from e
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(folder / _FILE, json.dumps({"version": 1, "author": _new_author()}).encode())
        # Two first runs at once: whoever's file stands is who both are.
        return _read(folder / _FILE)
    except OSError as e:
        raise storage_failed(e) from e


def _new_author() -> str:
    return "curator-" + base64.b32encode(secrets.token_bytes(5)).decode().lower()


def _read(path: Path) -> str:
    content = path.read_bytes()
    try:
        document = json.loads(content)
        author = document["author"] if document["version"] == 1 else None
    except (ValueError, KeyError, TypeError):
        author = None
    if not isinstance(author, str) or not _AUTHOR.fullmatch(author):
        raise BadInput(
            "identity_damaged", "The identity file in the home folder is damaged.", "Restore or remove identity.json."
        )
    return author
