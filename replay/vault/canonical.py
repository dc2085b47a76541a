"""One spelling for every value that is hashed, signed or bound: JSON as RFC 8785 (JCS) writes it."""

from __future__ import annotations

import json
from typing import Any, Final

import rfc8785

from replay.errors import BadInput


class NotCanonical(BadInput):
    """A value that RFC 8785 cannot spell, or bytes that are not its spelling."""


def canonical(value: Any) -> bytes:
    """`value` (dict with string keys, list, tuple, str, int, float, bool, None) as RFC 8785 bytes.

    Raises NotCanonical (value_not_canonical) for numbers that are not finite, integers beyond ±(2^53 − 1), lone
    surrogates, other types and nesting beyond what the interpreter can follow.
    """
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError, RecursionError):
        # `from None`: the library quotes the value, and a value may be captured content.
        raise NotCanonical("value_not_canonical", "A value cannot be written as canonical JSON.") from None


def read_canonical(untrusted: bytes) -> Any:
    """The value whose one canonical spelling these bytes are; duplicate keys, spaces and the like are refused.

    Raises NotCanonical (not_canonical).
    """
    try:
        value = _DECODER.decode(untrusted.decode("utf-8"))
        if rfc8785.dumps(value) == untrusted:
            return value
    except (ValueError, RecursionError):
        pass
    raise NotCanonical("not_canonical", "A signed document is damaged: it is not canonical JSON.")


def _integer(digits: str) -> int | float:
    # RFC 8785 spells whole floats from 2^53 up to 10^21 as plain digits; read back as int they would be refused.
    return int(digits) if len(digits) <= _SAFE_DIGITS else float(digits)


_SAFE_DIGITS: Final = 16
_DECODER: Final = json.JSONDecoder(parse_int=_integer)
