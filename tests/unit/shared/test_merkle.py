"""The Merkle tree: the roots and proofs of RFC 9162, at every size at which something changes."""

from __future__ import annotations

import pymerkle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import merkle
from shared.merkle import WIDTH, Growing, Tree, is_consistent, is_included, leaf_hash

SIZES = st.one_of(st.integers(1, 40), st.sampled_from([255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537]))
LEAVES = [leaf_hash(b"%d" % number) for number in range(65_540)]


def grown(size: int) -> tuple[Growing, dict[tuple[int, int], bytes]]:
    tree = Growing()
    kept = {(level, place): hashed for level, place, hashed in tree.add(LEAVES[:size])}
    return tree, kept


KEPT = grown(len(LEAVES))[1]


def tree_of(size: int) -> Tree:
    return Tree(lambda level, low, high: [KEPT[level, place] for place in range(low, high)], size)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 5, 8, 33, 255, 256, 257, 1000])
def test_the_root_is_that_of_another_implementation(size: int) -> None:
    """pymerkle knows nothing of ours: it is given the entries."""
    other = pymerkle.InmemoryTree(algorithm="sha256")
    for number in range(size):
        other.append_entry(b"%d" % number)
    assert grown(size)[0].root() == tree_of(size).root() == other.get_root()


def test_the_root_of_rfc_6962_s_own_example() -> None:
    """The test vectors that implementations of Certificate Transparency share: seven leaves."""
    entries = [bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")]
    tree = Growing()
    list(tree.add(leaf_hash(entry) for entry in entries))
    assert tree.root().hex() == "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"


@given(size=SIZES, data=st.data())
def test_every_leaf_is_shown_to_be_where_it_is_and_nowhere_else(size: int, data: st.DataObject) -> None:
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size))
    tree = tree_of(size)
    root, path = tree.root(), tree.inclusion(index)
    assert is_included(LEAVES[index], index, size, path, root)
    assert is_included(LEAVES[index], other, size, path, root) == (other == index)
    assert not is_included(LEAVES[index], index, size, [*path, root], root)
    assert not is_included(leaf_hash(b"x"), index, size, path, root)


@given(size=SIZES, data=st.data())
def test_every_smaller_tree_is_shown_to_be_the_beginning_of_a_larger_one(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    tree, before = tree_of(size), tree_of(old).root()
    proof = tree.consistency(old)
    assert is_consistent(old, before, size, tree.root(), proof)
    assert len(proof) <= 2 * size.bit_length() + 1
    assert not is_consistent(old, leaf_hash(b"x"), size, tree.root(), proof)
    assert not is_consistent(old, before, size, leaf_hash(b"x"), proof)
    assert not is_consistent(old, before, size, tree.root(), [*proof, before])
    if old < size:
        assert not is_consistent(old, before, size, tree.root(), proof[:-1])


def test_a_tree_goes_on_from_its_edge() -> None:
    for size in (0, 1, 255, 256, 300, 65_537):
        edge = [
            [KEPT[level, place] for place in range(count - count % WIDTH, count)]
            for level in range(merkle.levels(size))
            for count in [size // WIDTH**level]
        ]
        tree = Growing().resume(size, edge)
        added = {(level, place): hashed for level, place, hashed in tree.add(LEAVES[size : size + 2])}
        assert added.items() <= KEPT.items()
        assert tree.root() == tree_of(size + 2).root()


def test_every_tree_begins_with_the_empty_one() -> None:
    assert is_consistent(0, merkle.EMPTY, 7, tree_of(7).root(), [])
    assert not is_consistent(0, tree_of(7).root(), 7, tree_of(7).root(), [])


@pytest.mark.parametrize("index", [-1, 7, 8])
def test_there_is_no_proof_of_what_is_not_there(index: int) -> None:
    with pytest.raises(IndexError):
        tree_of(7).inclusion(index)
    with pytest.raises(IndexError):
        tree_of(7).consistency(index + 1 if index > 0 else 0)
