"""What a command answers with."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass

from curation.edits import Edit
from curation.model import CurationState
from curation.reducer import fold
from replay.errors import Refused


@dataclass(frozen=True, slots=True)
class Edits:
    """One transaction's worth of edits. `ids` are the things it makes or changes, in order; `title` names the act."""

    edits: tuple[Edit, ...]
    title: str
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a command cannot be carried out: a stable code, one sentence, what to do instead."""

    code: str
    sentence: str
    remedy: str = ""

    def error(self) -> Refused:
        return Refused(self.code, self.sentence, self.remedy)


def fresh_id() -> str:
    """A new id: 80 random bits, so that people who edit apart never meet."""
    return base64.b32encode(secrets.token_bytes(10)).decode().lower()


def checked(state: CurationState, edits: tuple[Edit, ...], title: str, *ids: str) -> Edits | Refusal:
    """`Edits` where `state` takes them, else the Refusal that says why not."""
    try:
        fold(edits, state)
    except Refused as e:
        return Refusal(e.code, e.sentence, e.remedy)
    return Edits(edits, title, ids)


UNCHANGED = Refusal("nothing_to_change", "This would change nothing.")


def missing(kind: str) -> Refusal:
    """The Refusal for an id that nothing has."""
    return Refusal(f"no_such_{kind}", f"There is no {kind} with this id.", "It may have been removed.")
