"""What is compared with what, and everything that the two sides show besides pictures, made off the GUI thread."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from app.core import Core
from curation.decision_states import state_at, state_of
from curation.edit_log import Transaction
from curation.model import CurationState, Redaction
from curation.redaction.plan import RedactionPlan, resolve
from curation.state_diff import Agreement, Difference, agreement, differences
from curation.veil import Veil
from replay.errors import SafelightError
from replay.overlay import OverlayIndex
from replay.session import Session
from replay.timebase import TimeRange
from widgets.timeline.model import items_of


@dataclass(frozen=True, slots=True)
class AtHead:
    """The decisions once the transaction with this head stood."""

    head: int


@dataclass(frozen=True, slots=True)
class By:
    """What one person alone decided."""

    author: str


Ref = AtHead | By | None
"""A state of the open session's decisions; None is what is in force."""


@dataclass(frozen=True, slots=True)
class BeforeAfter:
    """The session as it is shown, and as an export would paint it."""


@dataclass(frozen=True, slots=True)
class OtherSession:
    """Another session of the library; `id` is whole."""

    id: str


@dataclass(frozen=True, slots=True)
class TwoStates:
    """Two states of the open session's decisions."""

    left: Ref
    right: Ref


Comparison = BeforeAfter | OtherSession | TwoStates


@dataclass(frozen=True, slots=True)
class Dressed:
    """What lies over the pictures of one side. `plan` is for its masks; its words are those that `veil` leaves."""

    session: Session
    overlays: OverlayIndex
    state: CurationState
    plan: RedactionPlan | None
    veil: Veil
    hidden_because: str = ""


@dataclass(frozen=True, slots=True)
class Basis:
    """The open session as it is now; `history` and `undone` are its edit log's."""

    session: Session
    overlays: OverlayIndex
    state: CurationState
    history: tuple[Transaction, ...]
    undone: frozenset[str]


@dataclass(frozen=True, slots=True)
class Compared:
    """Two sides ready to show; `left` is None where it is what is in force. `places`: where things are, by id."""

    left: Dressed | None
    right: Dressed
    found: tuple[Difference, ...] = ()
    agreed: tuple[Agreement, ...] = ()
    places: tuple[tuple[str, TimeRange], ...] = ()


NOTHING_HIDDEN: Final[tuple[Redaction, ...]] = ()


def dressed(
    session: Session,
    overlays: OverlayIndex,
    state: CurationState,
    library_key: bytes,
    also_hidden: Iterable[Redaction] = NOTHING_HIDDEN,
) -> Dressed:
    """A side; what `also_hidden` redacts is not worded either. Where the plan is refused, every word is hidden."""
    more = {f"also-{r.id}": replace(r, id=f"also-{r.id}") for r in also_hidden if state.redactions.get(r.id) != r}
    try:
        plan = resolve(session, state, library_key)
        hiding = plan
        if more:
            hiding = resolve(session, replace(state, redactions={**state.redactions, **more}), library_key)
    except SafelightError as e:
        because = f"All text stays hidden: {e.sentence} {e.remedy}".rstrip()
        return Dressed(session, overlays, state, None, Veil(None), because)
    return Dressed(session, overlays, state, plan, Veil(hiding))


def before_after(basis: Basis, library_key: bytes) -> Compared:
    return Compared(None, dressed(basis.session, basis.overlays, basis.state, library_key))


def two_states(core: Core, basis: Basis, asked: TwoStates) -> Compared:
    """Both states dressed and compared. Raises Denied, Refused, BadInput."""
    left, right = (_state(basis, ref) for ref in (asked.left, asked.right))
    found = differences(left, right)
    two_people = isinstance(asked.right, By) and isinstance(asked.left, By)
    places = {
        item.id: item.range
        for state in (right, left)
        for item in items_of(state, basis.session.events, basis.session.extent)
    }
    return Compared(
        None if asked.left is None else _of_state(core, basis, left),
        _of_state(core, basis, right),
        found,
        agreement(left, right) if two_people else (),
        tuple(places.items()),
    )


def _state(basis: Basis, ref: Ref) -> CurationState:
    if ref is None:
        return basis.state
    if isinstance(ref, AtHead):
        return state_at(basis.history, ref.head)
    return state_of(basis.history, basis.undone, ref.author)


def _of_state(core: Core, basis: Basis, state: CurationState) -> Dressed:
    session, overlays = basis.session, basis.overlays
    if state.correction != basis.state.correction:
        session = core.store.load(session.id, correction=state.correction)
        overlays = OverlayIndex(session)
    # What is redacted by now is worded on no side, whatever was decided when.
    return dressed(session, overlays, state, core.library.key, basis.state.redactions.values())
