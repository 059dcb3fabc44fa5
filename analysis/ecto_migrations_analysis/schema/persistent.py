"""A mapping that keeps the order of insertion and is never changed: the next one shares nearly all of it.

A migration of thousands of statements keeps the schema before and after each of them. With dictionaries that
are copied each time, time and memory grow with the square of the length; here every change costs as much as
the depth of two flat trees. It behaves as a `dict` that nobody writes to, in its order too.

The entries lie in *pieces*, plain dictionaries of at most `PIECE` entries, in the order of insertion; the
pieces hang in a tree by their number. A second tree leads from the hash of a key to the number of its piece.
Both are made of tuples with `WIDTH` branches. What a change makes anew is one piece and the tuples above it.
Walking over everything runs through the dictionaries, nearly as fast as over one of them.

`put`, `without` and `rekeyed` take any mapping and begin with plain dictionaries: up to `SMALL` entries,
copying one is cheaper than anything else.

`labels` tells what a value is to be found by besides its key: `labelled` then answers without looking at all
values. Mappings made from one another have the same labels.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, ItemsView, Iterable, Iterator, Mapping, ValuesView
from itertools import chain
from typing import Any, Generic, TypeAlias, TypeVar, overload

K = TypeVar("K")
V = TypeVar("V")
D = TypeVar("D")

Labels: TypeAlias = "Callable[[V], Iterable[object]]"
# A branch is a tuple; a leaf of the pieces is a piece, a leaf of the places a dictionary of numbers.
_Tree: TypeAlias = Any

SMALL = 64
PIECE = 16
_BITS = 4
WIDTH = 1 << _BITS
_MASK = WIDTH - 1
# Keys whose hashes are the same in all these bits stay in one leaf.
_DEEPEST = 12


class PersistentMap(Mapping[K, V]):
    """Made by `of`; see the module's docstring."""

    __slots__ = ("_by_label", "_count", "_height", "_labels", "_pieces", "_places", "_size")

    def __init__(self) -> None:
        self._count = 0
        # The pieces by number: their tree, how many levels of tuples it has, and how many pieces there are.
        self._pieces: _Tree = ({},)
        self._height = 1
        self._size = 1
        self._places: _Tree = {}
        self._labels: Labels[V] | None = None
        # The keys by label, in no order.
        self._by_label: Mapping[object, Mapping[K, None]] = {}

    @classmethod
    def of(cls, items: Mapping[K, V], labels: Labels[V] | None = None) -> PersistentMap[K, V]:
        """The same entries in the same order."""
        made = cls()
        made._labels = labels
        by_label: dict[object, dict[K, None]] = {}
        entries = list(items.items())
        level: list[_Tree] = [dict(entries[at : at + PIECE]) for at in range(0, len(entries), PIECE)] or [{}]
        made._count, made._size, made._height = len(entries), len(level), 0
        for at, (key, value) in enumerate(entries):
            made._places = _placed(made._places, hash(key), 0, key, at // PIECE)
            for label in labels(value) if labels is not None else ():
                by_label.setdefault(label, {})[key] = None
        while len(level) > 1 or not made._height:
            level = [tuple(level[at : at + WIDTH]) for at in range(0, len(level), WIDTH)]
            made._height += 1
        made._pieces = level[0]
        made._by_label = by_label
        return made

    # --- looking -------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return self._count

    def __contains__(self, key: object) -> bool:
        return self._place(key) is not None

    def __getitem__(self, key: K) -> V:
        place = self._place(key)
        if place is None:
            raise KeyError(key)
        return self._piece(place)[key]

    @overload
    def get(self, key: K, /) -> V | None: ...
    @overload
    def get(self, key: K, /, default: D) -> V | D: ...
    def get(self, key: K, /, default: object = None) -> object:
        place = self._place(key)
        return default if place is None else self._piece(place)[key]

    def __iter__(self) -> Iterator[K]:
        return chain.from_iterable(self._in_order())

    def __reversed__(self) -> Iterator[K]:
        pending = [(self._pieces, self._height)]
        while pending:
            node, height = pending.pop()
            if height:
                pending.extend((below, height - 1) for below in node)
            else:
                yield from reversed(node)

    def items(self) -> ItemsView[K, V]:
        return _Items(self)

    def values(self) -> ValuesView[V]:
        return _Values(self)

    def __eq__(self, other: object) -> bool:
        return self is other or super().__eq__(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"PersistentMap({dict(self.items())!r})"

    def labelled(self, label: object) -> Iterator[K]:
        """The keys of the values that have this label, in order."""
        found = self._by_label.get(label, {})
        if len(found) < 2:
            return iter(found)
        if len(found) > self._size:
            # Nearly every piece has some; whoever looks for the first of them finds it soon.
            return (key for key in self if key in found)
        places = sorted({self._where(key) for key in found})
        return (key for place in places for key in self._piece(place) if key in found)

    def labels(self) -> Collection[object] | None:
        """The labels of all values; None where it was made without."""
        return None if self._labels is None else self._by_label.keys()

    def unlike(self, other: Mapping[K, V]) -> Iterator[tuple[K, V]]:
        """The entries of this one which the other has not, or has with another value object."""
        known: set[int] = set()
        if isinstance(other, PersistentMap):
            known = {id(piece) for piece in other._in_order()}
        for piece in self._in_order():
            if id(piece) not in known:
                for key, value in piece.items():
                    if other.get(key, _NOTHING) is not value:
                        yield key, value

    # --- changing ------------------------------------------------------------------------------------------

    def put(self, key: K, value: V) -> PersistentMap[K, V]:
        """With `key` set; a new key comes last."""
        place = self._place(key)
        made = self._copy()
        if place is not None:
            piece = self._piece(place)
            made._relabel(key, piece[key], value)
            made._pieces = _with_piece(self._pieces, self._height, place, {**piece, key: value})
            return made
        made._relabel(key, _NOTHING, value)
        made._count += 1
        place = self._size - 1
        piece = self._piece(place)
        if len(piece) >= PIECE:
            place, piece = place + 1, {}
            made._size += 1
            if place == WIDTH**self._height:
                made._pieces = (self._pieces,)
                made._height += 1
        made._pieces = _with_piece(made._pieces, made._height, place, {**piece, key: value})
        made._places = _placed(self._places, hash(key), 0, key, place)
        return made

    def without(self, key: K) -> PersistentMap[K, V]:
        """Without `key`; itself where it does not have it."""
        place = self._place(key)
        if place is None:
            return self
        piece = self._piece(place)
        made = self._copy()
        made._relabel(key, piece[key], _NOTHING)
        left = {other: value for other, value in piece.items() if other != key}
        made._pieces = _with_piece(self._pieces, self._height, place, left)
        made._places = _unplaced(self._places, hash(key), key)
        made._count -= 1
        if made._size * PIECE > 4 * (made._count + PIECE):
            # Mostly holes: where entries come and go, their number alone counts in the end.
            return PersistentMap.of(made, made._labels)
        return made

    def rekeyed(self, old: K, new: K, value: V) -> PersistentMap[K, V]:
        """With `new: value` in the place of `old`, which it has; `new` must not be there, or be `old`."""
        place = self._where(old)
        piece = self._piece(place)
        made = self._copy()
        made._relabel(old, piece[old], _NOTHING)
        made._relabel(new, _NOTHING, value)
        renamed = dict((new, value) if key == old else (key, item) for key, item in piece.items())
        made._pieces = _with_piece(self._pieces, self._height, place, renamed)
        places = _unplaced(self._places, hash(old), old)
        made._places = _placed(places, hash(new), 0, new, place)
        return made

    # --- inside --------------------------------------------------------------------------------------------

    def _copy(self) -> PersistentMap[K, V]:
        made: PersistentMap[K, V] = PersistentMap()
        made._count, made._size, made._height = self._count, self._size, self._height
        made._pieces, made._places = self._pieces, self._places
        made._labels, made._by_label = self._labels, self._by_label
        return made

    def _relabel(self, key: K, old: Any, new: Any) -> None:
        if self._labels is None or old is new:
            return
        before = set(self._labels(old)) if old is not _NOTHING else set()
        after = set(self._labels(new)) if new is not _NOTHING else set()
        if before == after:
            return
        by_label = self._by_label
        for label in before - after:
            left = without(by_label[label], key)
            by_label = put(by_label, label, left) if left else without(by_label, label)
        for label in after - before:
            by_label = put(by_label, label, put(by_label.get(label, {}), key, None))
        self._by_label = by_label

    def _place(self, key: object) -> int | None:
        node, bits = self._places, hash(key)
        while type(node) is tuple:
            node = node[bits & _MASK]
            bits >>= _BITS
        found: int | None = node.get(key)
        return found

    def _where(self, key: K) -> int:
        place = self._place(key)
        if place is None:
            raise KeyError(key)
        return place

    def _piece(self, place: int) -> dict[K, V]:
        node = self._pieces
        for shift in range(_BITS * (self._height - 1), -1, -_BITS):
            node = node[(place >> shift) & _MASK]
        piece: dict[K, V] = node
        return piece

    def _in_order(self) -> list[dict[K, V]]:
        nodes = [self._pieces]
        for _ in range(self._height):
            nodes = list(chain.from_iterable(nodes))
        return nodes


def put(items: Mapping[K, V], key: K, value: V, labels: Labels[V] | None = None) -> Mapping[K, V]:
    """The mapping with `key` set; a new key comes last. `labels` counts where it becomes a large one."""
    if isinstance(items, PersistentMap):
        if labels is not None and items.labels() is None:
            items = PersistentMap.of(items, labels)
        return items.put(key, value)
    if len(items) < SMALL or (len(items) == SMALL and key in items):
        return {**items, key: value}
    return PersistentMap.of(items, labels).put(key, value)


def without(items: Mapping[K, V], *keys: K) -> Mapping[K, V]:
    """The mapping without `keys`; itself where it has none of them."""
    if not any(key in items for key in keys):
        return items
    if not isinstance(items, PersistentMap):
        return {key: value for key, value in items.items() if key not in keys}
    for key in keys:
        items = items.without(key)
    # Far below the size at which it became a large one: it would change to and fro.
    return items if len(items) > SMALL // 2 else dict(items.items())


def rekeyed(items: Mapping[K, V], old: K, new: K, value: V) -> Mapping[K, V]:
    """The mapping with `new: value` in the place of `old`."""
    if isinstance(items, PersistentMap) and old in items and (new == old or new not in items):
        return items.rekeyed(old, new, value)
    return {(new if key == old else key): (value if key == old else item) for key, item in items.items()}


def mapped(items: Mapping[K, V], change: Callable[[V], V]) -> Mapping[K, V]:
    """The mapping with every value changed; what stays equal is shared."""
    result = items
    for key, value in items.items():
        now = change(value)
        if now is not value and now != value:
            result = put(result, key, now)
    return result


def unlike(items: Mapping[K, V], other: Mapping[K, V]) -> Iterator[tuple[K, V]]:
    """The entries which the other mapping has not, or has with another value object."""
    if isinstance(items, PersistentMap):
        yield from items.unlike(other)
    elif items is not other:
        for key, value in items.items():
            if other.get(key, _NOTHING) is not value:
                yield key, value


def last(items: Mapping[K, V]) -> K:
    """The key that came last."""
    return next(reversed(items))  # type: ignore[arg-type]


class _Items(ItemsView[K, V]):
    _mapping: PersistentMap[K, V]

    def __iter__(self) -> Iterator[tuple[K, V]]:
        return chain.from_iterable(map(dict.items, self._mapping._in_order()))


class _Values(ValuesView[V], Generic[V]):
    _mapping: PersistentMap[Any, V]

    def __iter__(self) -> Iterator[V]:
        return chain.from_iterable(map(dict.values, self._mapping._in_order()))


_NOTHING: Any = object()


def _with_piece(node: _Tree, height: int, place: int, piece: _Tree) -> _Tree:
    """The tree with the piece of this number, which may be the next one."""
    if not height:
        return piece
    at = (place >> (_BITS * (height - 1))) & _MASK
    below = _with_piece(node[at] if at < len(node) else (), height - 1, place, piece)
    return (*node[:at], below, *node[at + 1 :])


def _placed(node: _Tree, bits: int, depth: int, key: object, place: int) -> _Tree:
    if type(node) is tuple:
        at = bits & _MASK
        return (*node[:at], _placed(node[at], bits >> _BITS, depth + 1, key, place), *node[at + 1 :])
    leaf = {**node, key: place}
    if len(leaf) <= PIECE or depth == _DEEPEST:
        return leaf
    branches: tuple[dict[object, int], ...] = tuple({} for _ in range(WIDTH))
    for other, number in leaf.items():
        branches[(hash(other) >> (_BITS * depth)) & _MASK][other] = number
    return branches


def _unplaced(node: _Tree, bits: int, key: object) -> _Tree:
    if type(node) is tuple:
        at = bits & _MASK
        return (*node[:at], _unplaced(node[at], bits >> _BITS, key), *node[at + 1 :])
    return {other: number for other, number in node.items() if other != key}
