"""Where an identity's private keys rest: in the system's keyring, under a passphrase, or plain in a private file.

The first that is there is taken, without a question. Nothing falls back to a weaker one once a passphrase was named:
a passphrase that cannot be read is an error.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from replay.errors import BadInput, StorageFailed
from replay.vault import system_keyring
from replay.vault.disk import Disk

PASSPHRASE_FILE: Final = "SAFELIGHT_PASSPHRASE_FILE"
PASSPHRASE_FD: Final = "SAFELIGHT_PASSPHRASE_FD"

_MAX_PASSPHRASE_BYTES: Final = 4096
# RFC 9106, section 4, second recommended option; the name stands in the file, so that a change can be told.
_KDF: Final = "argon2id-t3-p4-m64MiB"
_SALT_BYTES: Final = 16
_NONCE_BYTES: Final = 12
# O_BINARY: without it Windows would write every end of line as two bytes.
_CREATE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


class Protection(StrEnum):
    """What keeps the private keys: the system's keyring, a passphrase, or nothing but the file's permissions."""

    KEYRING = "keyring"
    PASSPHRASE = "passphrase"
    DEVICE = "device"


PROTECTION_SENTENCES: Final = {
    Protection.KEYRING: "Protected by the system's keyring.",
    Protection.PASSPHRASE: "Protected by a passphrase.",
    Protection.DEVICE: "Unprotected: whoever can read the files of this home can act as this person.",
}


class IdentityRefused(BadInput):
    """An identity that cannot be used.

    Codes: identity_damaged, wrong_passphrase, passphrase_missing, passphrase_unreadable, passphrase_bad,
    keyring_entry_missing.
    """


def protect(secret: bytes, name: str, bound: bytes) -> dict[str, str]:
    """How `secret` is kept, as a document for `unprotect`; the keyring's entry is called `name`.

    `bound` must be the same bytes when a passphrase opens it again. Raises IdentityRefused for a passphrase that was
    named but cannot be used.
    """
    if system_keyring.keep(name, _b64(secret)):
        return {"protection": Protection.KEYRING.value}
    passphrase = _passphrase()
    if passphrase is None:
        return {"protection": Protection.DEVICE.value, "secret": _b64(secret)}
    salt, nonce = os.urandom(_SALT_BYTES), os.urandom(_NONCE_BYTES)
    sealed = nonce + AESGCM(_stretched(passphrase, salt)).encrypt(nonce, secret, bound)
    return {"protection": Protection.PASSPHRASE.value, "kdf": _KDF, "salt": _b64(salt), "sealed": _b64(sealed)}


def unprotect(kept: Mapping[str, Any], name: str, bound: bytes) -> bytes:
    """The secret that `protect` kept. Raises IdentityRefused, StorageFailed (keyring_silent); KeyError, TypeError or
    ValueError when the document is damaged."""
    protection = Protection(kept["protection"])
    if protection is Protection.DEVICE:
        return _unb64(kept["secret"])
    if protection is Protection.KEYRING:
        entry = system_keyring.recall(name)
        if entry is None:
            raise IdentityRefused(
                "keyring_entry_missing",
                "The system's keyring does not hold this identity's keys.",
                "Restore the keyring, or choose another identity with --home.",
            )
        return _unb64(entry)
    return _opened(kept, bound)


def discard(kept: Mapping[str, str], name: str) -> None:
    """Drop what `protect` kept outside its document."""
    if kept["protection"] == Protection.KEYRING:
        system_keyring.forget(name)


def write_private(path: Path, content: bytes) -> bool:
    """Write a file that only its owner can read, whole and durable; False, and nothing, if one stands there already.

    A hard link, because a rename would replace the file of whoever came first. Raises OSError.
    """
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with open(os.open(partial, _CREATE, 0o600), "wb") as f:
            f.write(content)
            f.flush()
            os.fsync(f.fileno())
        os.link(partial, path)
    except FileExistsError:
        return False
    finally:
        partial.unlink(missing_ok=True)
    Disk().sync_folder(path.parent)
    return True


def home_failed(error: OSError) -> StorageFailed:
    """What the operating system said about a folder that holds private keys, without its path."""
    return StorageFailed(
        "home_failed",
        f"The folder for this identity's keys cannot be used ({error.strerror or 'unknown error'}).",
        "Check its permissions and the disk's free space, or choose another folder.",
    )


def _opened(kept: Mapping[str, Any], bound: bytes) -> bytes:
    salt, sealed = _unb64(kept["salt"]), _unb64(kept["sealed"])
    if kept["kdf"] != _KDF or len(salt) != _SALT_BYTES or len(sealed) <= _NONCE_BYTES:
        raise ValueError("not what this version writes")
    passphrase = _passphrase()
    if passphrase is None:
        raise IdentityRefused(
            "passphrase_missing",
            "This identity is protected by a passphrase, and none was given.",
            f"Name a file that holds it in {PASSPHRASE_FILE}.",
        )
    try:
        return AESGCM(_stretched(passphrase, salt)).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound)
    except InvalidTag:
        raise IdentityRefused(
            "wrong_passphrase",
            "The passphrase does not open this identity.",
            f"Check the file that {PASSPHRASE_FILE} names; the identity is unchanged.",
        ) from None


def _stretched(passphrase: bytes, salt: bytes) -> bytes:
    return Argon2id(salt=salt, length=32, iterations=3, lanes=4, memory_cost=64 * 1024).derive(passphrase)


def _passphrase() -> bytes | None:
    """The passphrase that the environment names, without one end of line; None if it names none.

    A descriptor can be read once: child processes get leases, not the passphrase.
    """
    try:
        if named := os.environ.get(PASSPHRASE_FILE):
            with open(named, "rb") as f:
                read = f.read(_MAX_PASSPHRASE_BYTES + 1)
        elif named := os.environ.get(PASSPHRASE_FD):
            with open(int(named), "rb") as f:
                read = f.read(_MAX_PASSPHRASE_BYTES + 1)
        else:
            return None
    except (OSError, ValueError) as e:
        raise IdentityRefused(
            "passphrase_unreadable",
            "The passphrase cannot be read from where the environment says.",
            f"Check {PASSPHRASE_FILE} and {PASSPHRASE_FD}; a descriptor can be read only once.",
        ) from e
    passphrase = read.removesuffix(b"\n").removesuffix(b"\r")
    if not passphrase or len(read) > _MAX_PASSPHRASE_BYTES:
        raise IdentityRefused(
            "passphrase_bad",
            "The passphrase is empty or far too long.",
            "Give one line of text; a descriptor can be read only once.",
        )
    return passphrase


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _unb64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
