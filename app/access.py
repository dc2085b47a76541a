"""Taking access away, whole: the revocation and the rotation that it needs, for the command line and the window."""

from __future__ import annotations

import time
from dataclasses import dataclass

from curation.edit_log import EditLog
from replay.store.library import Library
from replay.store.rotation import Report, Rotated, Rotation
from replay.vault.administration import Administration
from replay.vault.payloads import LabelKeys, LabelsSeal, epoch_of


@dataclass(frozen=True, slots=True)
class Revoked:
    """`missing` as `Administration.outstanding`; `denied_after_s`: when the gate began to deny them."""

    missing: tuple[str, ...]
    denied_after_s: float
    rotated: Rotated

    @property
    def status(self) -> str:
        return "pending" if self.missing else "done"


def revoke(library: Library, person: str, report: Report) -> Revoked:
    """End somebody's access and seal anew what they could read; taken up again where it was cut short.

    Raises Denied, Refused, RosterRefused, BadInput, StorageFailed; then what was done holds, and the rest is pending.
    """
    administration = Administration(library.gate)
    began_s = time.monotonic()
    administration.revoke(person)
    denied_after_s = time.monotonic() - began_s
    rotated = rotate(library, report) if "rotation" in administration.outstanding(person) else Rotated(is_done=True)
    return Revoked(administration.outstanding(person), denied_after_s, rotated)


def rotate(library: Library, report: Report) -> Rotated:
    """Finish whatever revocation is pending. Raises as `revoke` does."""

    def reseal_decisions(keys: LabelKeys) -> None:
        _reseal_decisions(library, keys)

    return Rotation(library, reseal_decisions, report).run()


def _reseal_decisions(library: Library, keys: LabelKeys) -> None:
    epoch = keys.labels_epoch()
    log = EditLog(library.edits_path, LabelsSeal(keys))
    try:
        known = set(library.gate.published_ids())
        changed = [log.resealed(s, lambda payload: epoch_of(payload) >= epoch) for s in log.heads() if s in known]
        if any(changed):
            log.compact()
    finally:
        log.close()
