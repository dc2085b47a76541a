"""The words of one session that a library is searched by: what masked readers may read of it, each text once.

Made by the first pass beside the masked tables, and sealed as a track of the session: it dies with the session's keys,
and a rotation seals it anew like any other. Holds no times, so that another clock changes nothing in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from curation.model import CurationState
from curation.search.session_words import Kind, SessionWords
from curation.search.terms import Term
from curation.veil import HIDDEN, Veil
from replay.errors import BadInput
from replay.session import Session

VERSION: Final = 1
_SOUGHT: Final = (Kind.WINDOW, Kind.TEXT, Kind.TYPED, Kind.ELEMENT)
_BETWEEN: Final = "\n"


class LibraryWords(msgspec.Struct, frozen=True):
    """`texts`: field of the filter → all of its texts, folded, one a line."""

    v: int
    texts: dict[str, str]

    def has(self, term: Term) -> bool:
        """Whether a text of the term's field holds its value."""
        return term.folded in self.texts.get(term.field, "")

    @property
    def size(self) -> int:
        """Roughly what it takes in memory."""
        return sum(len(t) for t in self.texts.values())

    def to_bytes(self) -> bytes:
        return msgspec.msgpack.encode(self)

    @classmethod
    def from_bytes(cls, content: bytes) -> LibraryWords:
        """Raises BadInput where the bytes are no words of this format."""
        try:
            words = msgspec.msgpack.decode(content, type=cls)
        except (msgspec.DecodeError, UnicodeDecodeError) as e:
            raise _damaged() from e
        if words.v != VERSION:
            raise _damaged()
        return words


def words_of(session: Session, state: CurationState, veil: Veil) -> LibraryWords:
    """The words of a session as a veil leaves them."""
    found: dict[str, dict[str, None]] = {}
    words = SessionWords(session, state, (), veil)
    for kind in _SOUGHT:
        for entry in words.of(kind):
            for text in () if entry is None else entry.texts:
                shown = " ".join(text.shown().split())
                if shown and shown != HIDDEN:
                    found.setdefault(text.name, {})[shown.casefold()] = None
    return LibraryWords(VERSION, _joined(found))


def _joined(found: Mapping[str, Mapping[str, None]]) -> dict[str, str]:
    return {name: _BETWEEN.join(texts) for name, texts in sorted(found.items())}


def _damaged() -> BadInput:
    return BadInput(
        "search_damaged", "The words that a session is found by are damaged.", "“safelight screen LIB” makes them anew."
    )
