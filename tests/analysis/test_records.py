"""A record is a dataclass of the standard library, only later."""

from __future__ import annotations

import dataclasses
from threading import Barrier, Thread

import pytest
from ecto_migrations_analysis.records import dataclass, field


def test_a_class_is_completed_by_its_first_instance() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Point:
        x: int
        y: int = 0
        seen: list[int] = field(default_factory=list, compare=False)

    assert "__eq__" not in vars(Point)
    point = Point(x=1)
    assert "__eq__" in vars(Point)
    assert point == Point(x=1, seen=[3])
    assert hash(point) == hash(Point(x=1))
    assert repr(point).endswith("Point(x=1, y=0, seen=[])")
    assert dataclasses.replace(point, y=2) == Point(x=1, y=2)
    with pytest.raises(dataclasses.FrozenInstanceError):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(TypeError):
        Point(1)  # type: ignore[misc]


def test_a_base_that_has_no_instance_is_completed_with_the_class() -> None:
    @dataclass(frozen=True)
    class Base:
        a: int

    @dataclass(frozen=True)
    class Derived(Base):
        b: int = 2

    class Plain(Derived):
        pass

    assert [item.name for item in dataclasses.fields(Plain)] == ["a", "b"]
    assert Plain(1) != Derived(1)
    assert (Plain(1).a, Plain(1).b) == (1, 2)


def test_fields_can_be_asked_for_before_there_is_an_instance() -> None:
    @dataclass
    class Pair:
        first: int
        second: int

    assert dataclasses.is_dataclass(Pair)
    assert [item.name for item in dataclasses.fields(Pair)] == ["first", "second"]


def test_positional_patterns() -> None:
    @dataclass
    class Pair:
        first: int
        second: int

    class Other(Pair):
        pass

    match Other(1, 2):
        case Pair(first, second):
            assert (first, second) == (1, 2)
        case _:
            pytest.fail("no match")


def test_two_threads_complete_a_class_once() -> None:
    for _ in range(20):

        @dataclass(frozen=True)
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
