"""Other states of a session's decisions than the one in force: as they once were, and as one person alone decided.

Pure folds over the transactions of the edit log; nothing here can be committed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from curation.edit_log import Transaction, TransactionKind
from curation.edits import CutAdded, Edit, EpisodeMarked, LabelAdded, RedactionAdded
from curation.model import CurationState, Cut, Episode, Label
from curation.reducer import Draft, fold
from curation.touches import Thing, Verb, touch_of


def state_at(history: Sequence[Transaction], head: int) -> CurationState:
    """Everything decided once the transaction with this head stood; 0 is before the first. Raises Refused."""
    return fold(e for t in history if t.head <= head for e in t.edits)


def authors_of(history: Sequence[Transaction]) -> tuple[str, ...]:
    """Who decided anything, in the order of their first transaction."""
    return tuple(dict.fromkeys(t.author for t in history))


def state_of(history: Sequence[Transaction], undone: Collection[str], author: str) -> CurationState:
    """What `author` decided, as if nobody else had: each thing as they left it, none that they removed.

    A thing of somebody else's that they changed is theirs as changed. `undone` are the ids of transactions that are
    taken back. Raises Refused where the log holds what its rules refuse.
    """
    draft = Draft()
    for t in history:
        # An undo is left out with what it takes back, so that nothing of others comes in by it.
        if t.author == author and t.intent.kind is TransactionKind.EDIT and t.id not in undone:
            for edit in t.edits:
                _take(draft, edit)
    return draft.frozen()


def _take(draft: Draft, edit: Edit) -> None:
    touch = touch_of(edit)
    is_there = bool(touch.id) and draft.at(touch.address) is not None
    if touch.id and not is_there:
        if touch.verb is Verb.REMOVED:
            return
        if touch.verb is Verb.CHANGED and touch.thing is not None:
            edit = _added(touch.thing)
    draft.take(edit)


def _added(thing: Thing) -> Edit:
    if isinstance(thing, Label):
        return LabelAdded(thing)
    if isinstance(thing, Episode):
        return EpisodeMarked(thing)
    return CutAdded(thing) if isinstance(thing, Cut) else RedactionAdded(thing)
