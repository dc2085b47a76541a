"""From edits to state: what each edit does, how it is taken back, and what is refused.

Pure: the same edits in the same order give the same state everywhere. Raises only Refused, with a stable code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from curation.edits import (
    CutAdded,
    CutChanged,
    CutRemoved,
    Edit,
    EpisodeChanged,
    EpisodeMarked,
    EpisodeRemoved,
    LabelAdded,
    LabelChanged,
    LabelRemoved,
    RedactionAdded,
    RedactionChanged,
    RedactionLifted,
    StateMoved,
    SyncMeasured,
    SyncNudged,
)
from curation.model import CurationState
from curation.rules import check_measured, check_nudge, check_thing
from curation.touches import Address, Kind, Touch, Verb, touch_of
from replay.errors import Refused

_MAKERS: Final[Mapping[Kind, Mapping[Verb, Any]]] = {
    Kind.LABEL: {Verb.ADDED: LabelAdded, Verb.CHANGED: LabelChanged, Verb.REMOVED: LabelRemoved},
    Kind.EPISODE: {Verb.ADDED: EpisodeMarked, Verb.CHANGED: EpisodeChanged, Verb.REMOVED: EpisodeRemoved},
    Kind.CUT: {Verb.ADDED: CutAdded, Verb.CHANGED: CutChanged, Verb.REMOVED: CutRemoved},
    Kind.REDACTION: {Verb.ADDED: RedactionAdded, Verb.CHANGED: RedactionChanged, Verb.REMOVED: RedactionLifted},
}


def apply(state: CurationState, edit: Edit) -> CurationState:
    """The state after `edit`; `state` itself is untouched. Raises Refused."""
    return fold((edit,), state)


def fold(edits: Iterable[Edit], start: CurationState | None = None) -> CurationState:
    """The state after all of `edits`, in order, from `start` (nothing decided). Raises Refused, changing nothing."""
    draft = Draft(start)
    for edit in edits:
        draft.take(edit)
    return draft.frozen()


def inverse(state_before: CurationState, edit: Edit) -> Edit:
    """The edit that takes `edit` back, given the state it was applied to. Raises Refused where `edit` would be."""
    return Draft(state_before).take(edit)


class Draft:
    """A state being built: one copy of each mapping however many edits follow."""

    def __init__(self, start: CurationState | None = None) -> None:
        start = start or CurationState()
        self._things: dict[Kind, dict[str, Any]] = {
            Kind.LABEL: dict(start.labels),
            Kind.EPISODE: dict(start.episodes),
            Kind.CUT: dict(start.cuts),
            Kind.REDACTION: dict(start.redactions),
        }
        self._nudge_ns = start.sync_nudge_ns
        self._measured = start.measured_sync
        self._state = start.state

    def take(self, edit: Edit) -> Edit:
        """Apply `edit` and return the edit that takes it back. Raises Refused, leaving the draft as it was."""
        if isinstance(edit, SyncNudged):
            check_nudge(self._nudge_ns + edit.delta_ns)
            self._nudge_ns += edit.delta_ns
            return SyncNudged(-edit.delta_ns)
        if isinstance(edit, SyncMeasured):
            check_measured(edit.sync)
            undoing = SyncMeasured(self._measured)
            self._measured = edit.sync
            return undoing
        if isinstance(edit, StateMoved):
            back = StateMoved(self._state)
            self._state = edit.state
            return back
        return self._take_thing(touch_of(edit))

    def at(self, address: Address) -> object:
        """What stands at `address`; None where nothing does."""
        kind, id_ = address
        if kind is Kind.SYNC:
            return self._nudge_ns, self._measured
        return self._state if kind is Kind.STATE else self._things[kind].get(id_)

    def frozen(self) -> CurationState:
        """The state as it stands. The draft goes on with copies."""
        things = {kind: MappingProxyType(dict(values)) for kind, values in self._things.items()}
        return CurationState(
            labels=things[Kind.LABEL],
            episodes=things[Kind.EPISODE],
            cuts=things[Kind.CUT],
            redactions=things[Kind.REDACTION],
            sync_nudge_ns=self._nudge_ns,
            state=self._state,
            measured_sync=self._measured,
        )

    def _take_thing(self, touch: Touch) -> Edit:
        things, makers = self._things[touch.kind], _MAKERS[touch.kind]
        before = things.get(touch.id)
        undoing: Edit
        if touch.verb is Verb.ADDED:
            if before is not None:
                raise Refused("id_in_use", f"There is already a {touch.kind} with this id.")
            undoing = makers[Verb.REMOVED](touch.id)
        elif before is None:
            raise Refused(
                f"no_such_{touch.kind}", f"There is no {touch.kind} with this id.", "It may have been removed."
            )
        else:
            undoing = makers[Verb.CHANGED if touch.verb is Verb.CHANGED else Verb.ADDED](before)
        if touch.verb is Verb.REMOVED:
            del things[touch.id]
            return undoing
        check_thing(touch.thing)
        if before is not None and type(touch.thing) is not type(before):
            raise Refused("redaction_kind_changed", "A redaction cannot become one of another kind.")
        things[touch.id] = touch.thing
        return undoing
