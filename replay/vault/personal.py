"""Small files that are one person's alone: sealed to their own card, for one library and one use.

Whoever else holds keys of the library opens none of them, and none of them opens for another library. They lie in the
person's home, so revoking the person takes nothing from them that they had not written themselves.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Final

from replay.errors import storage_failed
from replay.vault.canonical import canonical
from replay.vault.card import seal_to
from replay.vault.container import context_of, seal, unseal
from replay.vault.disk import Disk
from replay.vault.identity import Identity, SealRefused

_KEY_BYTES: Final = 32
_LENGTH_BYTES: Final = 4


class PersonalFile:
    """One such file: `use` says what it is for. Raises StorageFailed, BadInput (altered, or somebody else's)."""

    def __init__(self, home: Path, identity: Identity, library: str, use: str) -> None:
        self._path = home / use / f"{library}.sealed"
        self._identity = identity
        self._context = context_of(library=library, name=f"{use}/{identity.card.id}")
        self._info = canonical({"library": library, "use": use})

    def read(self) -> bytes | None:
        """What was written last; None where nothing was."""
        try:
            sealed = self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as e:
            raise storage_failed(e) from e
        end = _LENGTH_BYTES + int.from_bytes(sealed[:_LENGTH_BYTES], "big")
        key = self._identity.open(sealed[_LENGTH_BYTES:end], self._info)
        if len(key) != _KEY_BYTES:
            raise SealRefused("seal_refused", "A personal file holds no key.", "Remove it and begin anew.")
        return unseal(sealed[end:], key, self._context)

    def write(self, content: bytes) -> None:
        """Replace it, durable when this returns."""
        key = secrets.token_bytes(_KEY_BYTES)
        wrapped = seal_to(self._identity.card, key, self._info)
        sealed = len(wrapped).to_bytes(_LENGTH_BYTES, "big") + wrapped + seal(content, key, self._context)
        partial = self._path.with_suffix(f".{secrets.token_hex(4)}")
        disk = Disk()
        try:
            disk.make_folder(self._path.parent)
            disk.write_file(partial, sealed)
            disk.rename(partial, self._path)
            disk.sync_folder(self._path.parent)
        except OSError as e:
            raise storage_failed(e) from e
        finally:
            partial.unlink(missing_ok=True)
