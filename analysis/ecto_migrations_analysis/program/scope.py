"""What the evaluator works with: scopes, calls, closures, and the modules of a file."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from operator import itemgetter
from typing import TypeAlias

from ..records import dataclass, field
from ..syntax.span import Span
from ..syntax.tree import Node
from .terms import Term

# The sections of a `do … end` block, or of its keyword form `do: …, else: …`.
SECTIONS = ("do", "else", "rescue", "catch", "after")
Sections: TypeAlias = "dict[str, list[Node]]"


class Raised(Exception):
    """Elixir raises here: what follows does not run."""

    def __init__(self, error: str, message: str, span: Span) -> None:
        super().__init__(message)
        self.error = error
        self.message = message
        self.span = span


class Attributes:
    """The attributes of a module as they are at one place of it: what was set last before.

    The history is shared, so that a clause remembers its place and not a copy.
    """

    __slots__ = ("history", "position")

    def __init__(self, history: dict[str, list[tuple[int, Term]]], position: int) -> None:
        self.history = history
        self.position = position

    def get(self, name: str) -> Term | None:
        values = self.history.get(name, ())
        at = bisect_left(values, self.position, key=itemgetter(0))
        return values[at - 1][1] if at else None


NO_ATTRIBUTES = Attributes({}, 0)


class Exhausted(Exception):
    """The budget of steps is used up: the text loops longer than it is worth."""


@dataclass(slots=True)
class FunctionClause:
    """One clause of `def name(parameters) when guard do … end`.

    `attributes` are the module attributes as they are where the clause stands. `always` is false where it
    stands under a condition that the text does not decide. `delegate` names the module of a `defdelegate`.
    """

    name: str
    parameters: list[Node]
    guard: Node | None
    sections: Sections
    node: Node
    head: Node
    attributes: Attributes
    public: bool = True
    always: bool = True
    delegate: tuple[str, str] | None = None

    @property
    def defaults(self) -> int:
        return sum(1 for parameter in self.parameters if is_default(parameter))


@dataclass(slots=True)
class Module:
    """A `defmodule` and what its body defines, in order."""

    name: str
    node: Node
    name_node: Node | None = None
    history: dict[str, list[tuple[int, Term]]] = field(default_factory=dict)
    # Where an attribute was set last (the whole `@name value`).
    attribute_spans: dict[str, Span] = field(default_factory=dict)
    functions: dict[str, list[FunctionClause]] = field(default_factory=dict)
    # Heads without a body, by name and arity: they carry default arguments.
    heads: dict[tuple[str, int], FunctionClause] = field(default_factory=dict)
    macros: set[str] = field(default_factory=set)
    # The table of an Ecto schema.
    table: str | None = None
    aliases: dict[str, str] = field(default_factory=dict)
    imports: list[str] = field(default_factory=list)
    # `use Name, argument`: the full name, the call, and the argument where it is an atom.
    uses: list[tuple[str, Node, str | None]] = field(default_factory=list)
    # True where the module's own `end` is missing: then what belongs to which block is a guess.
    unfinished: bool = False
    # What `clauses` found, until the next definition.
    found: dict[tuple[str, int], list[FunctionClause]] = field(default_factory=dict)

    def attributes(self, position: int | None = None) -> Attributes:
        """The attributes as they are at a byte offset, by default at the end of the module."""
        return Attributes(self.history, self.node.end + 1 if position is None else position)

    def add(self, clause: FunctionClause) -> None:
        self.functions.setdefault(clause.name, []).append(clause)
        self.found.clear()

    def clauses(self, name: str, arity: int) -> list[FunctionClause]:
        """The clauses of `name/arity`, those with fitting default arguments included."""
        found = self.found.get((name, arity))
        if found is None:
            found = [
                clause
                for clause in self.functions.get(name, ())
                if len(clause.parameters) - clause.defaults <= arity <= len(clause.parameters)
            ]
            self.found[name, arity] = found
        return found

    def exports(self, name: str) -> bool:
        """Whether `function_exported?(module, name, 0)`."""
        return name in self.functions and any(clause.public for clause in self.clauses(name, 0))


@dataclass(slots=True)
class Scope:
    """The variables in sight, and the module (with its attributes at this place) the code belongs to."""

    variables: dict[str, Term]
    module: Module | None
    attributes: Attributes

    def child(self) -> Scope:
        """A scope whose bindings do not reach this one, as the body of an `if` or of a function has it."""
        return Scope(dict(self.variables), self.module, self.attributes)


@dataclass(slots=True)
class Call:
    """A call of a function or macro: `name(arguments) do … end`, piped values included.

    An argument is a node still to be evaluated, or a value that a pipe delivers. `span` is the whole call;
    of a piped one, from the beginning of the pipe.
    """

    name: str
    arguments: Sequence[Node | Term]
    span: Span
    node: Node
    do_block: Node | None = None

    @property
    def arity(self) -> int:
        return len(self.arguments) + (1 if self.do_block is not None else 0)

    def sections(self) -> tuple[Sections, list[Node | Term]]:
        """The block's sections, from `do … end` or from the keywords, and the arguments without them."""
        arguments = list(self.arguments)
        if self.do_block is not None:
            return block_sections(self.do_block), arguments
        last = arguments[-1] if arguments else None
        if isinstance(last, Node) and last.kind == "keywords":
            found = {pair_key(pair): pair for pair in last.children if pair.kind == "pair"}
            if "do" in found:
                sections = {name: found[name].children[1:] for name in SECTIONS if name in found}
                rest = [pair for pair in last.children if pair_key(pair) not in SECTIONS]
                arguments.pop()
                if rest:
                    keywords = Node("keywords", rest[0].start, rest[-1].end, last.data)
                    keywords.children = rest
                    arguments.append(keywords)
                return sections, arguments
        return {}, arguments


@dataclass(slots=True)
class Lambda:
    """`fn … -> … end`; `clauses` are its stab clauses."""

    clauses: list[Node]
    scope: Scope


@dataclass(slots=True)
class Partial:
    """`&(… &1 …)`."""

    body: Node
    scope: Scope


@dataclass(slots=True)
class Capture:
    """`&name/arity`, `&Module.name/arity` (then `module` is set)."""

    name: str
    arity: int
    scope: Scope
    module: str | None
    node: Node


def is_default(parameter: Node) -> bool:
    return parameter.kind == "binary_operator" and parameter.operator == "\\\\"


def pair_key(pair: Node) -> str:
    """The key of `key: value`; empty where it is not a plain one."""
    if pair.kind != "pair" or not pair.children or pair.children[0].kind != "keyword":
        return ""
    return pair.children[0].text.rstrip()[:-1]


def block_sections(block: Node) -> Sections:
    """The statements of a `do … end` block by section."""
    sections: Sections = {"do": []}
    for child in block.children:
        if (
            child.kind.endswith("_block")
            and child.kind[: -len("_block")] in SECTIONS
            and child.kind != "do_block"
        ):
            sections[child.kind[: -len("_block")]] = list(child.children)
        else:
            sections["do"].append(child)
    return sections
