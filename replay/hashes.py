"""The hash by which files and tracks are known."""

from __future__ import annotations

import hashlib
from typing import Any, BinaryIO, cast


def sha256_of(file: BinaryIO) -> str:
    """SHA-256 of what is left to read of `file`, in hexadecimal, in bounded memory."""
    # The standard library types its own parameter more narrowly than it needs.
    return hashlib.file_digest(cast(Any, file), "sha256").hexdigest()
