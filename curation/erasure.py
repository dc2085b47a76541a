"""Erasing a person from a library, whole: keys, objects, rows, decisions; proved, and with a receipt for them.

Every step may be cut short and is finished by running it again. Nothing is remembered between runs: what is left to
do follows from the audit log and the folder.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from curation.edit_log import EditLog
from curation.export.stale import MadeExport, exports_of
from replay.store.forget import forget_sessions
from replay.store.library import Library
from replay.vault.erasure import Receipt, Shredded, prove, shred
from replay.vault.payloads import LabelsSeal

Report = Callable[[int, int, str], None]
_STEPS = 4


@dataclass(frozen=True, slots=True)
class ErasedSubject:
    """What is gone and what is not in our hands any more: `exports` are those that hold the person, now stale."""

    receipt: Receipt
    signed_receipt: bytes = field(repr=False)
    exports: tuple[MadeExport, ...]


def erase_subject(library: Library, subject: str, report: Report) -> ErasedSubject:
    """Erase everything of one person (pseudonym or handle).

    Raises Denied, NotFound, StorageFailed, BadInput (erasure_incomplete); from the first step on nothing of the person
    opens, and running it again goes on.
    """
    report(0, _STEPS, "Destroying keys")
    shredded = shred(library.gate, subject)
    report(1, _STEPS, "Removing objects")
    forget_sessions(library, shredded.sessions)
    report(2, _STEPS, "Removing decisions")
    _forget_decisions(library, shredded)
    report(3, _STEPS, "Proving")
    exports = tuple(e for e in exports_of(library) if not set(shredded.sessions).isdisjoint(e.sessions))
    receipt, signed = prove(library.gate, shredded, [e.manifest_sha256 for e in exports])
    return ErasedSubject(receipt, signed, exports)


def _forget_decisions(library: Library, shredded: Shredded) -> None:
    if not library.edits_path.exists():
        return
    log = EditLog(library.edits_path, LabelsSeal(library.keys))
    try:
        for session in shredded.sessions:
            log.forget(session)
    finally:
        log.close()
