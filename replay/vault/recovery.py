"""The recovery key: a whole identity in one text file, for the day when the custodian's own keys are gone.

It is a member of the library from its first day. The person is told to move the file away from the computer.
"""

from __future__ import annotations

import base64
import hashlib
import re
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from replay.errors import BadInput, Refused
from replay.vault.canonical import canonical, read_canonical
from replay.vault.identity import Card, Identity, Protection, new_secret
from replay.vault.key_protection import home_failed, write_private

_FILE_PREFIX: Final = "safelight-recovery-"
_NAME: Final = "Recovery key"
_BEGIN: Final = "-----BEGIN SAFELIGHT RECOVERY KEY-----"
_END: Final = "-----END SAFELIGHT RECOVERY KEY-----"
_ADVICE: Final = (
    "Whoever holds this file can open the library named below. Move it away from this computer:\n"
    "to a safe, a second computer, or print it. Nobody can make it again."
)
_FORM: Final = re.compile(
    rf"\s*{_BEGIN}\s(?P<head>.*?)\s\s(?P<payload>[A-Za-z0-9+/=\s]+)Checksum: (?P<checksum>[0-9a-f]{{16}})\s+{_END}\s*",
    re.DOTALL,
)
_MAX_BYTES: Final = 64 * 1024


class RecoveryRefused(BadInput):
    """A recovery key that is damaged or is none."""


@dataclass(frozen=True, slots=True)
class RecoveryKey:
    """A recovery identity whose file is not written yet: the library's id follows from a roster that lists it."""

    identity: Identity
    _folder: Path
    _secret: bytes = field(repr=False, compare=False)

    @property
    def card(self) -> Card:
        return self.identity.card

    def keep(self, library_id: str) -> Path:
        """The file, readable by its owner only and durable. Before this returns, no library may rely on the key.

        Raises Refused (recovery_exists) rather than replace one, StorageFailed.
        """
        path = self._folder / f"{_FILE_PREFIX}{library_id[:8]}.txt"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            is_written = write_private(path, self._text(library_id).encode())
        except OSError as e:
            raise home_failed(e) from e
        if not is_written:
            raise Refused(
                "recovery_exists", "A recovery key of this library stands there already.", "Move it away first."
            )
        return path

    def _text(self, library_id: str) -> str:
        payload = canonical(
            {
                "format": 1,
                "library": library_id,
                "name": self.identity.card.name,
                "secret": base64.b64encode(self._secret).decode(),
            }
        )
        lines = textwrap.fill(base64.b64encode(payload).decode(), 64)
        head = f"{_ADVICE}\nLibrary: {library_id}\nPerson: {self.identity.card.id}"
        return f"{_BEGIN}\n{head}\n\n{lines}\nChecksum: {_checksum(payload)}\n{_END}\n"


def make_recovery(folder: Path) -> RecoveryKey:
    """A fresh recovery identity that `keep` will write into `folder`; until then it exists in memory only."""
    secret = new_secret()
    return RecoveryKey(Identity.from_secret(secret, _NAME, Protection.DEVICE), folder, secret)


def load_recovery(path: Path) -> Identity:
    """The identity in a recovery key's file; its keys leave the file for memory only.

    Raises RecoveryRefused (recovery_damaged, recovery_unreadable).
    """
    try:
        with open(path, "rb") as f:
            untrusted = f.read(_MAX_BYTES)
    except OSError as e:
        raise RecoveryRefused(
            "recovery_unreadable", "The recovery key cannot be read.", "Name the file that holds it."
        ) from e
    try:
        return _identity_in(untrusted.decode("ascii"))
    except (ValueError, KeyError, TypeError, BadInput):
        # `from None`: what stands in the file is a secret.
        raise RecoveryRefused(
            "recovery_damaged", "That is not a recovery key, or it is damaged.", "Use another copy of it."
        ) from None


def recovery_keys_in(home: Path) -> tuple[Path, ...]:
    """Recovery keys that were not moved away yet, with copies that a crash left unnamed; sorted.

    While one lies here, whoever reads this folder opens its library, however the identity itself is protected.
    """
    try:
        return tuple(sorted(p for p in home.iterdir() if _FILE_PREFIX in p.name))
    except OSError as e:
        raise home_failed(e) from e


def _identity_in(untrusted: str) -> Identity:
    form = _FORM.fullmatch(untrusted)
    if form is None:
        raise ValueError("not the form of a recovery key")
    payload = base64.b64decode("".join(form["payload"].split()), validate=True)
    if _checksum(payload) != form["checksum"]:
        raise ValueError("the checksum does not fit")
    document = read_canonical(payload)
    if document["format"] != 1:
        raise ValueError("another format")
    secret = base64.b64decode(document["secret"], validate=True)
    return Identity.from_secret(secret, document["name"], Protection.DEVICE)


def _checksum(payload: bytes) -> str:
    return hashlib.sha256(payload).hexdigest()[:16]
