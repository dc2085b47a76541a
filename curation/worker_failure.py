"""A refusal on its way from a worker process to its parent: the same error on both sides of the pipe."""

from __future__ import annotations

from typing import Final

import msgspec

from replay.errors import BadInput, Cancelled, NotFound, Refused, SafelightError, StorageFailed

_FAMILY: Final = {c.__name__: c for c in (BadInput, NotFound, Refused, StorageFailed)}


class Failed(msgspec.Struct, frozen=True, tag="error"):
    """What a worker refused with; `kind` names the family of errors it belongs to."""

    kind: str
    code: str
    sentence: str
    remedy: str

    @classmethod
    def of(cls, error: SafelightError) -> Failed:
        kind = next((c.__name__ for c in type(error).__mro__ if c.__name__ in _FAMILY), type(error).__name__)
        return cls(kind, error.code, error.sentence, error.remedy)

    def error(self, what: str) -> SafelightError:
        """The error to raise; `what` names the work where it was cancelled."""
        if self.kind == Cancelled.__name__:
            return Cancelled(what)
        # A worker that names no family has crashed or lies: its work is refused, whatever it says.
        return _FAMILY.get(self.kind, Refused)(self.code, self.sentence, self.remedy)
