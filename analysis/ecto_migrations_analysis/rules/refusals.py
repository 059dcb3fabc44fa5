"""What the adapters of MySQL, SQLite and SQL Server refuse: they raise ArgumentError before anything is sent.

From the DDL functions (`execute_ddl/1`, `column_change`) of `Ecto.Adapters.MyXQL.Connection` and
`Ecto.Adapters.Tds.Connection` (ecto_sql) and of `Ecto.Adapters.SQLite3.Connection` (ecto_sqlite3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..program.commands import (
    Add,
    AlterTable,
    Change,
    Command,
    CreateConstraint,
    CreateIndex,
    CreateTable,
    DropConstraint,
    DropIndex,
    DropTable,
    Execute,
    Index,
    Modify,
    Reference,
    Remove,
    RenameTable,
    Table,
)
from ..program.terms import Atom, MapTerm, Options, Term, TupleTerm, Unknown, is_nil
from ..records import dataclass
from ..syntax.span import Span


@dataclass(frozen=True)
class Refusal:
    """A part of a command that the adapter refuses, in its words, and what to do instead."""

    span: Span
    what: str
    advice: str


Refusals = Iterator[Refusal]

_GUARD = "Ask the catalog first, in `execute(fn -> … end)`, or leave it out."
_PLAIN_CASCADE = "Drop what depends on it first."


def refusals(command: Command, database: str) -> Refusals:
    """What the adapter of `database` refuses in a command."""
    reader: Callable[[Command], Refusals] | None = _READERS.get(database)
    if reader is not None:
        yield from reader(command)


def with_nested(commands: tuple[Command, ...]) -> Iterator[Command]:
    """The commands, and those of functions that `execute` is given."""
    for command in commands:
        yield command
        if isinstance(command, Execute):
            yield from with_nested(command.up_commands)


def _given(value: object) -> bool:
    """Whether an option has a value other than nil, as far as is known."""
    return value is not None and not isinstance(value, Unknown)


def _option(options: Options, key: str, otherwise: Span) -> Span:
    option = options.option(key)
    return option.span if option is not None and option.span.end > option.span.start else otherwise


def _changes(command: Command) -> tuple[Change, ...]:
    if isinstance(command, AlterTable):
        return command.changes
    return command.columns if isinstance(command, CreateTable) else ()


def _is_array(term: Term | None) -> bool:
    return isinstance(term, TupleTerm) and bool(term.items) and term.items[0] == Atom("array")


def _tuple_of(term: Term | None, name: str) -> bool:
    return isinstance(term, TupleTerm) and bool(term.items) and term.items[0] == Atom(name)


def _orders(index: Index) -> Iterator[str]:
    for column in index.columns:
        if column.direction is not None and column.direction not in ("asc", "desc"):
            yield column.direction


def _mysql(command: Command) -> Refusals:
    if isinstance(command, CreateIndex | DropIndex):
        index = command.index
        if isinstance(command, CreateIndex):
            if command.if_not_exists:
                yield Refusal(command.span, "`create_if_not_exists` of an index", _GUARD)
            if _given(index.where):
                span = _option(index.options_given, "where", index.span)
                yield Refusal(span, "`where:` of an index", "Index a generated column instead.")
            if index.nulls_distinct is False:
                span = _option(index.options_given, "nulls_distinct", index.span)
                yield Refusal(span, "`nulls_distinct: false`", "Make the columns NOT NULL.")
            for direction in _orders(index):
                yield Refusal(index.span, f"`{direction}:` in an index", "Leave out where NULLs go.")
        elif command.if_exists:
            yield Refusal(command.span, "`drop_if_exists` of an index", _GUARD)
        elif command.cascade:
            yield Refusal(command.span, "`mode: :cascade` of an index", _PLAIN_CASCADE)
    elif isinstance(command, CreateConstraint):
        if _given(command.constraint.exclude):
            yield Refusal(command.constraint.span, "an exclusion constraint", "Check it in the application.")
    elif isinstance(command, DropConstraint):
        if command.if_exists:
            yield Refusal(command.span, "`drop_if_exists` of a constraint", _GUARD)
        elif command.cascade:
            yield Refusal(command.span, "`mode: :cascade` of a constraint", _PLAIN_CASCADE)
    for change in _changes(command):
        if not isinstance(change, Add | Modify):
            continue
        if _is_array(change.type):
            yield Refusal(change.span, "an array type", "Use `:map` (JSON), or a table of its own.")
        if isinstance(change.type, Reference):
            yield from _mysql_reference(change.type, isinstance(command, AlterTable))


def _mysql_reference(reference: Reference, alters: bool) -> Refusals:
    if alters and reference.validate is False:
        # In `create table` it passes over it.
        span = _option(reference.options_given, "validate", reference.span)
        yield Refusal(
            span, "`validate: false` of references", "Add the column first, the key in another step."
        )
    elif reference.match is not None:
        yield Refusal(reference.span, "`match:` of references", "Leave it out.")
    for action in ("nilify", "default"):
        if _tuple_of(reference.on_delete, action):
            yield Refusal(
                reference.span, f"`on_delete: {{:{action}, …}}`", "Use `:nilify_all`, or a trigger."
            )
    if reference.on_delete == Atom("default_all"):
        yield Refusal(reference.span, "`on_delete: :default_all`", "Use `:nilify_all`, or a trigger.")


_REBUILD = "Make a new column (or table), copy the rows, and drop the old one."


def _sqlite(command: Command) -> Refusals:
    if isinstance(command, CreateIndex | DropIndex):
        yield from _sqlite_index(command)
    elif isinstance(command, CreateConstraint):
        yield Refusal(
            command.constraint.span,
            "`create constraint`",
            "Give the CHECK with the column (`add …, check: %{name: …, expr: …}`) when it is added.",
        )
    elif isinstance(command, DropConstraint):
        yield Refusal(command.span, "`drop constraint`", _REBUILD)
    elif isinstance(command, RenameTable):
        yield from _sqlite_prefix(command.table)
    if not isinstance(command, AlterTable):
        return
    for change in command.changes:
        if isinstance(change, Modify):
            yield Refusal(change.span, "`modify`", _REBUILD)
        elif isinstance(change, Add) and change.if_not_exists:
            yield Refusal(change.span, "`add_if_not_exists`", "Use `add`.")
        elif isinstance(change, Remove) and change.if_exists:
            yield Refusal(change.span, "`remove_if_exists`", "Use `remove`.")


def _sqlite_index(command: CreateIndex | DropIndex) -> Refusals:
    index = command.index
    options = index.options_given
    # In `execute_ddl/1` a plain drop does not look at it.
    if index.concurrently and (isinstance(command, CreateIndex) or command.if_exists or command.cascade):
        span = _option(options, "concurrently", index.span)
        yield Refusal(span, "`concurrently:`", "Leave it out: a build locks the whole database anyway.")
        return
    if isinstance(command, DropIndex):
        return
    for key, value in (("only", index.only is True), ("using", _given(index.using))):
        if value:
            yield Refusal(_option(options, key, index.span), f"`{key}:` of an index", "Leave it out.")
            return
    if index.include:
        yield Refusal(_option(options, "include", index.span), "`include:` of an index", "Leave it out.")
    if index.nulls_distinct is not None and options.has("nulls_distinct"):
        span = _option(options, "nulls_distinct", index.span)
        yield Refusal(span, "`nulls_distinct:`", "Leave it out: NULLs are distinct.")
    if _given(index.prefix):
        yield Refusal(_option(options, "prefix", index.span), "`prefix:` of an index", "Leave it out.")


def _sqlite_prefix(table: Table) -> Refusals:
    if _given(table.prefix):
        yield Refusal(_option(table.options_given, "prefix", table.span), "`prefix:`", "Leave it out.")


def _mssql(command: Command) -> Refusals:
    if isinstance(command, CreateTable):
        if _given(command.table.modifiers):
            yield Refusal(command.table.span, "`modifiers:` of a table", "Leave it out.")
    elif isinstance(command, DropTable):
        if command.cascade:
            yield Refusal(command.span, "`mode: :cascade` of a table", _PLAIN_CASCADE)
    elif isinstance(command, CreateIndex):
        options = command.index.options_given
        if _given(command.index.using):
            yield Refusal(
                _option(options, "using", command.index.span), "`using:` of an index", "Leave it out."
            )
        elif command.index.nulls_distinct is True:
            span = _option(options, "nulls_distinct", command.index.span)
            yield Refusal(span, "`nulls_distinct: true`", 'Use `where: "… IS NOT NULL"`.')
    elif isinstance(command, DropIndex):
        if command.cascade:
            yield Refusal(command.span, "`mode: :cascade` of an index", _PLAIN_CASCADE)
    elif isinstance(command, CreateConstraint):
        constraint = command.constraint
        if _given(constraint.exclude):
            yield Refusal(constraint.span, "an exclusion constraint", "Check it in the application.")
        elif constraint.validate is False:
            span = _option(constraint.options_given, "validate", constraint.span)
            yield Refusal(span, "`validate: false`", "`execute` the ALTER TABLE with `WITH NOCHECK`.")
    elif isinstance(command, DropConstraint) and command.cascade:
        yield Refusal(command.span, "`mode: :cascade` of a constraint", _PLAIN_CASCADE)
    for change in _changes(command):
        if isinstance(change, Add | Modify):
            yield from _mssql_column(change, isinstance(command, AlterTable))


def _mssql_column(change: Add | Modify, alters: bool) -> Refusals:
    if _is_array(change.type):
        yield Refusal(change.span, "an array type", "Use a table of its own.")
    elif isinstance(change.options.get("default"), MapTerm):
        span = _option(change.options, "default", change.span)
        yield Refusal(span, "a map as default", 'Use `default: "{}"`.')
    if not isinstance(change.type, Reference):
        return
    reference = change.type
    if alters and reference.validate is False:
        span = _option(reference.options_given, "validate", reference.span)
        yield Refusal(
            span, "`validate: false` of references", "`execute` the ALTER TABLE with `WITH NOCHECK`."
        )
    elif reference.match is not None:
        yield Refusal(reference.span, "`match:` of references", "Leave it out.")
    if _tuple_of(reference.on_delete, "nilify") and not is_nil(reference.on_delete):
        yield Refusal(reference.span, "`on_delete: {:nilify, …}`", "Use `:nilify_all`, or a trigger.")


_READERS: dict[str, Callable[[Command], Refusals]] = {"mysql": _mysql, "sqlite": _sqlite, "mssql": _mssql}
