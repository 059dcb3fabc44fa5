"""The persistent mapping does what a dictionary does, in its order, and never changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

import pytest
from ecto_migrations_analysis.schema import persistent
from ecto_migrations_analysis.schema.persistent import (
    PersistentMap,
    last,
    mapped,
    put,
    rekeyed,
    unlike,
    without,
)
from hypothesis import given, settings
from hypothesis import strategies as st


class Key:
    """A key whose hash is chosen: many of them share one, or its lowest bits."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __hash__(self) -> int:
        return (self.number % 7) * 16**3 - (self.number % 3) * 16**11

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Key) and other.number == self.number

    def __repr__(self) -> str:
        return f"Key({self.number})"


KEYS = st.one_of(st.integers(0, 120).map(Key), st.integers(-60, 60), st.text("ab", max_size=6))
VALUES = st.integers(0, 5)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), KEYS, VALUES),
        st.tuples(st.just("put many"), st.integers(0, 400), st.integers(1, 90)),
        st.tuples(st.just("without"), KEYS, VALUES),
        st.tuples(st.just("without many"), st.integers(0, 20), st.integers(1, 400)),
        st.tuples(st.just("rekeyed"), st.integers(0, 400), KEYS),
        st.tuples(st.just("mapped"), VALUES, VALUES),
    ),
    max_size=25,
)


def parity(value: object) -> Iterable[object]:
    """Labels: of every other value none, of 3 two of them."""
    assert isinstance(value, int)
    return ["odd", value] if value == 3 else ["odd"] if value % 2 else []


def step(items: Mapping[object, object], kind: str, one: object, two: object) -> Mapping[object, object]:
    keys = list(items)
    match kind, one, two:
        case "put", key, value:
            return put(items, key, value, parity)
        case "put many", int(start), int(count):
            for number in range(start, start + count):
                items = put(items, number, number % 6, parity)
            return items
        case "without", key, _:
            return without(items, key)
        case "without many", int(start), int(count):
            return without(items, *keys[start : start + count])
        case "rekeyed", int(at), key:
            return rekeyed(items, keys[at % len(keys)], key, 3) if keys else items
        case "mapped", int(old), new:
            return mapped(items, lambda value: new if value == old else value)
    raise AssertionError(kind)


def model(items: dict[object, object], kind: str, one: object, two: object) -> dict[object, object]:
    """The same with dictionaries alone."""
    keys = list(items)
    match kind, one, two:
        case "put", key, value:
            return {**items, key: value}
        case "put many", int(start), int(count):
            return items | {number: number % 6 for number in range(start, start + count)}
        case "without", key, _:
            return {other: value for other, value in items.items() if other != key}
        case "without many", int(start), int(count):
            gone = keys[start : start + count]
            return {key: value for key, value in items.items() if key not in gone}
        case "rekeyed", int(at), new:
            if not keys:
                return items
            old = keys[at % len(keys)]
            return {(new if key == old else key): (3 if key == old else item) for key, item in items.items()}
        case "mapped", int(old), new:
            return {key: new if value == old else value for key, value in items.items()}
    raise AssertionError(kind)


def agrees(items: Mapping[object, object], expected: dict[object, object]) -> None:
    assert list(items) == list(items.keys()) == list(expected)
    assert list(items.items()) == list(expected.items())
    assert list(items.values()) == list(expected.values())
    assert list(reversed(items)) == list(reversed(expected))  # type: ignore[call-overload]
    assert len(items) == len(expected)
    assert items == expected and expected == items
    assert {**items} == expected
    for key, value in expected.items():
        assert key in items and items[key] == value and items.get(key) == value
    for absent in (Key(5000), 5000, "x"):
        assert absent not in items and items.get(absent) is None and items.get(absent, 1) == 1
        with pytest.raises(KeyError):
            items[absent]
    if expected:
        assert last(items) == list(expected)[-1]
    if isinstance(items, PersistentMap):
        labels = {label for value in expected.values() for label in parity(value)}
        assert set(items.labels() or ()) == labels
        for label in (*labels, "none"):
            assert list(items.labelled(label)) == [
                key for key, value in expected.items() if label in parity(value)
            ]


@settings(deadline=None, max_examples=60)
@given(STEPS, st.sampled_from((0, 8, persistent.SMALL)))
def test_as_a_dictionary(steps: list[tuple[str, object, object]], small: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(persistent, "SMALL", small)
        versions: list[tuple[Mapping[object, object], dict[object, object]]] = [({}, {})]
        for each in steps:
            items, expected = versions[-1]
            versions.append((step(items, *each), model(expected, *each)))
        for items, expected in versions:
            agrees(items, expected)
        # What one version has and an earlier one has not.
        for (before, old), (after, new) in pairwise(versions):
            differing = {key for key in new if key not in old or old[key] is not new[key]}
            assert {key for key, _ in unlike(after, before)} == differing
            assert dict(unlike(after, before)).items() <= new.items()


@settings(deadline=None, max_examples=30)
@given(st.dictionaries(KEYS, VALUES, max_size=40), st.integers(0, 600))
def test_made_at_once(entries: dict[object, object], more: int) -> None:
    entries = entries | {number: number % 6 for number in range(more)}
    made: PersistentMap[object, object] = PersistentMap.of(entries, parity)
    agrees(made, entries)
    agrees(made.put("x" * 9, 3).without("x" * 9), entries)


def test_a_large_one_is_persistent_and_a_small_one_a_dictionary() -> None:
    items: Mapping[int, int] = {}
    for number in range(persistent.SMALL + 1):
        assert isinstance(items, dict)
        items = put(items, number, number)
    assert isinstance(items, PersistentMap)
    assert isinstance(without(items, 0), PersistentMap)
    assert isinstance(without(items, *range(persistent.SMALL)), dict)


def test_changes_share_what_stays() -> None:
    items: Mapping[int, int] = {}
    for number in range(10_000):
        items = put(items, number, number)
    assert isinstance(items, PersistentMap)
    before = {id(piece) for piece in items._in_order()}
    for changed in (items.put(10_000, 0), items.put(5_000, 0), items.without(5_000), items.rekeyed(1, -1, 0)):
        after = {id(piece) for piece in changed._in_order()}
        assert len(after - before) == 1 and len(before - after) <= 1


def test_holes_are_filled_in_the_end() -> None:
    items: Mapping[int, int] = {number: number for number in range(200)}
    for number in range(200, 20_000):
        items = without(put(items, number, number), number - 100)
    assert isinstance(items, PersistentMap)
    assert len(items._in_order()) < 100


def test_labelled_keys_are_in_order() -> None:
    # A set of these pieces' numbers is walked through the other way round.
    labelled = {7 * persistent.PIECE, 8 * persistent.PIECE}
    made = PersistentMap.of(
        {number: number for number in range(600)}, lambda value: ["x"] if value in labelled else []
    )
    assert list(made.labelled("x")) == sorted(labelled)
    assert list(made.without(7 * persistent.PIECE).labelled("x")) == [8 * persistent.PIECE]
    moved = made.rekeyed(7 * persistent.PIECE, -1, 8 * persistent.PIECE)
    assert list(moved.labelled("x")) == [-1, 8 * persistent.PIECE]
