"""Signed checkpoints: “this log has `size` entries under this root”, as C2SP writes them.

Text: c2sp.org/tlog-checkpoint inside c2sp.org/signed-note, Ed25519 (signature type 0x01). Each line of a device's log
carries the signature alone; the note around it can be rebuilt, so that any other tool can check it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from replay.errors import BadInput
from replay.vault.log.merkle import HASH_BYTES

SIGNATURE_BYTES: Final = 64
_ED25519: Final = b"\x01"
_DASH: Final = "\u2014 "
_MAX_NOTE_BYTES: Final = 64 * 1024


class CheckpointRefused(BadInput):
    """A checkpoint that is not what it says: malformed, of another log, or not signed by the key."""

    def __init__(self, what: str) -> None:
        super().__init__("checkpoint_refused", f"The checkpoint of an audit log is refused: {what}.")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`origin` names the log; `root` is the RFC 6962 root over its first `size` entries."""

    origin: str
    size: int
    root: bytes

    @property
    def body(self) -> bytes:
        """What is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n".encode()


def origin_of(library: str, device: str) -> str:
    """The name of one device's log, which is also the name of its key."""
    return f"safelight/{library}/{device}"


def verify_signature(checkpoint: Checkpoint, signature: bytes, key: Ed25519PublicKey) -> bool:
    try:
        key.verify(signature, checkpoint.body)
    except InvalidSignature:
        return False
    return True


def key_hash(name: str, public_key: bytes) -> bytes:
    """The four bytes by which a signed note names a key (c2sp.org/signed-note)."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public_key).digest()[:4]


def note_of(checkpoint: Checkpoint, signature: bytes, public_key: bytes) -> str:
    """The signed note around a signature that was made over the checkpoint's body."""
    blob = base64.b64encode(key_hash(checkpoint.origin, public_key) + signature).decode()
    return f"{checkpoint.body.decode()}\n{_DASH}{checkpoint.origin} {blob}\n"


def sign(checkpoint: Checkpoint, sign_bytes: Callable[[bytes], bytes], public_key: bytes) -> str:
    """A signed note; `sign_bytes` makes the Ed25519 signature."""
    return note_of(checkpoint, sign_bytes(checkpoint.body), public_key)


def verify(note: str, origin: str, public_key: bytes) -> Checkpoint:
    """The checkpoint in a signed note of the log `origin`. Lines of other signers are passed over.

    Raises CheckpointRefused.
    """
    checkpoint, signatures = parse(note)
    if checkpoint.origin != origin:
        raise CheckpointRefused("it speaks of another log")
    named = origin, key_hash(origin, public_key)
    ours = [s[4:] for name, s in signatures if (name, s[:4]) == named and len(s) == 4 + SIGNATURE_BYTES]
    key = Ed25519PublicKey.from_public_bytes(public_key)
    if not ours or not all(verify_signature(checkpoint, s, key) for s in ours):
        raise CheckpointRefused("the key did not sign it")
    return checkpoint


def parse(note: str) -> tuple[Checkpoint, tuple[tuple[str, bytes], ...]]:
    """(what a signed note says, its signatures as (name, key hash ‖ signature)); nothing is verified.

    Raises CheckpointRefused.
    """
    text, gap, tail = note.rpartition("\n\n")
    lines = text.split("\n")
    if not gap or not tail.endswith("\n") or len(note.encode()) > _MAX_NOTE_BYTES or len(lines) < 3:
        raise CheckpointRefused("it is no signed note")
    if not lines[0] or not lines[1].isascii() or not lines[1].isdigit() or (lines[1] != "0" and lines[1][0] == "0"):
        raise CheckpointRefused("it is no checkpoint")
    root = _decoded(lines[2])
    if len(root) != HASH_BYTES:
        raise CheckpointRefused("its root is no hash")
    checkpoint = Checkpoint(lines[0], int(lines[1]), root)
    if checkpoint.body.decode() != f"{text}\n":
        raise CheckpointRefused("it says more than a checkpoint does")
    return checkpoint, tuple(_signature(line) for line in tail[:-1].split("\n"))


def _signature(line: str) -> tuple[str, bytes]:
    name, _, blob = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not name or not blob:
        raise CheckpointRefused("a signature line is malformed")
    return name, _decoded(blob)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise CheckpointRefused("a part of it is no base64") from None
