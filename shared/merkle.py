"""The Merkle tree of the audit log: roots, proofs, and their checking (RFC 9162 §2.1; RFC 6962 hashes the same way).

Hashes are kept as C2SP tlog-tiles has them: level 0 holds the leaves' hashes, and each hash of a level above is the
root of 256 full ones of the level below. Whatever lies between is hashed anew when it is needed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache

WIDTH = 256
"""Hashes of a full tile."""
HASH_BYTES = 32
EMPTY = hashlib.sha256().digest()
"""The root of a tree without leaves."""
Reader = Callable[[int, int, int], Sequence[bytes]]
"""Gives the kept hashes `[low, high)` of a level, which lie within one tile."""


def leaf_hash(entry: bytes) -> bytes:
    """The hash of a leaf (§2.1.1)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node (§2.1.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(hashes: Sequence[bytes]) -> bytes:
    """The root over hashes of one height, of which there is at least one unless the tree is empty."""
    if not hashes:
        return EMPTY
    layer = list(hashes)
    while len(layer) > 1:
        pairs = [node_hash(layer[i], layer[i + 1]) for i in range(0, len(layer) - 1, 2)]
        layer = pairs + layer[len(layer) - len(layer) % 2 :]
    return layer[0]


def levels(size: int) -> int:
    """How many levels of kept hashes a tree of `size` leaves has."""
    count = 0
    while size:
        size //= WIDTH
        count += 1
    return count


def place_of(number: int, width: int = WIDTH) -> str:
    """Where a tile of `width` hashes is within its level (C2SP tlog-tiles, `<N>[.p/<W>]`): digits in groups of three,
    all but the last marked with an `x`, and how many hashes there are in one that is not full.
    """
    digits = str(number)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[start : start + 3] for start in range(0, len(digits), 3)]
    place = "/".join([f"x{group}" for group in groups[:-1]] + groups[-1:])
    return place if width == WIDTH else f"{place}.p/{width}"


class Tree:
    """A tree of `size` leaves behind a reader: its root and its proofs; each tile is read once."""

    def __init__(self, read: Reader, size: int) -> None:
        self.size = size
        self._tile = lru_cache(maxsize=64)(lambda level, number: self._read_tile(read, level, number))

    def root(self) -> bytes:
        """The root hash (§2.1.1)."""
        return self._range(0, self.size) if self.size else EMPTY

    def inclusion(self, index: int) -> list[bytes]:
        """The audit path of the leaf `index`, from its sibling up (§2.1.3.1). Raises `IndexError`."""
        if not 0 <= index < self.size:
            raise IndexError(index)
        path, low, high = [], 0, self.size
        while high - low > 1:
            middle = low + _split(high - low)
            if index < middle:
                path.append(self._range(middle, high))
                high = middle
            else:
                path.append(self._range(low, middle))
                low = middle
        return path[::-1]

    def consistency(self, old: int) -> list[bytes]:
        """The proof that this tree begins with the one of `old` leaves (§2.1.4.1). Raises `IndexError`."""
        if not 0 < old <= self.size:
            raise IndexError(old)
        path, low, high, whole = [], 0, self.size, True
        while old != high:
            middle = low + _split(high - low)
            if old <= middle:
                path.append(self._range(middle, high))
                high = middle
            else:
                path.append(self._range(low, middle))
                low, whole = middle, False
        return ([] if whole else [self._range(low, high)]) + path[::-1]

    def _range(self, low: int, high: int) -> bytes:
        """The root over the leaves `[low, high)`, a subtree of this tree."""
        width = high - low
        if width & (width - 1):
            middle = low + _split(width)
            return node_hash(self._range(low, middle), self._range(middle, high))
        level, span = 0, 1
        while width >= span * WIDTH:
            level, span = level + 1, span * WIDTH
        first, count = low // span, width // span
        start = first % WIDTH
        return root_of(self._tile(level, first // WIDTH)[start : start + count])

    def _read_tile(self, read: Reader, level: int, number: int) -> Sequence[bytes]:
        there = self.size // WIDTH**level
        return read(level, number * WIDTH, min((number + 1) * WIDTH, there))


class Growing:
    """A tree to which leaves are added one after the other; only its right edge is kept, one tile a level."""

    def __init__(self) -> None:
        self.size = 0
        self._edge: list[list[bytes]] = []

    def resume(self, size: int, edge: Iterable[Sequence[bytes]]) -> Growing:
        """Go on with a tree of `size` leaves, whose partial tiles are `edge`, the leaves' first."""
        self.size, self._edge = size, [list(tile) for tile in edge]
        return self

    def add(self, leaves: Iterable[bytes]) -> Iterator[tuple[int, int, bytes]]:
        """Add leaf hashes; gives each hash that is to be kept as (level, index, hash), the leaves' own too."""
        for leaf in leaves:
            yield 0, self.size, leaf
            yield from self._put(0, leaf)
            self.size += 1

    def root(self) -> bytes:
        """The root of what was added so far."""
        root: bytes | None = None
        for tile in self._edge:
            for hashed in _subtrees(tile):
                root = hashed if root is None else node_hash(hashed, root)
        return EMPTY if root is None else root

    def _put(self, level: int, hashed: bytes) -> Iterator[tuple[int, int, bytes]]:
        if level == len(self._edge):
            self._edge.append([])
        tile = self._edge[level]
        tile.append(hashed)
        if len(tile) == WIDTH:
            full = root_of(tile)
            tile.clear()
            above = (self.size + 1) // WIDTH ** (level + 1) - 1
            yield level + 1, above, full
            yield from self._put(level + 1, full)


def is_included(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether `path` shows that the leaf hash stands at `index` of the tree of `size` leaves (§2.1.3.2)."""
    if not 0 <= index < size:
        return False
    position, last, found = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if position & 1 or position == last:
            found = node_hash(sibling, found)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and found == root


def is_consistent(old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether `path` shows that the tree of `new` leaves begins with that of `old` leaves (§2.1.4.2).

    Every tree begins with the empty one, and is the same as itself: then there is nothing to show.
    """
    if old == 0:
        return not path and old_root == EMPTY
    if old == new:
        return not path and old_root == new_root
    if not 0 < old < new or not path:
        return False
    hashes = list(path) if old & (old - 1) else [old_root, *path]
    position, last = old - 1, new - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    first = second = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            second = node_hash(second, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root


def _split(width: int) -> int:
    """The largest power of two below `width`, where a tree of that many leaves parts in two."""
    return 1 << ((width - 1).bit_length() - 1)


def _subtrees(tile: Sequence[bytes]) -> list[bytes]:
    """The roots of the full subtrees that a partial tile consists of, the smallest and last one first."""
    found, end = [], len(tile)
    while end:
        width = end & -end
        found.append(root_of(tile[end - width : end]))
        end -= width
    return found
