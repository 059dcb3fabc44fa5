"""What a migration tells Ecto: the commands its runner queues, and what runs beside the queue.

"Command" is Ecto's own word (`Ecto.Migration.Runner`: "queues command tuples"). A command is what the
migration says; what the database then does are `operations`, made from a command by the adapter
(`databases`). The structs carry the fields of `Ecto.Migration.Table`, `.Index`, `.Constraint` and
`.Reference` of ecto_sql 3.14.
"""

from __future__ import annotations

from typing import TypeAlias

from ..records import dataclass, field
from ..syntax.span import Span
from .terms import NOWHERE, FunctionTerm, ListTerm, Options, Term, Text, Unknown

Name: TypeAlias = "str | Unknown"

# Modules that print, wait or log.
HARMLESS_MODULES = frozenset({"IO", "Logger", "Process", ":timer", ":logger", "IO.ANSI"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """`table(name, opts)`. `options_given` are the options as written."""

    name: Name
    prefix: Name | None = None
    comment: Name | None = None
    primary_key: Term | None = None
    options: Text | Unknown | None = None
    modifiers: Text | Unknown | None = None
    options_given: Options = Options()
    span: Span = field(default=NOWHERE, compare=False)
    name_span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexColumn:
    """A column (quoted by Ecto) or, where `expression`, a string sent as it is; `direction`: "desc"."""

    text: Name
    expression: bool = False
    direction: str | None = None
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """`index(table, columns, opts)`; `name` is Ecto's default one where none is given."""

    table: Name
    columns: tuple[IndexColumn, ...]
    columns_complete: bool = True
    name: Name
    prefix: Name | None = None
    unique: bool | None = False
    concurrently: bool | None = False
    using: Name | None = None
    only: bool | None = False
    include: tuple[IndexColumn, ...] = ()
    nulls_distinct: bool | None = None
    where: Text | Unknown | None = None
    comment: Name | None = None
    options: Text | Unknown | None = None
    options_given: Options = Options()
    span: Span = field(default=NOWHERE, compare=False)
    table_span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """`constraint(table, name, opts)`: a check or an exclusion."""

    table: Name
    name: Name
    check: Text | Unknown | None = None
    exclude: Text | Unknown | None = None
    prefix: Name | None = None
    comment: Name | None = None
    validate: bool | None = True
    options_given: Options = Options()
    span: Span = field(default=NOWHERE, compare=False)
    table_span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """`references(table, opts)`, the repo's `migration_primary_key` and `migration_foreign_key` merged in."""

    table: Name
    name: Name | None = None
    # Ecto reads the prefix from `options[:prefix]`; where absent, the table's own prefix counts.
    prefix: Name | None = None
    prefix_given: bool = False
    column: Name = "id"
    type: Term
    on_delete: Term
    on_update: Term
    validate: bool | None = True
    with_columns: tuple[tuple[Name, Name], ...] = ()
    match: str | None = None
    options_given: Options = Options()
    span: Span = field(default=NOWHERE, compare=False)
    table_span: Span = field(default=NOWHERE, compare=False)


# --- changes: what stands inside `create table` and `alter table` -----------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A subcommand. `column` is the column's name, `span` the whole call, `column_span` the name in it."""

    column: Name
    span: Span = field(default=NOWHERE, compare=False)
    column_span: Span = field(default=NOWHERE, compare=False)
    # The calls of helper functions through which the reader came here, outermost first.
    via: tuple[Span, ...] = field(default=(), compare=False)
    # False where it stands under a condition that the text does not decide.
    always: bool = field(default=True, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Add(Change):
    type: Term
    options: Options = Options()
    if_not_exists: bool = False
    # The DSL function that made it: `add`, `timestamps`, or `table` for the implied primary key.
    origin: str = field(default="add", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Modify(Change):
    type: Term
    options: Options = Options()


@dataclass(frozen=True, slots=True, kw_only=True)
class Remove(Change):
    """`remove/1` has no `type`; `remove/2,3` has, and `options`."""

    type: Term | None = None
    options: Options = Options()
    if_exists: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownChange(Change):
    """Something inside the block that the reader could not resolve."""

    reason: str


# --- commands ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """`span` is the whole call that caused it (with its block)."""

    span: Span = field(default=NOWHERE, compare=False)
    via: tuple[Span, ...] = field(default=(), compare=False)
    always: bool = field(default=True, compare=False)
    # True where it stands in a loop whose number of rounds the text does not tell.
    repeated: bool = field(default=False, compare=False)
    # Which callback ran it: `change`, `up`, `down`, `after_begin` or `before_commit`.
    callback: str = field(default="change", compare=False)
    # The number of the repo's own transaction (`repo().transaction(fn -> … end)`) and of the checked-out
    # connection (such a transaction has one too) in which it runs; 0 outside of one.
    transaction: int = field(default=0, compare=False)
    checkout: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTable(Command):
    table: Table
    columns: tuple[Change, ...] = ()
    if_not_exists: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AlterTable(Command):
    table: Table
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DropTable(Command):
    table: Table
    if_exists: bool = False
    cascade: bool | None = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameTable(Command):
    table: Table
    to: Table


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameColumn(Command):
    table: Table
    column: Name
    to: Name
    column_span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateIndex(Command):
    index: Index
    if_not_exists: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DropIndex(Command):
    index: Index
    if_exists: bool = False
    cascade: bool | None = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameIndex(Command):
    index: Index
    to: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateConstraint(Command):
    constraint: Constraint


@dataclass(frozen=True, slots=True, kw_only=True)
class DropConstraint(Command):
    constraint: Constraint
    if_exists: bool = False
    cascade: bool | None = False


@dataclass(frozen=True, slots=True)
class KeywordCommand:
    """`execute` of a keyword list, which the PostgreSQL adapter refuses; `value` is the list."""

    span: Span = field(default=NOWHERE, compare=False)
    value: ListTerm | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Execute(Command):
    """`execute/1` and `execute_file/1` of a string. `down` is set by `execute/2` (`%Command{}` in Ecto)."""

    up: Text | FunctionTerm | KeywordCommand | Unknown
    down: Text | FunctionTerm | KeywordCommand | Unknown | None = None
    # What the functions do when Ecto calls them (read with the queue as it is then).
    up_commands: tuple[Command, ...] = ()
    down_commands: tuple[Command, ...] = ()
    # What the function queued although no flush follows: Ecto never runs it.
    unflushed: tuple[Command, ...] = ()


# --- beside the queue: these run where they stand ----------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Immediate(Command):
    """Runs at once, before everything that is still queued; inside `change` it runs again on rollback."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flush(Immediate):
    """`flush()`: everything queued so far runs now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepoQuery(Immediate):
    """SQL sent by `repo().query!`, `MyApp.Repo.query`, `Ecto.Adapters.SQL.query!` and their like."""

    sql: Text | Unknown
    call: str
    through_repo_function: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RepoCall(Immediate):
    """A read or write through the repo's query API: `repo().update_all(...)`, `MyApp.Repo.insert!(...)`.

    `table` where the query names one as a string (`from p in "posts"`), `schema` where it names a module.
    """

    function: str
    repo: str
    table: Name | None = None
    schema: str | None = None
    # True where a module of this very file is that schema.
    own_schema: bool = False
    # True where the text shows a `where`, `limit` or a single struct; None where it cannot be told.
    restricted: bool | None = None
    # True where it shows a limited number of rows: a `limit`, a range of keys, keys named one by one.
    bounded: bool = False
    # True with an `offset`; with a `select`; the columns that are compared with nil.
    offset: bool = False
    selects: bool = False
    where_nil: tuple[str, ...] = ()
    columns_set: tuple[str, ...] = ()
    # Of those: set to nil, and changed by what they hold (`inc:`, `push:`, `pull:`).
    columns_nulled: tuple[str, ...] = ()
    columns_moved: tuple[str, ...] = ()
    # True with `on_conflict:` or `conflict_target:`.
    on_conflict: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationCode(Immediate):
    """A call into the application, a library or the outside world: `Oban.Migration.up`, `MyApp.Seeds.run`."""

    module: str
    function: str
    arity: int
    options: Options = Options()

    @property
    def is_harmless(self) -> bool:
        """Whether it only prints, logs or waits: it changes neither the database nor the migration."""
        return self.module in HARMLESS_MODULES


@dataclass(frozen=True, slots=True, kw_only=True)
class Raises(Immediate):
    """Ecto or Elixir raises here, always, with this message (`add` outside of `alter`, `:datetime`, …)."""

    error: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownCode(Immediate):
    """Code that the reader could not resolve, and why."""

    reason: str
