"""RFC 6962 as others test it: the vectors of transparency-dev/merkle, and what the specification's text says."""

from __future__ import annotations

import base64
import json

import pytest

from replay.vault.log.merkle import (
    EMPTY_ROOT,
    Tree,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)

# RFC 6962 test data that every implementation shares (certificate-transparency's merkletree tests).
ENTRIES = [
    bytes.fromhex(h)
    for h in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


def vectors(shared_data, kind):
    folder = shared_data / "vectors" / "merkle_rfc6962" / "testdata" / kind
    return [json.loads(p.read_bytes()) for p in sorted(folder.rglob("*.json"))]


def decoded(value):
    return base64.b64decode(value or "")


def test_every_inclusion_vector(shared_data):
    found = vectors(shared_data, "inclusion")
    assert len(found) > 80
    assert {v["wantErr"] for v in found} == {True, False}
    for v in found:
        proof = [decoded(p) for p in v["proof"] or ()]
        ok = verify_inclusion(v["leafIdx"], v["treeSize"], decoded(v["leafHash"]), proof, decoded(v["root"]))
        assert ok is not v["wantErr"], v["desc"]


def test_every_consistency_vector(shared_data):
    found = vectors(shared_data, "consistency")
    assert len(found) > 80
    assert {v["wantErr"] for v in found} == {True, False}
    for v in found:
        proof = [decoded(p) for p in v["proof"] or ()]
        ok = verify_consistency(v["size1"], v["size2"], proof, decoded(v["root1"]), decoded(v["root2"]))
        assert ok is not v["wantErr"], v["desc"]


@pytest.mark.parametrize("size", range(1, 9))
def test_the_roots_that_every_implementation_shares(size):
    assert root_of([leaf_hash(e) for e in ENTRIES[:size]]).hex() == ROOTS[size - 1]


def test_a_tree_of_nothing_and_a_copy_that_goes_its_own_way():
    tree = Tree()
    assert tree.root() == EMPTY_ROOT
    tree.append(leaf_hash(ENTRIES[0]))
    other = tree.copy()
    other.append(leaf_hash(ENTRIES[1]))
    assert (tree.size, tree.root().hex()) == (1, ROOTS[0])
    assert (other.size, other.root().hex()) == (2, ROOTS[1])


def test_there_is_no_proof_of_what_is_not_there():
    leaves = [leaf_hash(e) for e in ENTRIES]
    for index in (-1, 8):
        with pytest.raises(IndexError):
            inclusion_proof(leaves, index)
        assert not verify_inclusion(index, 8, leaves[0], [], leaves[0])
    with pytest.raises(IndexError):
        consistency_proof(leaves, 9)
    assert not verify_consistency(9, 8, [], leaves[0], leaves[0])
