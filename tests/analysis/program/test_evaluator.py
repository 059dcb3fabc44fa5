"""The evaluator by itself, as `project` uses it: values of literals, the standard library, no effects."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.program.evaluator import Evaluator
from ecto_migrations_analysis.program.inspection import inspect
from ecto_migrations_analysis.program.modules import read_modules
from ecto_migrations_analysis.program.scope import NO_ATTRIBUTES, Call, Scope
from ecto_migrations_analysis.program.terms import Atom, Term, Unknown
from ecto_migrations_analysis.program.values import to_options
from ecto_migrations_analysis.syntax.tree import parse_bytes


def value(text: str) -> Term:
    """The value of the last expression."""
    evaluator, scope = Evaluator(), Scope({}, None, NO_ATTRIBUTES)
    result: Term = Atom("nil")
    for node in parse_bytes(text.encode()).root.children:
        result = evaluator.value(node, scope)
    return result


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("[a: 1, b: [c: nil]]", "[a: 1, b: [c: nil]]"),
        ("%{a: 1, b: %{}}", "%{a: 1, b: %{}}"),
        ("{:array, :string}", "{:array, :string}"),
        ("MyApp.Repo", "MyApp.Repo"),
        (':"quoted atom"', ':"quoted atom"'),
        ("~w(a b)a ++ [:c]", "[:a, :b, :c]"),
        ("x = 2\nx * 3 - 1", "5"),
        ("Keyword.merge([a: 1, b: 2], b: 3)", "[a: 1, b: 3]"),
        ("Enum.map([1, 2], fn x -> x + 1 end)", "[2, 3]"),
        ("if :a == :b, do: 1, else: 2", "2"),
        ('"a" <> "#{1 + 1}"', '"a2"'),
        ("1_000_000 in [0x10, 1000000]", "true"),
        ("for x <- 1..3, rem(x, 2) == 1, do: x", "[1, 3]"),
    ],
)
def test_known_values(text: str, printed: str) -> None:
    assert inspect(value(text)) == printed


@pytest.mark.parametrize(
    "text",
    [
        'System.get_env("X")',
        "unbound",
        "f(1)",
        "%{a | b: 1}",
        "<<1, 2>>",
        'raise "x"',
        "receive do\n  x -> x\nend",
        "f = fn f -> f.(f) end\nf.(f)",
    ],
)
def test_what_is_not_known_is_said_to_be_so(text: str) -> None:
    assert isinstance(value(text), Unknown)


def test_calls_can_be_seen_by_a_class_of_ones_own() -> None:
    seen: list[tuple[str, str]] = []

    class Config(Evaluator):
        def imported(self, call: Call, scope: Scope) -> Term | None:
            if call.name != "config":
                return None
            *names, options = self.values(call.arguments, scope)
            seen.append((" ".join(map(inspect, names)), ",".join(o.key for o in to_options(options))))
            return Atom("ok")

    tree = parse_bytes(b"import Config\nconfig :app, App.Repo, pool_size: 2, log: false\n")
    evaluator, scope = Config(), Scope({}, None, NO_ATTRIBUTES)
    evaluator.block(tree.root.children, scope)
    assert seen == [(":app App.Repo", "pool_size,log")]


def test_modules_with_attributes_aliases_and_functions() -> None:
    text = b"""
    defmodule A do
      alias X.{Y, Z}
      alias Long.Name, as: N
      @one 1
      def one, do: @one
      @one 2
      def two(a, b \\\\ @one) when is_atom(a), do: {a, b}
      defmodule B do
        def three, do: N
      end
    end
    """
    evaluator = Evaluator()
    modules = read_modules(parse_bytes(text).root, evaluator)
    assert list(modules) == ["A", "A.B"]
    assert modules["A"].aliases["Z"] == "X.Z"
    scope = Scope({}, modules["A"], modules["A"].attributes())

    def run(call: str) -> str:
        return inspect(evaluator.value(parse_bytes(call.encode()).root.children[0], scope))

    assert run("one()") == "1"
    assert run("two(:x)") == "{:x, 2}"
    assert run("two(:x, 3)") == "{:x, 3}"
    assert run("B.three()") == "Long.Name"
    assert modules["A"].exports("one") and not modules["A"].exports("two")
