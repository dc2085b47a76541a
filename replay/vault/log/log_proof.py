"""A proof that one entry stands in a device's log: what an export carries, so that whoever receives it is a witness.

It holds hashes and a signed checkpoint, never the entry. Form: RFC 6962 inclusion, C2SP signed note.
"""

from __future__ import annotations

import base64
import binascii

import msgspec

from replay.vault.log import checkpoint as notes
from replay.vault.log.checkpoint import CheckpointRefused
from replay.vault.log.merkle import verify_inclusion


class LogProof(msgspec.Struct, frozen=True):
    """`leaf` and `path` are hex; `key` is the device's Ed25519 public key, base64; `checkpoint` is a signed note."""

    index: int
    leaf: str
    path: tuple[str, ...]
    checkpoint: str
    key: str

    def holds(self) -> bool:
        """Whether the checkpoint is signed by `key` and has the leaf at `index`. Whose key it is, is not said here."""
        try:
            stated, _ = notes.parse(self.checkpoint)
            checked = notes.verify(self.checkpoint, stated.origin, base64.b64decode(self.key, validate=True))
            leaf, path = bytes.fromhex(self.leaf), [bytes.fromhex(p) for p in self.path]
        except (CheckpointRefused, binascii.Error, ValueError):
            return False
        return verify_inclusion(self.index, checked.size, leaf, path, checked.root)
