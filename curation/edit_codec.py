"""Edits to bytes and back: one JSON document per edit, tagged with its kind and the version of its form.

Bytes come from a file that others may have written: unknown kinds, versions and fields, wrong types and sizes are
refused with BadInput, and nothing is guessed.
"""

from __future__ import annotations

from typing import Any, Final, get_args

import msgspec

from curation.edits import Edit
from curation.model import KeysRedaction, RectRedaction, Redaction, TextRedaction, WindowRedaction
from replay.errors import BadInput

VERSION: Final = 1
MAX_BYTES: Final = 16 * 1024 * 1024


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


_EDIT_TYPES: Final[dict[str, type]] = {_snake(t.__name__): t for t in get_args(Edit)}
_KINDS: Final[dict[type, str]] = {t: kind for kind, t in _EDIT_TYPES.items()}
_REDACTION_TYPES: Final[dict[str, type]] = {
    "rect": RectRedaction,
    "keys": KeysRedaction,
    "text": TextRedaction,
    "window": WindowRedaction,
}
_REDACTION_TAGS: Final[dict[type, str]] = {t: tag for tag, t in _REDACTION_TYPES.items()}


def kind_of(edit: Edit) -> str:
    """The stable name of an edit's kind, such as `label_added`."""
    return _KINDS[type(edit)]


def encode(edit: Edit) -> bytes:
    """One edit as JSON. Raises BadInput for what would not come back as it was, and for too much of it."""
    try:
        body = msgspec.to_builtins(edit)
        redaction: Redaction | None = getattr(edit, "redaction", None)
        if redaction is not None:
            body["redaction"]["type"] = _REDACTION_TAGS[type(redaction)]
        data = msgspec.json.encode({"v": VERSION, "kind": kind_of(edit), "edit": body})
    except (UnicodeEncodeError, OverflowError) as e:
        raise BadInput("edit_not_writable", "This edit holds a value that cannot be written down.") from e
    if len(data) > MAX_BYTES:
        raise BadInput("edit_too_large", "This edit is too large to be kept.", "Split it into smaller ones.")
    if decode(data) != edit:  # JSON has no NaN, and no integers beyond 64 bits
        raise BadInput("edit_not_writable", "This edit holds a value that cannot be written down.")
    return data


def decode(data: bytes) -> Edit:
    """The edit that `encode` wrote. Raises BadInput: `edit_newer` for a form this program does not know, else
    `edit_unreadable`."""
    document = _document(data)
    kind, body = document["kind"], document["edit"]
    if document["v"] != VERSION or kind not in _EDIT_TYPES:
        raise BadInput(
            "edit_newer", "This library holds an edit of a form this version does not know.", "Update the program."
        )
    edit_type = _EDIT_TYPES[kind]
    try:
        edit: Edit = _edit_with_redaction(edit_type, body) if "redaction" in body else _converted(body, edit_type)
    except (msgspec.ValidationError, TypeError, KeyError) as e:
        raise _unreadable() from e
    return edit


def _document(data: bytes) -> dict[str, Any]:
    if len(data) > MAX_BYTES:
        raise _unreadable()
    try:
        document = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as e:
        raise _unreadable() from e
    if not isinstance(document, dict) or set(document) != {"v", "kind", "edit"}:
        raise _unreadable()
    well_typed = isinstance(document["kind"], str) and isinstance(document["edit"], dict)
    if not well_typed or type(document["v"]) is not int:
        raise _unreadable()
    return document


def _edit_with_redaction(edit_type: type, body: dict[str, Any]) -> Any:
    if set(body) != {"redaction"}:
        raise _unreadable()
    fields = dict(body["redaction"])
    redaction_type = _REDACTION_TYPES[fields.pop("type")]
    return edit_type(_converted(fields, redaction_type))


def _converted(body: dict[str, Any], into: type) -> Any:
    value: Any = msgspec.convert(body, into, strict=True)
    # A field that this program would drop may be what another program meant.
    if not _holds(msgspec.to_builtins(value), body):
        raise _unreadable()
    return value


def _holds(known: Any, given: Any) -> bool:
    if isinstance(given, dict):
        return isinstance(known, dict) and all(k in known and _holds(known[k], v) for k, v in given.items())
    if isinstance(given, list):
        return len(known) == len(given) and all(_holds(k, g) for k, g in zip(known, given, strict=True))
    return True


def _unreadable() -> BadInput:
    return BadInput("edit_unreadable", "An edit in this library is damaged and cannot be read.", "Restore a copy.")
