"""Entries that count for nothing and are shown all the same: of strangers, and of devices after their revocation.

Whoever is refused has no say in what holds, but that they tried is worth knowing. Their words are their own: a
stranger can write anything here, or nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from replay.errors import BadInput, storage_failed
from replay.vault.canonical import read_canonical
from replay.vault.card import Card
from replay.vault.disk import Disk
from replay.vault.log.device_log import CARD_NAME, DeviceLog, LogAltered
from replay.vault.log.entry import Entry

_MAX_CARD_BYTES = 16 * 1024


def uncounted_entries(
    folder: Path, library: str, cards: Mapping[str, Card], limits: Mapping[str, int]
) -> Iterator[Entry]:
    """In merged order (time, device, seq); each signed by the device that it names. Raises StorageFailed."""
    found: list[Entry] = []
    for card in _devices(folder, cards):
        start = limits.get(card.id) if card.id in cards else 0
        if start is not None:
            found += [e for e in _readable(folder, library, card) if e.seq >= start]
    return iter(sorted(found, key=lambda e: e.order))


def _devices(folder: Path, cards: Mapping[str, Card]) -> Iterator[Card]:
    try:
        names = sorted(p.name for p in folder.iterdir() if p.is_dir())
    except FileNotFoundError:
        return
    except OSError as e:
        raise storage_failed(e) from e
    for name in names:
        card = cards.get(name) or _stranger(folder / name)
        if card is not None and card.id == name:
            yield card


def _stranger(folder: Path) -> Card | None:
    """The card that a device left beside its log; its id follows from its keys, so it cannot be another's."""
    try:
        with open(folder / CARD_NAME, "rb") as f:
            return Card.from_dict(read_canonical(f.read(_MAX_CARD_BYTES)))
    except (BadInput, OSError):
        return None


def _readable(folder: Path, library: str, card: Card) -> list[Entry]:
    """The entries up to the first that its device did not write."""
    limit = None
    while True:
        try:
            return DeviceLog(folder, library, card, Disk()).read_tail(limit)
        except LogAltered as e:
            if not e.seq:
                return []
            limit = e.seq
