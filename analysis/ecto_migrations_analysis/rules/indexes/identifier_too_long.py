"""Name longer than PostgreSQL keeps.

## What happens
PostgreSQL keeps 63 bytes of a name and cuts off the rest with a NOTICE. Ecto makes names out of the table and all
columns, and does not count. Then

- two names that begin alike become one: `relation "…" already exists`;
- a violation is reported by the short name, while `unique_constraint` waits for the long one: a duplicate raises
  `Ecto.ConstraintError` instead of giving an error;
- nobody finds the long name in the catalog.

`drop index` with the same arguments works: it is cut in the same way.

## When it is silent
- 63 bytes or fewer.
- SQL text: what is cut there, its author can see.

## Instead
A name of its own, in the migration and in the changeset:

    create unique_index(:organization_memberships, [:organization_id, :user_id], name: :one_membership)

## Measured
PostgreSQL 18: NOTICE `identifier "…" will be truncated to "…"`; a second index whose name begins with the same 63
bytes fails with SQLSTATE 42P07.

## References
- PostgreSQL documentation, Identifiers and Key Words
- ecto, `Ecto.Changeset.unique_constraint/3`, `:name`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...analysis import Step
from ...findings import Finding, Level, Related
from ...operations import Relation
from ...program.commands import (
    Add,
    AlterTable,
    Change,
    CreateConstraint,
    CreateIndex,
    CreateTable,
    Modify,
    Name,
    Reference,
)
from ...schema.state import Schema
from ...syntax.span import Span
from ..base import Case, Rule, subject
from ..context import MigrationContext

# NAMEDATALEN - 1.
MOST = 63
_TABLE = "create table(:organization_memberships) do\n  add :user_id, :bigint\nend\n"
_COLUMNS = "[:organization_id, :user_id, :department_id]"
_SCHEMA = """
defmodule MyApp.Membership do
  use Ecto.Schema
  import Ecto.Changeset

  schema "organization_memberships" do
    field :user_id, :integer
  end

  def changeset(membership), do: unique_constraint(membership, [:organization_id, :user_id, :department_id])
end
"""


class IdentifierTooLong(Rule):
    id = "identifier-too-long"
    level = Level.DANGER
    tags = ("indexes", "constraints")
    silences = ("statement-fails",)

    fires = (
        Case(
            about="A changeset waits for the whole name",
            lib=(_SCHEMA,),
            text=_TABLE + f"«create unique_index(:organization_memberships, {_COLUMNS})»",
        ),
        Case(
            about="Nobody waits for it",
            text=_TABLE + f"«create index(:organization_memberships, {_COLUMNS})»",
        ),
        Case(
            about="Another index has the same short name",
            before=(
                _TABLE,
                "create index(:organization_memberships, [:organization_id, :user_id, :department_id, :role])",
            ),
            text=f"«create index(:organization_memberships, {_COLUMNS})»",
        ),
        Case(
            about="A foreign key",
            text="""
            create table(:organization_membership_invitations) do
              add :organization_membership_id, «references(:organization_memberships)»
            end
            """,
        ),
    )
    silent = (
        Case(
            about="A name of its own",
            text=_TABLE + f"create index(:organization_memberships, {_COLUMNS}, name: :by_department)",
        ),
        Case(about="63 bytes", text=f"create table(:posts)\ncreate index(:posts, [:id], name: :{'a' * 63})"),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step in context.steps:
            for kind, name, relation, span in _named(step):
                if len(name.encode()) > MOST:
                    yield self._finding(context, step, kind, name, relation, span)

    def _finding(
        self, context: MigrationContext, step: Step, kind: str, name: str, relation: Relation, span: Span
    ) -> Finding:
        short = name.encode()[:MOST].decode("utf-8", "ignore")
        named = context.analysis.project.named_constraints
        waiting = [item for item in named() if item.exact and item.name == name] if named is not None else []
        if _is_taken(step.before, short, kind, relation):
            level = self.level
            message = (
                f"Fails: PostgreSQL cuts the name of this {kind} on `{relation}` to `{short}`, which exists."
            )
        elif waiting:
            level = Level.RISK
            message = (
                f"PostgreSQL cuts the name of this {kind} on `{relation}` to `{short}`, and a changeset waits for the"
                " whole name: a violation raises Ecto.ConstraintError."
            )
        else:
            level = Level.INFO
            message = f"PostgreSQL cuts the name of this {kind} on `{relation}` to `{short}`."
        return self.finding(
            span,
            message,
            level=context.level(level, relation, step),
            label=f"a name of {len(name.encode())} bytes",
            reason=f"PostgreSQL keeps {MOST} bytes of a name; Ecto makes it out of the table and all columns.",
            advice="Give it a `name:` of its own, in the migration and in the changeset.",
            related=tuple(Related("the whole name is expected here", item.place) for item in waiting),
            subject=subject(relation, step.statement, index=name),
        )


def _named(step: Step) -> Iterator[tuple[str, str, Relation, Span]]:
    """What the command gives a name to: its kind, the whole name, its table and the cause.

    Operations have the names as PostgreSQL keeps them.
    """
    command = step.statement.command
    relations = [getattr(item, "relation", None) for item in step.statement.operations]
    relation = next((item for item in relations if isinstance(item, Relation)), None)
    if relation is None:
        return
    match command:
        case CreateIndex(index=index):
            yield from _known("index", index.name, relation, command.span)
        case CreateConstraint(constraint=constraint):
            yield from _known("constraint", constraint.name, relation, command.span)
        case CreateTable(table=table, columns=changes):
            yield from _known("table", table.name, relation, table.name_span)
            yield from _foreign_keys(relation, table.name, changes)
        case AlterTable(table=table, changes=changes):
            yield from _foreign_keys(relation, table.name, changes)


def _foreign_keys(
    relation: Relation, table: Name, changes: tuple[Change, ...]
) -> Iterator[tuple[str, str, Relation, Span]]:
    for change in changes:
        if not isinstance(change, Add | Modify) or not isinstance(change.type, Reference):
            continue
        name: Name | None = change.type.name
        if name is None and isinstance(table, str) and isinstance(change.column, str):
            name = f"{table}_{change.column}_fkey"  # `reference_name/3` of the adapter
        yield from _known("foreign key", name, relation, change.type.span)


def _known(
    kind: str, name: Name | None, relation: Relation, span: Span
) -> Iterator[tuple[str, str, Relation, Span]]:
    if isinstance(name, str):
        yield kind, name, relation, span


def _is_taken(schema: Schema, short: str, kind: str, relation: Relation) -> bool:
    """Whether the short name belongs to something else: to an index or table, or a constraint of the table."""
    own = Schema.key(relation)
    for key, table in schema.tables.items():
        if kind in ("index", "table") and key.schema == own.schema:
            if short in table.indexes or (key.name == short and key != own):
                return True
        if key == own and kind in ("constraint", "foreign key") and short in table.constraints:
            return True
    return False
