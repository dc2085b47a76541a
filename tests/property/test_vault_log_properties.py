"""The log's tree equals RFC 6962's recursive definition; whatever happens to a log's bytes is noticed or harmless."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from replay.errors import BadInput
from replay.vault.log.entry import Entry
from replay.vault.log.merkle import (
    Tree,
    consistency_proof,
    inclusion_proof,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from replay.vault.log.verify_log import verify_log
from tests.log_libraries import LIBRARY, Bench

hashes = st.binary(min_size=32, max_size=32)


def defined_root(leaves):
    """MTH of RFC 6962, section 2.1, word by word; the leaves are hashed already."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + defined_root(leaves[:k]) + defined_root(leaves[k:])).digest()


def defined_path(m, leaves):
    """PATH(m, D[n]) of section 2.1.1."""
    if len(leaves) == 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m < k:
        return [*defined_path(m, leaves[:k]), defined_root(leaves[k:])]
    return [*defined_path(m - k, leaves[k:]), defined_root(leaves[:k])]


def defined_subproof(m, leaves, is_whole):
    """SUBPROOF(m, D[n], b) of section 2.1.2."""
    if m == len(leaves):
        return [] if is_whole else [defined_root(leaves)]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m <= k:
        return [*defined_subproof(m, leaves[:k], is_whole), defined_root(leaves[k:])]
    return [*defined_subproof(m - k, leaves[k:], False), defined_root(leaves[:k])]


@given(st.lists(hashes, max_size=70), st.data())
def test_roots_and_proofs_are_those_of_the_definition(leaves, data):
    tree = Tree()
    for leaf in leaves:
        tree.append(leaf)
    root = defined_root(leaves)
    assert tree.root() == root_of(leaves) == root
    if not leaves:
        return
    index = data.draw(st.integers(0, len(leaves) - 1))
    old = data.draw(st.integers(1, len(leaves)))
    path = inclusion_proof(leaves, index)
    assert path == defined_path(index, leaves)
    assert verify_inclusion(index, len(leaves), leaves[index], path, root)
    proof = consistency_proof(leaves, old)
    assert proof == defined_subproof(old, leaves, True)
    assert verify_consistency(old, len(leaves), proof, defined_root(leaves[:old]), root)


@given(st.lists(hashes, min_size=2, max_size=40, unique=True), st.data())
def test_a_proof_shows_nothing_else(leaves, data):
    index = data.draw(st.integers(0, len(leaves) - 1))
    other = data.draw(st.integers(0, len(leaves) - 1).filter(lambda i: i != index))
    root, path = root_of(leaves), inclusion_proof(leaves, index)
    assert not verify_inclusion(other, len(leaves), leaves[index], path, root)
    assert not verify_inclusion(index, len(leaves), leaves[other], path, root)
    old = data.draw(st.integers(1, len(leaves) - 1))
    forged = [*leaves]
    forged[data.draw(st.integers(0, old - 1))] = bytes(32)
    proof = consistency_proof(forged, old)
    assert not verify_consistency(old, len(leaves), proof, root_of(leaves[:old]), root_of(forged))


words = st.text(max_size=30)


@given(
    act=words,
    detail=st.dictionaries(words, words | st.integers(-(2**53) + 1, 2**53 - 1), max_size=4),
    reasons=st.lists(words, max_size=3),
    range_ms=st.none() | st.tuples(st.integers(0, 2**50), st.integers(0, 2**50)),
    session=st.none() | words,
)
def test_an_entry_reads_back_as_it_was_written(act, detail, reasons, range_ms, session):
    said = {"detail": detail, "reasons": reasons, "range_ms": range_ms, "session": session}
    try:
        entry = Entry.of(said, seq=0, ts_ms=1, device="p-x", act=act, records={"roster": (1, None)})
        content = entry.to_bytes()
    except BadInput:
        return  # a lone surrogate has no UTF-8
    assert b"\n" not in content
    assert Entry.from_bytes(content) == entry


@given(st.data())
def test_a_log_with_any_bytes_changed_is_refused_or_says_the_same(data):
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        ada = bench.member()
        log = bench.log(ada)
        for n in range(4):
            log.append(f"act-{n}", records={f"grant/{n}": (1, "aa")})
        log.close()
        told, file = list(log.entries()), bench.file(ada)
        content = bytearray(file.read_bytes())
        at = data.draw(st.integers(0, len(content) - 1))
        kind = data.draw(st.sampled_from(("flip", "cut", "insert", "drop")))
        if kind == "flip":
            content[at] ^= 1 << data.draw(st.integers(0, 7))
        elif kind == "cut":
            del content[at:]
        elif kind == "insert":
            content[at:at] = data.draw(st.binary(min_size=1, max_size=8))
        else:
            del content[at : at + data.draw(st.integers(1, 400))]
        file.write_bytes(content)
        report = verify_log(bench.folder, LIBRARY, bench.cards)
        reader = bench.log(None)
        try:
            reader.refresh()
            read = list(reader.entries())
        except BadInput:
            assert not report.ok
            assert report.first_bad.device == ada.card.id
            return
        # A reader that never saw the log cannot miss its end; it can never be told something else.
        assert read == told[: len(read)]
        assert not report.ok or report.entries == len(read)
        seen = bench.log(ada)
        try:
            seen.refresh()
            assert list(seen.entries()) == told
        except BadInput:
            pass
