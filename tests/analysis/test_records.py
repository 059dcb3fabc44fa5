"""A record behaves as the dataclass of the standard library with the same text."""

from __future__ import annotations

import copy
import dataclasses
from threading import Barrier, Thread
from typing import Any, ClassVar

import pytest
from ecto_migrations_analysis import records

BOTH = pytest.mark.parametrize("library", [records, dataclasses], ids=["records", "dataclasses"])


def test_a_class_is_completed_by_its_first_instance() -> None:
    @records.dataclass(frozen=True)
    class Point:
        x: int

    assert "__eq__" not in vars(Point)
    Point(1)
    assert "__eq__" in vars(Point)


@BOTH
def test_a_frozen_class(library: Any) -> None:
    @library.dataclass(frozen=True, slots=True, kw_only=True)
    class Point:
        x: int
        y: int = 0
        seen: list[int] = library.field(default_factory=list, compare=False)
        secret: str = library.field(default="s", repr=False)
        known: ClassVar[int] = 3

    point = Point(x=1)
    assert point == Point(x=1, seen=[3])
    assert point != Point(x=1, y=1)
    assert point != (1, 0, "s")
    assert hash(point) == hash(Point(x=1, seen=[3]))
    assert len({point, Point(x=1), Point(x=2)}) == 2
    assert repr(point).endswith(".Point(x=1, y=0, seen=[])")
    assert Point(x=1).seen is not Point(x=1).seen
    assert (library.replace(point, y=2).y, point.y) == (2, 0)
    assert dataclasses.replace(point, y=2) == Point(x=1, y=2)
    assert copy.deepcopy(point) == point
    assert Point.known == 3
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'x'"):
        point.x = 2
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot delete field 'x'"):
        del point.x
    for wrong in (lambda: Point(1), lambda: Point(), lambda: Point(x=1, z=2)):
        with pytest.raises(TypeError, match=r"__init__\(\)"):
            wrong()


@BOTH
def test_a_class_whose_instances_change(library: Any) -> None:
    @library.dataclass
    class Count:
        name: str
        value: int = 0

        def __repr__(self) -> str:
            return "a count"

        def __post_init__(self) -> None:
            self.value += 1

    count = Count("a", 1)
    count.value += 1
    assert (count.value, repr(count)) == (3, "a count")
    assert count == Count("a", 2)
    with pytest.raises(TypeError, match="unhashable"):
        hash(count)


@BOTH
def test_inheritance(library: Any) -> None:
    @library.dataclass(frozen=True, kw_only=True)
    class Base:
        a: int
        span: int = library.field(default=0, compare=False)

    @library.dataclass(frozen=True, kw_only=True)
    class Derived(Base):
        b: int = 2
        a: int = 5

    class Plain(Derived):
        pass

    assert [item.name for item in dataclasses.fields(Plain)] == ["a", "span", "b"]
    assert Derived() == Derived(a=5, span=9, b=2)
    assert Plain(a=1) != Derived(a=1)
    assert (Plain(a=1).a, Plain(a=1).b, Plain.b) == (1, 2, 2)
    assert not hasattr(Base, "a")


@BOTH
def test_positional_and_keyword_only_fields(library: Any) -> None:
    @library.dataclass(frozen=True)
    class Base:
        a: int

    @library.dataclass(frozen=True, kw_only=True)
    class Derived(Base):
        b: int

    match Derived(1, b=2):
        case Derived(a, b=b):
            assert (a, b) == (1, 2)
        case _:
            pytest.fail("no match")
    assert Derived.__match_args__ == ("a",)


@BOTH
def test_field_names_that_methods_could_use_too(library: Any) -> None:
    @library.dataclass(frozen=True)
    class Row:
        values: int
        made: int = 1
        name: str = "n"
        cls: list[int] = library.field(default_factory=list)

    assert Row(5) == Row(5, 1, "n", [])
    assert (Row(5).values, Row(5).made, Row(5).name, Row(5).cls) == (5, 1, "n", [])


@BOTH
def test_a_class_without_fields(library: Any) -> None:
    @library.dataclass(frozen=True)
    class Nothing:
        pass

    assert Nothing() == Nothing()
    assert repr(Nothing()).endswith("Nothing()")


def test_the_tools_of_the_standard_library() -> None:
    @records.dataclass(frozen=True)
    class Pair:
        first: int
        second: list[int] = records.field(default_factory=list, compare=False)

    assert dataclasses.is_dataclass(Pair)
    first, second = dataclasses.fields(Pair)
    assert (first.name, first.compare, second.name, second.compare) == ("first", True, "second", False)
    assert dataclasses.asdict(Pair(1)) == {"first": 1, "second": []}

    @dataclasses.dataclass(frozen=True)
    class Triple(Pair):
        third: int = 3

    assert Triple(1) == Triple(1, [2], 3)
    assert records.replace(Pair(1), first=2) == Pair(2)


def test_two_threads_complete_a_class_once() -> None:
    for _ in range(20):

        @records.dataclass(frozen=True)
        class Item:
            value: int

        start = Barrier(2)
        made: list[Item] = []

        def make(item: type[Item] = Item, start: Barrier = start, made: list[Item] = made) -> None:
            start.wait()
            made.append(item(1))

        threads = [Thread(target=make) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert made == [Item(1), Item(1)]


@BOTH
def test_the_first_instances_and_the_many_after_them(library: Any) -> None:
    """A record compiles its `__init__` when it pays; nothing else changes by that."""

    @library.dataclass(frozen=True)
    class Base:
        x: int
        seen: list[int] = library.field(default_factory=list)

    @library.dataclass(frozen=True, kw_only=True)
    class Span(Base):
        y: int = 2

        def __post_init__(self) -> None:
            self.seen.append(self.x)

    @library.dataclass(frozen=True)
    class Empty:
        pass

    for number in range(60):
        span = Span(number, y=number + 1)
        assert (span.x, span.y, span.seen) == (number, number + 1, [number])
        assert Span(number, [5]).seen == [5, number]
        assert Span(x=number) == Span(number)
        assert list(vars(span)) == ["x", "seen", "y"]
        assert Empty() == Empty()
        if number in (0, 5, 59):
            for wrong in (
                lambda: Span(),
                lambda: Span(1, [], 3),
                lambda: Span(1, x=2),
                lambda: Span(1, z=2),
                lambda: Empty(1),
            ):
                with pytest.raises(TypeError, match=r"__init__\(\)"):
                    wrong()
