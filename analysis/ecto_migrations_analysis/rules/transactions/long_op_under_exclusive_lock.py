"""Long work while the transaction keeps reads and writes out of a table.

## What happens
Locks are held until the transaction ends, and Ecto runs a migration in one. Adding a column takes ACCESS EXCLUSIVE for
an instant when it stands alone; where an index is built, a table is read or rewritten, or the migration sleeps after
it, every query on the table waits for all of that.

## When it is silent
- The migration creates the locked table itself.
- What is read or built belongs to a table that the migration creates.
- The long statement locks the same table itself (then its own finding says so), validates what the migration has added
  (`validate-in-same-transaction`), or writes rows (`backfill-in-ddl-transaction`).
- Each statement commits by itself.

## Instead
The instant step and the long one in migrations of their own, the instant one last where both must be together.

## Measured
PostgreSQL 18: after `ALTER TABLE posts ADD COLUMN n int`, a SELECT of another session waits while an index is built on
another table in the same transaction, until the commit.

## References
- PostgreSQL documentation, Explicit Locking: locks are held until the end of the transaction
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...analysis import Step
from ...findings import Finding, Level, Related
from ...operations import (
    AddConstraint,
    AlterColumnType,
    AttachPartition,
    CreateIndex,
    Delete,
    Insert,
    Operation,
    RefreshMaterializedView,
    Reindex,
    Relation,
    Select,
    SetNotNull,
    Truncate,
    Update,
    ValidateConstraint,
)
from ...program.commands import ApplicationCode, Command
from ...records import dataclass
from ...schema.state import Schema
from ...syntax.span import Place, Span
from ..base import Case, Rule, subject
from ..context import MigrationContext
from ..exclusive_locks import exclusive_before, exclusively_locked

_SLEEPS = frozenset({("Process", "sleep"), (":timer", "sleep")})
_TABLES = "create table(:posts) do\n  add :title, :string\nend\ncreate table(:comments)\n"


class LongOpUnderExclusiveLock(Rule):
    id = "long-op-under-exclusive-lock"
    level = Level.DANGER
    tags = ("locks", "transactions", "blocking")

    fires = (
        Case(
            about="An index is built after a column was added",
            before=(_TABLES,),
            text="""
            alter table(:posts) do
              «add :slug, :string»
            end

            create index(:posts, [:slug])
            """,
        ),
        Case(
            about="Several tables wait: one finding",
            before=(_TABLES + "create table(:tags)\n",),
            text="""
            alter table(:posts) do
              «add :slug, :string»
            end

            alter table(:comments) do
              add :slug, :string
            end

            create index(:tags, [:id])
            create index(:posts, [:slug])
            """,
        ),
        Case(
            about="Another table is read",
            before=(_TABLES,),
            text="""
            alter table(:posts) do
              «add :slug, :string»
            end

            create constraint(:comments, :positive, check: "id > 0")
            """,
        ),
        Case(
            about="In a transaction of the repo",
            before=(_TABLES,),
            text="""
            @disable_ddl_transaction true

            def up do
              repo().transaction(fn ->
                repo().query!("ALTER TABLE posts «ADD COLUMN slug text»")
                repo().query!("CREATE INDEX posts_slug ON posts (slug)")
              end)
            end

            def down, do: :ok
            """,
        ),
        Case(
            about="The migration sleeps",
            before=(_TABLES,),
            text="""
            def up do
              alter table(:posts) do
                «add :slug, :string»
              end

              flush()
              Process.sleep(5_000)
            end

            def down, do: :ok
            """,
        ),
    )
    silent = (
        Case(
            about="The other way round",
            before=(_TABLES,),
            text="""
            create index(:posts, [:title])

            alter table(:comments) do
              add :slug, :string
            end
            """,
        ),
        Case(
            about="A table that is emptied",
            before=(_TABLES,),
            text="""
            def up do
              alter table(:posts) do
                add :slug, :string
              end

              execute "TRUNCATE comments"
              create index(:comments, [:id])
            end

            def down, do: raise("no way back")
            """,
        ),
        Case(
            about="An index of a new table",
            before=(_TABLES,),
            text="""
            alter table(:posts) do
              add :slug, :string
            end

            create table(:tags) do
              add :name, :string
            end

            create index(:tags, [:name])
            """,
        ),
        Case(
            about="Each statement commits by itself",
            before=(_TABLES,),
            text="""
            @disable_ddl_transaction true

            def change do
              alter table(:posts) do
                add :slug, :string
              end

              create index(:posts, [:slug])
            end
            """,
        ),
        Case(
            about="Sleeping before anything is locked",
            before=(_TABLES,),
            text="""
            def up do
              alter table(:posts) do
                add :slug, :string
              end

              Process.sleep(5_000)
            end

            def down, do: :ok
            """,
        ),
        Case(
            about="The long statement locks the table itself",
            before=(_TABLES,),
            text="""
            alter table(:posts) do
              add :slug, :string
            end

            alter table(:posts) do
              add :token, :uuid, default: fragment("gen_random_uuid()")
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        found = [*_work_under_locks(context), *_sleep_under_locks(context)]
        if not found:
            return
        # One cause: everything is in one transaction. The longest work speaks for the rest.
        work = next((item for item in found if item.certain), found[0])
        tables: dict[Relation, tuple[Step, Span]] = {}
        for item in found:
            for relation, taken in item.held.items():
                tables.setdefault(relation, taken)
        table, (locking, span) = next(iter(work.held.items()))
        more = len(tables) - 1
        names = f"`{table}`" + (f" and {more} more table{'s' if more > 1 else ''}" if more else "")
        path = context.analysis.source.path
        yield self.finding(
            span,
            f"Reads and writes of {names} wait from here to the commit, while {work.what}.",
            level=context.level(self.level if work.certain else Level.RISK, table, locking),
            label="ACCESS EXCLUSIVE, held until the commit",
            reason="PostgreSQL holds locks until the end of the transaction, and Ecto runs the whole migration in one.",
            advice="Put the long step into a migration of its own.",
            related=(Related("this takes long", Place(path, work.span)),) if path else (),
            subject=subject(table, locking.statement, worked=_worked(found)),
        )


