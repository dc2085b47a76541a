"""The Merkle tree of RFC 6962, section 2.1: append, roots, proofs and their verification.

Proofs are verified as RFC 9162, sections 2.1.3.2 and 2.1.4.2, writes it down.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one entry; its first byte keeps an entry from passing for an inner node."""
    return hashlib.sha256(b"\x00" + entry).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """The right edge of a growing tree: one hash per set bit of `size`, the largest subtree first."""

    __slots__ = ("_edge", "size")

    def __init__(self) -> None:
        self.size = 0
        self._edge: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        node, full = leaf, self.size
        while full & 1:
            node = _node(self._edge.pop(), node)
            full >>= 1
        self._edge.append(node)
        self.size += 1

    def root(self) -> bytes:
        if not self._edge:
            return EMPTY_ROOT
        node = self._edge[-1]
        for left in reversed(self._edge[:-1]):
            node = _node(left, node)
        return node

    def copy(self) -> Tree:
        other = Tree()
        other.size, other._edge = self.size, list(self._edge)
        return other


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes."""
    tree = Tree()
    for leaf in leaves:
        tree.append(leaf)
    return tree.root()


def _split(size: int) -> int:
    """The largest power of two below `size` (≥ 2)."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The audit path of leaf `index`, nearest sibling first. IndexError where there is no such leaf."""
    if not 0 <= index < len(leaves):
        raise IndexError(index)
    path: list[bytes] = []
    while len(leaves) > 1:
        cut = _split(len(leaves))
        left, right = leaves[:cut], leaves[cut:]
        if index < cut:
            path.append(root_of(right))
            leaves = left
        else:
            path.append(root_of(left))
            leaves, index = right, index - cut
    return path[::-1]


def consistency_proof(leaves: Sequence[bytes], old: int) -> list[bytes]:
    """That the tree over the first `old` leaves is a prefix of the tree over all. IndexError beyond the leaves."""
    if not 0 <= old <= len(leaves):
        raise IndexError(old)
    if old in (0, len(leaves)):
        return []
    path: list[bytes] = []
    is_whole = True  # whether the old tree, as far as it was followed, is one subtree that its owner knows
    while old != len(leaves):
        cut = _split(len(leaves))
        if old <= cut:
            path.append(root_of(leaves[cut:]))
            leaves = leaves[:cut]
        else:
            path.append(root_of(leaves[:cut]))
            leaves, old, is_whole = leaves[cut:], old - cut, False
    if not is_whole:
        path.append(root_of(leaves))
    return path[::-1]


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `proof` shows that the leaf hash stands at `index` of the tree of `size` with that root."""
    if not 0 <= index < size or not _are_hashes(leaf, root, *proof):
        return False
    at, last, node = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            node = _node(sibling, node)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            node = _node(node, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and node == root


def verify_consistency(old_size: int, size: int, proof: Sequence[bytes], old_root: bytes, root: bytes) -> bool:
    """Whether `proof` shows that the tree of `old_size` (≥ 1: the empty tree proves nothing) is a prefix of `size`."""
    if not 0 < old_size <= size:
        return False
    if old_size == size:
        return not proof and old_root == root
    if not _are_hashes(old_root, root, *proof):
        return False
    path = [old_root, *proof] if old_size & (old_size - 1) == 0 else list(proof)
    return bool(path) and _replayed(old_size, size, path) == (old_root, root)


def _are_hashes(*values: bytes) -> bool:
    return all(len(v) == HASH_BYTES for v in values)


def _replayed(old_size: int, size: int, path: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """(the old root, the new root) that a consistency path leads to; None where its length does not fit."""
    at, last = old_size - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return None
        if at & 1 or at == last:
            old, new = _node(sibling, old), _node(sibling, new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = _node(new, sibling)
        at, last = at >> 1, last >> 1
    return (old, new) if last == 0 else None
