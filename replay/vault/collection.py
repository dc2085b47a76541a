"""Small sealed objects of the whole collection: catalogue segments, the library key."""

from __future__ import annotations

from replay.errors import BadInput
from replay.vault.container import context_of, seal, unseal
from replay.vault.key_source import KeySource

_EPOCH_BYTES = 4


def seal_for_collection(keys: KeySource, name: str, content: bytes) -> bytes:
    """`content` sealed under the newest catalogue key, for this name alone. Raises Denied."""
    epoch, key = keys.collection_key(name)
    return sealed_under(keys.library_id, name, epoch, key, content)


def sealed_under(library_id: str, name: str, epoch: int, key: bytes, content: bytes) -> bytes:
    return epoch.to_bytes(_EPOCH_BYTES, "big") + seal(content, key, context_of(library=library_id, name=name))


def epoch_of_sealed(sealed: bytes) -> int:
    """The catalogue's epoch that an object says it is sealed under. Raises BadInput where it was cut off."""
    if len(sealed) <= _EPOCH_BYTES:
        raise BadInput("content_altered", "A sealed object of the library was cut off.", "Restore it from a backup.")
    return int.from_bytes(sealed[:_EPOCH_BYTES], "big")


def open_for_collection(keys: KeySource, name: str, sealed: bytes) -> bytes:
    """Raises BadInput where the bytes were altered or belong to another name, Denied where no key is held."""
    _, key = keys.collection_key(name, epoch_of_sealed(sealed))
    return opened_under(keys.library_id, name, key, sealed)


def opened_under(library_id: str, name: str, key: bytes, sealed: bytes) -> bytes:
    """What `sealed_under` sealed with the same key. Raises BadInput."""
    return unseal(sealed[_EPOCH_BYTES:], key, context_of(library=library_id, name=name))
