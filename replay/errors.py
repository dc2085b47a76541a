"""The error family: one error is one stable code, one sentence for a person and, where there is one, a remedy.

    SafelightError
    ├── BadInput        what a person or another tool handed us cannot be trusted or understood
    ├── NotFound        a session, track, edit or file that was named does not exist
    ├── Refused         allowed by nobody: a rule of the product says no
    ├── StorageFailed   the disk or the library said no (full, read-only, damaged)
    └── Cancelled       somebody asked the work to stop; nothing was changed

Sentences name what, where and what to do. They never hold captured content: no typed text, title, URL or
element value. Sub-packages subclass these; nothing else is raised across a room's border on purpose.
"""

from __future__ import annotations

import errno
from typing import Final

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_FORBIDDEN: Final = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})


class SafelightError(Exception):
    """Base of every expected failure.

    `code` is stable and snake_case (scripts branch on it); `sentence` is for people; `remedy` says what to do.
    """

    def __init__(self, code: str, sentence: str, remedy: str = "") -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.remedy = remedy


class BadInput(SafelightError):
    """Input that cannot be trusted or understood."""


class NotFound(SafelightError):
    """Something named does not exist."""


class Refused(SafelightError):
    """A rule of the product forbids it."""


class StorageFailed(SafelightError):
    """The disk or the library failed; the old state still holds."""


class Cancelled(SafelightError):
    """The work was asked to stop and left nothing behind."""

    def __init__(self, what: str) -> None:
        super().__init__("cancelled", f"{what} was cancelled; nothing was changed.")


def storage_failed(error: OSError, what: str = "library") -> StorageFailed:
    """One sentence for what the operating system said of `what` (“library”, “export”, “picture”), without its path."""
    if error.errno in _FULL:
        return StorageFailed("disk_full", f"The disk that holds the {what} is full.", "Free some space and try again.")
    if error.errno in _FORBIDDEN:
        return StorageFailed(
            f"{what}_not_writable", f"The {what} cannot be written to.", "Check the folder's permissions."
        )
    return StorageFailed("storage_failed", f"The {what}'s disk failed ({error.strerror or 'unknown error'}).")
