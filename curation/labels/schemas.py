"""Label schemas: which labels there are and what they say, as versioned data that a team can replace.

Shipped ones lie in `resources/labels/*.toml`; a team's own file with the same id takes the shipped one's place.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import msgspec

import resources
from replay.errors import BadInput
from replay.shown_name import shown_name

SHIPPED: Final = ("episode", "span", "step", "region")
_MAX_BYTES: Final = 256 * 1024

_Id = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
_Line = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class AppliesTo(StrEnum):
    EPISODE = "episode"
    SPAN = "span"
    STEP = "step"
    REGION = "region"


class FieldType(StrEnum):
    TEXT = "text"
    CHOICE = "choice"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    TIME = "time"  # t_ns


class LabelName(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One label a schema offers; `name` is what is stored and exported."""

    name: _Line
    title: _Line
    description: str = ""


class LabelField(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing a label of the schema can say besides its name; `minimum` and `maximum` are inclusive."""

    name: _Id
    title: _Line
    type: FieldType
    choices: tuple[_Line, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    required: bool = False


class LabelSchema(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One schema. `open`: other one-line names than the listed are allowed too."""

    id: _Id
    version: Annotated[int, msgspec.Meta(ge=1)]
    title: _Line
    applies_to: AppliesTo
    open: bool = False
    nested: bool = False
    names: tuple[LabelName, ...] = ()
    fields: tuple[LabelField, ...] = ()

    def allows(self, name: str) -> bool:
        """Whether a label of this schema may have this name."""
        return (self.open and bool(name.strip())) or any(n.name == name for n in self.names)


class LabelSchemas:
    """The schemas in force, by id."""

    def __init__(self, schemas: Iterable[LabelSchema]) -> None:
        self._by_id = {s.id: s for s in schemas}

    def get(self, schema_id: str) -> LabelSchema | None:
        return self._by_id.get(schema_id)

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(self._by_id)

    @property
    def all(self) -> tuple[LabelSchema, ...]:
        return tuple(self._by_id.values())


def load_schemas(folder: Path | None = None) -> LabelSchemas:
    """The shipped schemas, with those in `folder` (`*.toml`) added or put in their place. Raises BadInput."""
    schemas = [parse_schema(resources.read_text(f"labels/{name}.toml"), name) for name in SHIPPED]
    if folder is not None and folder.is_dir():
        schemas += [_from_file(path) for path in sorted(folder.glob("*.toml"))]
    return LabelSchemas(schemas)


def parse_schema(text: str, what: str) -> LabelSchema:
    """One schema from TOML; `what` names it in the sentence of a BadInput."""
    try:
        schema = msgspec.convert(tomllib.loads(text), LabelSchema)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, RecursionError) as e:
        raise _bad(what, str(e)) from e
    _check(schema, what)
    return schema


def _from_file(path: Path) -> LabelSchema:
    shown = shown_name(path.stem)
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise _bad(shown, "it is larger than a label schema can be")
        return parse_schema(path.read_text(encoding="utf-8"), shown)
    except (OSError, UnicodeDecodeError) as e:
        raise _bad(shown, "it cannot be read as UTF-8 text") from e


def _check(schema: LabelSchema, what: str) -> None:
    names = [n.name for n in schema.names]
    fields = [f.name for f in schema.fields]
    if len(set(names)) != len(names) or len(set(fields)) != len(fields):
        raise _bad(what, "a name or field is listed twice")
    if not names and not fields and not schema.open:
        raise _bad(what, "it offers no names and no fields")
    for f in schema.fields:
        if (f.type is FieldType.CHOICE) != bool(f.choices):
            raise _bad(what, f"the field “{f.name}” must be a choice exactly if it lists choices")
        if f.minimum is not None and f.maximum is not None and f.minimum > f.maximum:
            raise _bad(what, f"the field “{f.name}” has its minimum above its maximum")


def _bad(what: str, why: str) -> BadInput:
    return BadInput(
        "bad_label_schema", f"The label schema “{what}” cannot be used: {why}.", "Correct or remove its file."
    )
