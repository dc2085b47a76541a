"""Labels: judgements on spans."""

from __future__ import annotations

from dataclasses import replace

from curation.commands.result import UNCHANGED, Edits, Refusal, checked, fresh_id, missing
from curation.edits import LabelAdded, LabelChanged, LabelRemoved
from curation.labels.schemas import LabelSchemas
from curation.model import CurationState, Label
from replay.timebase import TimeRange


def add_label(
    state: CurationState,
    range: TimeRange,
    name: str,
    *,
    schema: str = "span",
    note: str = "",
    schemas: LabelSchemas | None = None,
) -> Edits | Refusal:
    """Label `range`. With `schemas`, the name must be one that its schema allows."""
    refusal = _not_allowed(schemas, schema, name)
    if refusal is not None:
        return refusal
    label = Label(fresh_id(), range, name, schema, note)
    if any((x.range, x.name, x.schema, x.note) == (range, name, schema, note) for x in state.labels.values()):
        return Refusal("label_exists", "There is already such a label on exactly this span.")
    return checked(state, (LabelAdded(label),), "Add label", label.id)


def change_label(
    state: CurationState,
    label_id: str,
    *,
    range: TimeRange | None = None,
    name: str | None = None,
    note: str | None = None,
    schemas: LabelSchemas | None = None,
) -> Edits | Refusal:
    """Change what is given (move or stretch it with `range`), keep the rest."""
    label = state.labels.get(label_id)
    if label is None:
        return missing("label")
    refusal = _not_allowed(schemas, label.schema, name) if name is not None else None
    if refusal is not None:
        return refusal
    new = replace(
        label,
        range=label.range if range is None else range,
        name=label.name if name is None else name,
        note=label.note if note is None else note,
    )
    return UNCHANGED if new == label else checked(state, (LabelChanged(new),), "Change label", label_id)


def remove_label(state: CurationState, label_id: str) -> Edits | Refusal:
    return checked(state, (LabelRemoved(label_id),), "Remove label", label_id)


def _not_allowed(schemas: LabelSchemas | None, schema: str, name: str) -> Refusal | None:
    if schemas is None:
        return None
    found = schemas.get(schema)
    if found is None:
        return Refusal("no_such_schema", "There is no label schema of this name.", f"Known: {', '.join(schemas.ids)}.")
    if not found.allows(name):
        names = ", ".join(n.name for n in found.names)
        return Refusal("label_not_in_schema", f"The schema “{found.id}” has no such label.", f"It has: {names}.")
    return None
