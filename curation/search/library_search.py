"""Search across a library: which sessions hold the words of a filter, and into how many nobody could look.

One lease on the masked tracks of the whole collection, one entry in the log for each query with counts alone: the
words sought may be captured ones, and whoever reads the log could try guesses against a hash of them. A session that
may not be read, or was never screened, is counted with the code of the reason.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from curation.search.library_words import LibraryWords
from curation.search.terms import Term
from replay.errors import BadInput, NotFound, SafelightError
from replay.store.sessions import SessionStore
from replay.store.track_classes import SEARCH
from replay.vault.actions import Action
from replay.vault.classes import TrackClass
from replay.vault.lease import Denied, Lease, Request
from replay.vault.log.device_log import LOG_REFUSED

ACT: Final = "search"
PURPOSE: Final = "curation"
KEPT_BYTES: Final = 256 << 20
_TELL_EVERY_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Found:
    """How far a search has come: `looked` sessions of `total`, the `ids` that fit among them, and why not the rest.

    `damaged` names those of the rest whose words, list or decisions were altered, with the code.
    """

    total: int
    looked: int = 0
    ids: tuple[str, ...] = ()
    not_looked: Mapping[str, int] = field(default_factory=dict)
    damaged: Mapping[str, str] = field(default_factory=dict)


_Kept = tuple[str, str, int]
WordsNow = Callable[[str], tuple[int, Callable[[], LibraryWords]] | None]
"""Of a session whose track does not do, because redactions or this kind of track came later: the head of its edit log
and how to make its words. None where the track does."""


class LibrarySearch:
    """Searches one library, keeping what it opened within a budget of bytes.

    A search that nobody wants any more may still be at work when the next begins, on another thread.
    """

    def __init__(self, store: SessionStore, kept_bytes: int = KEPT_BYTES) -> None:
        self._store = store
        self._kept: OrderedDict[_Kept, LibraryWords] = OrderedDict()
        self._kept_size = 0
        self._most_size = kept_bytes
        self._lock = threading.Lock()  # of what is kept

    def search(self, terms: Sequence[Term], sessions: Sequence[str], now: WordsNow) -> Iterator[Found]:
        """How far it has come, every few hundredths of a second; the last says all.

        Raises StorageFailed, and what reading the log raises.
        """
        self._write_down(terms, len(sessions))
        ids: list[str] = []
        not_looked: Counter[str] = Counter()
        damaged: dict[str, str] = {}
        lease = self._lease()
        if isinstance(lease, str):
            yield Found(len(sessions), 0, (), {lease: len(sessions)})
            return
        told_s = 0.0
        for n, session in enumerate(sessions, start=1):
            words = self._words(lease, session, now, damaged)
            if isinstance(words, str):
                not_looked[words] += 1
            elif all(words.has(t) != t.negated for t in terms):
                ids.append(session)
            if n == len(sessions) or time.monotonic() - told_s > _TELL_EVERY_S:
                told_s = time.monotonic()
                yield Found(len(sessions), n - not_looked.total(), tuple(ids), dict(not_looked), dict(damaged))
        if not sessions:
            yield Found(0)

    def _lease(self) -> Lease | str:
        try:
            lease = self._store.library.keys.lease(Request(Action.OPEN, TrackClass.MASKED, PURPOSE))
            lease.check()
        except Denied as e:
            self.forget()
            return e.code
        return lease

    def _write_down(self, terms: Sequence[Term], sessions: int) -> None:
        fields = " ".join(sorted({t.field for t in terms}))
        detail: dict[str, str | int] = {"sessions": sessions, "fields": fields}
        self._store.library.gate.audit(ACT, track_class=TrackClass.MASKED.value, purpose=PURPOSE, detail=detail)

    def _words(self, lease: Lease, session: str, now: WordsNow, damaged: dict[str, str]) -> LibraryWords | str:
        """The words of a session, or the code of why nobody may look."""
        try:
            lease.check()
            return self._unless_refused(session) or self._opened(lease, session, now)
        except LOG_REFUSED:
            raise
        except (BadInput, NotFound) as e:
            damaged[session] = e.code
            return e.code
        except SafelightError as e:
            return e.code

    def _unless_refused(self, session: str) -> str | None:
        """What the policy would say of this session alone, as the lease is of the whole collection."""
        library = self._store.library
        if library.consent(session).status == "withdrawn":
            return "consent_withdrawn"
        manifest = library.manifest(session)
        with library.gate.lock:
            floors = library.gate.membership.roster.floors
        if any(epoch < floors.get(track_class, 0) for track_class, epoch in manifest.epochs()):
            return "seal_outdated"
        return "unscreened" if manifest.screening is None else None

    def _opened(self, lease: Lease, session: str, now: WordsNow) -> LibraryWords:
        manifest = self._store.library.manifest(session)
        made = now(session)
        if made is not None:
            head, make = made
            return self._kept_or((session, "now", head), make)
        version = manifest.entry(SEARCH).version

        def read() -> LibraryWords:
            with self._store.open_leased(manifest, SEARCH, lease) as file:
                return LibraryWords.from_bytes(file.read())

        return self._kept_or((session, SEARCH, version), read)

    def _kept_or(self, key: _Kept, make: Callable[[], LibraryWords]) -> LibraryWords:
        with self._lock:
            words = self._kept.pop(key, None)
            if words is not None:
                self._kept[key] = words
                return words
        words = make()
        with self._lock:
            if key in self._kept:
                return self._kept[key]
            self._kept[key] = words
            self._kept_size += words.size
            while self._kept_size > self._most_size:
                self._kept_size -= self._kept.popitem(last=False)[1].size
        return words

    def forget(self) -> None:
        """Drop what was opened."""
        with self._lock:
            self._kept.clear()
            self._kept_size = 0
