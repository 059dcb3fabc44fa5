"""Names that are taken get a number; thousands of them do not cost thousands of tries each."""

from __future__ import annotations

from ecto_migrations_analysis.databases.postgres.names import free_number, index_name
from hypothesis import example, given, settings
from hypothesis import strategies as st


@settings(deadline=None, max_examples=60)
@given(st.sets(st.integers(1, 120), max_size=120), st.integers(0, 2000))
@example(set(), 100)
@example(set(), 101)
@example({1}, 0)
def test_the_number_is_free_and_the_least_of_a_hundred(some: set[int], first: int) -> None:
    taken = some | set(range(1, first + 1))
    found = free_number(taken.__contains__)
    assert found not in taken
    least = next(number for number in range(1, 4000) if number not in taken)
    assert found == least if least <= 100 else found > 100
    if taken == set(range(1, len(taken) + 1)):
        assert found == least


def test_few_tries() -> None:
    tries: list[int] = []

    def taken(number: int) -> bool:
        tries.append(number)
        return number <= 50_000

    assert free_number(taken) == 50_001
    assert len(tries) < 150


def test_default_name_behind_many() -> None:
    names = {"posts_a_idx", *(f"posts_a_idx{number}" for number in range(1, 5001))}
    assert index_name("posts", ["a"], names) == "posts_a_idx5001"
    assert index_name("posts", ["a"], names - {"posts_a_idx7"}) == "posts_a_idx7"
    assert index_name("posts", ["b"], names) == "posts_b_idx"
