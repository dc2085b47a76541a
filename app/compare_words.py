"""How comparisons, their sides and what they differ in read on screen."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Final

from app.comparison import BeforeAfter, By, Compared, Comparison, OtherSession, Ref
from curation.edit_log import Transaction
from curation.model import Cut, Episode, KeysRedaction, Label, RectRedaction, TextRedaction
from curation.state_diff import Agreement, Difference, Where
from curation.touches import Kind
from replay.timebase import TimeRange, format_t
from widgets.compare_view import Titles
from widgets.difference_list import DifferenceRow
from widgets.wording import ago, short_id, span, words

_ICONS: Final = {
    Kind.LABEL: "tag",
    Kind.EPISODE: "flag",
    Kind.CUT: "scissors",
    Kind.REDACTION: "eye-off",
    Kind.SYNC: "clock",
    Kind.STATE: "circle-dot",
}
_NS_PER_MS: Final = 1_000_000


def titles(what: Comparison, open_id: str, history: Sequence[Transaction], names: Mapping[str, str]) -> Titles:
    if isinstance(what, BeforeAfter):
        return Titles("Before and after redaction", "As shown here", "As an export would paint it")
    if isinstance(what, OtherSession):
        return Titles("Two sessions", f"Session {short_id(open_id)}", f"Session {short_id(what.id)}")
    left, right = (state_title(ref, history, names) for ref in (what.left, what.right))
    return Titles("Two states of the decisions", left, right)


def state_title(ref: Ref, history: Sequence[Transaction], names: Mapping[str, str]) -> str:
    if ref is None:
        return "As decided now"
    if isinstance(ref, By):
        return f"Only what {names.get(ref.author, ref.author)} decided"
    return next((after_title(t, names) for t in history if t.head == ref.head), "Before anything was decided")


def after_title(t: Transaction, names: Mapping[str, str]) -> str:
    when = ago(t.time_ns // _NS_PER_MS, time.time_ns() // _NS_PER_MS)
    return f"After edit {t.head}, “{t.title}”, {names.get(t.author, t.author)}, {when}"


def difference_rows(compared: Compared) -> tuple[DifferenceRow, ...]:
    places = dict(compared.places)
    return tuple(_row(d, places) for d in compared.found)


def _row(d: Difference, places: Mapping[str, TimeRange]) -> DifferenceRow:
    thing = d.left if d.left is not None else d.right
    id_ = getattr(thing, "id", None)
    place = places.get(id_) if isinstance(id_, str) else None
    how = {Where.LEFT: "only left", Where.RIGHT: "only right", Where.CHANGED: _changed(d)}[d.where]
    detail = how if place is None else f"{format_t(place.start_ns)} · {how}"
    color = "accent" if d.where is Where.CHANGED else "info_text"
    t_ns = None if place is None else place.start_ns
    return DifferenceRow(_ICONS[d.kind], _title(d.kind, thing), detail, color, id=id_, t_ns=t_ns)


def _changed(d: Difference) -> str:
    return f"differs in {', '.join(f.replace('_', ' ') for f in d.fields)}" if d.fields else "differs"


def _title(kind: Kind, thing: object) -> str:
    if isinstance(thing, Label):
        return words(thing.name)
    if isinstance(thing, Episode):
        return thing.goal or "Episode"
    if isinstance(thing, Cut):
        return thing.reason or "Cut"
    if isinstance(thing, RectRedaction):
        return "Mask"
    if isinstance(thing, KeysRedaction):
        return "Redacted keys"
    if kind is Kind.REDACTION:
        return "Redacted text" if isinstance(thing, TextRedaction) else "Redacted window"
    return "The events' clock" if kind is Kind.SYNC else "The session's state"


def agreement_rows(found: Sequence[Agreement]) -> tuple[DifferenceRow, ...]:
    plural = {Kind.EPISODE: "Episodes", Kind.CUT: "Cuts"}
    return tuple(
        DifferenceRow(
            _ICONS[a.kind],
            f"{words(a.name) if a.name else plural[a.kind]}: {a.ratio:.0%}",
            f"{span(a.left_ns)} left, {span(a.right_ns)} right, {span(a.both_ns)} both",
            "ok_text",
            a.ratio,
        )
        for a in found
    )
