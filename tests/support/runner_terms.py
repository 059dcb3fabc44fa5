"""Commands as the tuples that `Ecto.Migration` queues, to compare the reader with the runner of Ecto.

`tests/facts/runner.jsonl` holds what the runner handed to the adapter, as Elixir printed it, each struct
as `{module, fields}`; here both sides become nested Python tuples. Atoms and strings are not told apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from ecto_migrations_analysis.program import commands as c
from ecto_migrations_analysis.program.evaluator import Evaluator
from ecto_migrations_analysis.program.scope import NO_ATTRIBUTES, Scope
from ecto_migrations_analysis.program.terms import (
    Atom,
    Fragment,
    FunctionTerm,
    ListTerm,
    MapTerm,
    Number,
    Options,
    Term,
    Text,
    TupleTerm,
    Unknown,
)
from ecto_migrations_analysis.syntax.tree import parse_bytes

Plain: TypeAlias = "tuple[Any, ...] | str | int | float"

# Fields of Ecto's structs that no command carries.
_LEFT_OUT = ("engine", "modifiers")


def evaluated(text: str) -> Term:
    """A printed Elixir value."""
    scope = Scope({}, None, NO_ATTRIBUTES)
    return Evaluator().value(parse_bytes(text.encode()).root.children[0], scope)


def printed(text: str) -> Plain:
    return plain(evaluated(text))


def plain(term: object) -> Plain:
    """A term as nested tuples; `None` is Elixir's nil."""
    match term:
        case None:
            return "nil"
        case bool():
            return "true" if term else "false"
        case str() | int() | float():
            return term
        case Atom(name):
            return name
        case Number(value):
            return value
        case Text():
            return "…" if term.value is None else term.value
        case TupleTerm((Atom(name), ListTerm(items))) if name.startswith("Ecto.Migration."):
            return _struct(name, {_key(item): plain(_value(item)) for item in items})
        case TupleTerm(items):
            return ("tuple", *map(plain, items))
        case ListTerm(items):
            return ("list", *map(plain, items))
        case MapTerm(items):
            return ("map", *sorted((plain(key), plain(value)) for key, value in items))
        case Fragment(sql):
            return ("tuple", "fragment", plain(sql))
        case FunctionTerm():
            return "fun"
        case Options():
            return ("list", *(("tuple", item.key, plain(item.value)) for item in term))
        case c.Reference():
            return _reference(term)
        case Unknown(reason):
            return f"?{reason}"
    raise TypeError(term)


def _key(pair: Term) -> str:
    assert isinstance(pair, TupleTerm) and isinstance(pair.items[0], Atom)
    return pair.items[0].name


def _value(pair: Term) -> Term:
    assert isinstance(pair, TupleTerm)
    return pair.items[1]


def _struct(name: str, fields: dict[str, Plain]) -> Plain:
    kept = sorted((key, value) for key, value in fields.items() if key not in _LEFT_OUT)
    return (name, *kept)


def _fields(name: str, source: object, names: str, **others: object) -> Plain:
    fields = {field: plain(getattr(source, field)) for field in names.split()}
    fields |= {field: plain(value) for field, value in others.items()}
    return _struct(f"Ecto.Migration.{name}", fields)


def _table(table: c.Table) -> Plain:
    primary_key = Atom("true") if table.primary_key is None else table.primary_key
    return _fields("Table", table, "comment name options prefix", primary_key=primary_key)


def _columns(columns: tuple[c.IndexColumn, ...]) -> Plain:
    return (
        "list",
        *(("tuple", x.direction, plain(x.text)) if x.direction else plain(x.text) for x in columns),
    )


def _index(index: c.Index) -> Plain:
    names = "comment concurrently name nulls_distinct only options prefix table unique using where"
    found = _fields("Index", index, names)
    assert isinstance(found, tuple)
    fields = dict(found[1:])
    fields |= {"columns": _columns(index.columns), "include": _columns(index.include)}
    return _struct("Ecto.Migration.Index", fields)


def _constraint(constraint: c.Constraint) -> Plain:
    return _fields("Constraint", constraint, "check comment exclude name prefix table validate")


def _reference(reference: c.Reference) -> Plain:
    names = "column match name on_delete on_update prefix table type validate"
    found = _fields("Reference", reference, names)
    assert isinstance(found, tuple)
    fields = dict(found[1:])
    pairs = [("tuple", plain(one), plain(other)) for one, other in reference.with_columns]
    given = [("tuple", "prefix", plain(reference.prefix))] if reference.prefix_given else []
    fields |= {"with": ("list", *pairs), "options": ("list", *given)}
    return _struct("Ecto.Migration.Reference", fields)


def _change(change: c.Change) -> Plain:
    column = plain(change.column)
    match change:
        case c.Add():
            name = "add_if_not_exists" if change.if_not_exists else "add"
            return ("tuple", name, column, plain(change.type), plain(change.options))
        case c.Modify():
            return ("tuple", "modify", column, plain(change.type), plain(change.options))
        case c.Remove(type=None):
            return ("tuple", "remove_if_exists" if change.if_exists else "remove", column)
        case c.Remove(if_exists=True):
            return ("tuple", "remove_if_exists", column, plain(change.type))
        case c.Remove():
            return ("tuple", "remove", column, plain(change.type), plain(change.options))
    raise TypeError(change)


def _mode(cascade: bool | None) -> str:
    return "cascade" if cascade else "restrict"


def ran(commands: tuple[c.Command, ...]) -> Iterator[Plain]:
    """What runs, in order: what the adapter gets, and `("repo", …)` for calls of the repo."""
    for command in commands:
        match command:
            case c.CreateTable():
                name = "create_if_not_exists" if command.if_not_exists else "create"
                yield ("tuple", name, _table(command.table), ("list", *map(_change, command.columns)))
            case c.AlterTable():
                yield ("tuple", "alter", _table(command.table), ("list", *map(_change, command.changes)))
            case c.DropTable():
                yield ("tuple", _drop(command), _table(command.table), _mode(command.cascade))
            case c.DropIndex():
                yield ("tuple", _drop(command), _index(command.index), _mode(command.cascade))
            case c.DropConstraint():
                yield ("tuple", _drop(command), _constraint(command.constraint), _mode(command.cascade))
            case c.CreateIndex():
                name = "create_if_not_exists" if command.if_not_exists else "create"
                yield ("tuple", name, _index(command.index))
            case c.CreateConstraint():
                yield ("tuple", "create", _constraint(command.constraint))
            case c.RenameTable():
                yield ("tuple", "rename", _table(command.table), _table(command.to))
            case c.RenameIndex():
                yield ("tuple", "rename", _index(command.index), plain(command.to))
            case c.RenameColumn():
                yield ("tuple", "rename", _table(command.table), plain(command.column), plain(command.to))
            case c.Execute(up=FunctionTerm()):
                yield from ran(command.up_commands)
            case c.Execute(up=c.KeywordCommand(value=value)):
                yield plain(value)
            case c.Execute():
                yield plain(command.up)
            case c.RepoQuery():
                yield ("repo", plain(command.sql))
            case c.RepoCall():
                yield ("repo", command.function)


def _drop(command: c.DropTable | c.DropIndex | c.DropConstraint) -> str:
    return "drop_if_exists" if command.if_exists else "drop"


def error(commands: tuple[c.Command, ...]) -> tuple[str, str] | None:
    """The exception that ends a program."""
    for command in commands:
        if isinstance(command, c.Execute):
            inner = error(command.up_commands)
            if inner is not None:
                return inner
        if isinstance(command, c.Raises) and command.always:
            return command.error, command.message
    return None
