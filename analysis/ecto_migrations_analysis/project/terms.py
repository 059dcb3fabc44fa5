"""Elixir files of a project as terms, never run."""

from __future__ import annotations

from ..program.evaluator import Evaluator
from ..program.modules import read_modules
from ..program.scope import Call, Module
from ..program.terms import (
    NOWHERE,
    Atom,
    ListTerm,
    MapTerm,
    Number,
    Option,
    Options,
    Piece,
    Term,
    Text,
    TupleTerm,
    Unknown,
)
from ..records import dataclass
from ..syntax.source import Source
from ..syntax.tree import Node, parse

# Configuration and mix.exs are short; what loops in them is not worth more.
MAX_STEPS = 50_000


@dataclass(frozen=True)
class ElixirFile:
    """The modules of a file, and the evaluator that knows them."""

    modules: dict[str, Module]
    evaluator: Evaluator


def read_elixir(data: bytes) -> ElixirFile:
    """The modules that a text defines. Never raises."""
    evaluator = Evaluator(steps=MAX_STEPS)
    return ElixirFile(read_modules(parse(Source(data)).root, evaluator), evaluator)


def result_of(file: ElixirFile, module: Module, function: str) -> Term:
    """What a function without arguments returns, as far as the text tells."""
    clauses = module.clauses(function, 0)
    if not clauses:
        return Unknown(f"{module.name} has no {function}/0")
    head = clauses[0].head
    try:
        return file.evaluator.invoke(module, clauses, [], Call(function, [], head.span, head))
    except Exception as error:
        # Raised, Exhausted and RecursionError: the text does not tell.
        return Unknown(f"{function}/0 cannot be followed: {type(error).__name__}")


def detached(term: Term) -> Term:
    """The term without its places: a span means the file at hand, and this one comes from another."""
    match term:
        case Atom():
            return Atom(term.name, NOWHERE, term.is_module)
        case Number():
            return Number(term.value)
        case Text():
            return Text(tuple(Piece(piece.text, NOWHERE) for piece in term.pieces))
        case ListTerm():
            return ListTerm(tuple(detached(item) for item in term.items))
        case TupleTerm():
            return TupleTerm(tuple(detached(item) for item in term.items))
        case MapTerm():
            items = tuple((detached(key), detached(value)) for key, value in term.items)
            return MapTerm(items, struct=term.struct)
    return Unknown(term.reason if isinstance(term, Unknown) else "a value of the configuration")


def detached_options(options: Options) -> Options:
    """`detached` for a keyword list."""
    return Options(tuple(Option(item.key, detached(item.value)) for item in options), options.complete)


def is_local_call(node: Node, *names: str) -> bool:
    """Whether `node` calls one of these functions or macros without a module in front."""
    return node.kind == "call" and node.children[0].kind == "identifier" and node.children[0].text in names
