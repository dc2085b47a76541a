"""The bodies of statements as values: what a statement must hold is the shape of a dataclass, exactly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

import msgspec

from replay.errors import BadInput

_T = TypeVar("_T")


class MalformedStatement(BadInput):
    """A signed statement that does not say what its kind must say. Code: <kind>_malformed."""

    def __init__(self, kind: str) -> None:
        super().__init__(
            f"{kind}_malformed",
            f"A signed {kind} statement does not hold what it must.",
            "Restore it from a backup of the library, or have a custodian issue it again.",
        )


def body_of(value: Any) -> dict[str, Any]:
    """A dataclass as a statement's body: enums by value, bytes in base64, tuples as lists."""
    # By way of JSON text: `to_builtins` would leave tuples, which never equal the lists of a document that was read.
    return cast(dict[str, Any], msgspec.json.decode(msgspec.json.encode(value)))


def value_of(shape: type[_T], untrusted: Mapping[str, Any], kind: str) -> _T:
    """The dataclass that `body_of` would write as exactly this body.

    Raises MalformedStatement for a member that is missing, unknown, of another type or in a second spelling.
    """
    try:
        value = msgspec.convert(untrusted, shape)
    except (msgspec.ValidationError, RecursionError):
        # `from None`: the library's message quotes what it found.
        raise MalformedStatement(kind) from None
    # A conversion ignores unknown members and fills in defaults; written again they would differ.
    if body_of(value) != untrusted:
        raise MalformedStatement(kind)
    return value