@dataclass(frozen=True)
class _Work:
    """What takes long, where it stands, and the tables that are locked meanwhile.

    `tables` are those whose sizes decide how long it takes; empty where something else does.
    """

    what: str
    certain: bool
    span: Span
    tables: tuple[Relation, ...]
    held: Mapping[Relation, tuple[Step, Span]]


def _worked(found: list[_Work]) -> str | None:
    """The tables whose sizes decide how long all of it takes (`sizes.sized`)."""
    if not all(work.tables for work in found):
        return None
    return ", ".join(dict.fromkeys(str(table) for work in found for table in work.tables))


def _work_under_locks(context: MigrationContext) -> Iterator[_Work]:
    for step, held in exclusive_before(context):
        if not held:
            continue
        work = _long_work(context, step)
        if work is None:
            continue
        own = {relation for relation, _ in exclusively_locked(context, step)}
        others = {relation: taken for relation, taken in held.items() if relation not in own}
        if others:
            what, certain, span, tables = work
            yield _Work(what, certain, span, tables, others)


def _sleep_under_locks(context: MigrationContext) -> Iterator[_Work]:
    """Waiting between the lock and the commit: what sleeps runs at once, after what was flushed."""
    program = context.migration.migration.up
    if program is None or not any(_sleeps(command) for command in program.commands):
        return
    steps = {id(step.statement.command): step for step in context.steps if not step.transaction}
    held: dict[Relation, tuple[Step, Span]] = {}
    for command in program.commands:
        step = steps.get(id(command))
        if step is not None and step.in_transaction:
            for relation, span in exclusively_locked(context, step):
                held.setdefault(relation, (step, span))
        elif held and _sleeps(command):
            yield _Work("the migration sleeps", True, command.span, (), dict(held))


def _long_work(context: MigrationContext, step: Step) -> tuple[str, bool, Span, tuple[Relation, ...]] | None:
    """What takes long in a statement, in words, whether for certain, where it stands, and on which tables."""
    for operation in step.statement.operations:
        match operation:
            case CreateIndex(concurrently=False, only=False, relation=relation):
                if not context.has_no_rows(relation, step):
                    return f"index `{operation.name or '…'}` is built", True, operation.span, (relation,)
            case Reindex(concurrently=False):
                return f"`{operation.name}` is indexed anew", True, operation.span, ()
            case RefreshMaterializedView(with_data=True):
                return f"`{operation.name}` is computed anew", True, operation.span, ()
    # TRUNCATE gives the table a new, empty file: an instant.
    rewritten = [
        relation
        for relation in step.effect.rewrites
        if not any(isinstance(operation, Truncate) for operation in step.statement.operations)
        and not context.has_no_rows(relation, step)
    ]
    if rewritten:
        return f"`{rewritten[0]}` is rewritten", True, _cause(step, rewritten[0]), tuple(rewritten)
    if any(
        isinstance(operation, Insert | Update | Delete | Select) for operation in step.statement.operations
    ):
        return None
    added = {
        (Schema.key(operation.relation), operation.constraint.name)
        for earlier, operation in context.forward(AddConstraint)
        if earlier.transaction == step.transaction
    }
    for operation in step.statement.operations:
        if isinstance(operation, ValidateConstraint):
            if (Schema.key(operation.relation), operation.name) in added:
                return None
    read = tuple(table for table in step.effect.scans if not context.has_no_rows(table, step))
    return (f"`{read[0]}` is read as a whole", False, _cause(step, read[0]), read) if read else None


_READING = (AddConstraint, AlterColumnType, AttachPartition, SetNotNull, ValidateConstraint)


def _cause(step: Step, table: Relation) -> Span:
    """The clause that reads or rewrites the table, or the whole statement."""
    causes: list[Operation] = [item for item in step.statement.operations if isinstance(item, _READING)]
    return causes[0].span if len(causes) == 1 else step.statement.span


def _sleeps(command: Command) -> bool:
    return isinstance(command, ApplicationCode) and (command.module, command.function) in _SLEEPS
