"""Terms as Elixir prints them (expectations from Elixir 1.14 on Erlang/OTP 25; charlists from 1.15)."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.program.inspection import float_text, inspect, inspect_string, to_string
from ecto_migrations_analysis.program.terms import (
    Atom,
    Fragment,
    FunctionTerm,
    ListTerm,
    MapTerm,
    Number,
    Term,
    TupleTerm,
    Unknown,
    plain_text,
)
from hypothesis import given
from hypothesis import strategies as st


def pair(key: str, value: Term) -> TupleTerm:
    return TupleTerm((Atom(key), value))


@pytest.mark.parametrize(
    ("term", "text"),
    [
        (Atom("a"), ":a"),
        (Atom("nil"), "nil"),
        (Atom("true"), "true"),
        (Atom("Foo.Bar", is_module=True), "Foo.Bar"),
        (Atom("a b"), ':"a b"'),
        (Atom('a"b'), ':"a\\"b"'),
        (Atom(""), ':""'),
        (Atom("9a"), ':"9a"'),
        (Atom("a?"), ":a?"),
        (Atom("a@b"), ":a@b"),
        (Atom("é"), ":é"),
        (Atom("+"), ":+"),
        (Atom("<<<"), ":<<<"),
        (Number(3), "3"),
        (Number(1.0), "1.0"),
        (plain_text('a\n\t"\\#{x} #a é'), '"a\\n\\t\\"\\\\\\#{x} #a é"'),
        (plain_text("a\0b"), "<<97, 0, 98>>"),
        (ListTerm(()), "[]"),
        (ListTerm((Number(1), Number(2))), "[1, 2]"),
        (ListTerm((Number(97), Number(98))), '~c"ab"'),
        (ListTerm((pair("a", Number(1)), pair("b c", plain_text("x")))), '[a: 1, "b c": "x"]'),
        (ListTerm((pair("a", Number(1)), Number(2))), "[{:a, 1}, 2]"),
        (
            ListTerm(tuple(Number(n) for n in range(200, 260))),
            "[" + ", ".join(map(str, range(200, 250))) + ", ...]",
        ),
        (TupleTerm((Atom("array"), Atom("string"))), "{:array, :string}"),
        (MapTerm(((Atom("a"), Number(1)),)), "%{a: 1}"),
        (MapTerm(((plain_text("a"), Number(1)), (Atom("b"), Atom("nil")))), '%{"a" => 1, :b => nil}'),
        (MapTerm((), struct="Foo"), "%Foo{}"),
        (Fragment(plain_text("now()")), '{:fragment, "now()"}'),
        (FunctionTerm(0), "#Function<…>"),
        (Unknown("?"), "…"),
    ],
)
def test_inspect(term: Term, text: str) -> None:
    assert inspect(term) == text


def test_long_strings_are_cut() -> None:
    assert inspect_string("a" * 4096) == '"' + "a" * 4096 + '"'
    assert inspect_string("a" * 4097) == '"' + "a" * 4096 + '" <> ...'
    assert inspect_string("\0" * 60) == "<<" + ", ".join(["0"] * 50) + ", ...>>"


@pytest.mark.parametrize(
    ("term", "text"),
    [
        (Atom("nil"), ""),
        (Atom("a b"), "a b"),
        (Atom("Foo", is_module=True), "Elixir.Foo"),
        (Number(10**30), str(10**30)),
        (plain_text("x"), "x"),
        (Unknown("?"), "…"),
    ],
)
def test_to_string(term: Term, text: str) -> None:
    assert to_string(term) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (100.0, "100.0"),
        (1000.0, "1.0e3"),
        (123456.0, "123456.0"),
        (12000.0, "1.2e4"),
        (0.001, "0.001"),
        (0.0001, "0.0001"),
        (0.00012345, "1.2345e-4"),
        (1e10, "1.0e10"),
        (-2.5, "-2.5"),
        (5e-324, "5.0e-324"),
        (1.5e22, "1.5e22"),
        (30287918385943036.0, "3.0287918385943036e16"),
    ],
)
def test_floats(value: float, text: str) -> None:
    assert float_text(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_read_back_the_same(value: float) -> None:
    assert float(float_text(value)) == value
    assert "." in float_text(value)
