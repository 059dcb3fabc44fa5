"""Foreign key replaced or added by `modify`.

## What happens
`modify c, references(…), from: references(…)` is one ALTER TABLE: it drops the constraint, restates the column's
type and adds the constraint anew, which looks up every row. Dropping the old constraint takes ACCESS EXCLUSIVE on
the referenced table too, and all of it is held until every row has been looked up: reads and writes of both tables
wait.

Without `from: references(…)` nothing is dropped. Where a constraint of that name exists, the statement fails;
where the column had none, reads and writes of its own table wait, and writes to the other one.

## When it is silent
- The migration creates the table itself.
- `validate: false`: no row is looked up, and the same locks are held for an instant.
- It fails for another reason, which another rule says.

## Instead
Add the new constraint under another name beside the old one, validate it in the next migration, then drop the old
one:

    execute "ALTER TABLE comments ADD CONSTRAINT comments_post_id_cascade FOREIGN KEY (post_id) REFERENCES posts ON DELETE CASCADE NOT VALID",
            "ALTER TABLE comments DROP CONSTRAINT comments_post_id_cascade"

Adding takes SHARE ROW EXCLUSIVE for an instant, validating lets reads and writes go on.

## Measured
PostgreSQL 18: `validating foreign key constraint` under ACCESS EXCLUSIVE on both tables; with NOT VALID the same
locks and no scan; SHARE ROW EXCLUSIVE on the referenced table where the column had no constraint; SQLSTATE 42710
where one of the same name exists.

## References
- ecto_sql, `Ecto.Adapters.Postgres.Connection.column_change/2`, `:modify`
- PostgreSQL documentation, ALTER TABLE, `ADD table_constraint [ NOT VALID ]`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...analysis import Step
from ...findings import Finding, Level
from ...operations import AddConstraint, Relation
from ...schema.state import Schema
from ..base import Case, Rule, subject
from ..context import MigrationContext

_POSTS = """
create table(:authors)

create table(:posts) do
  add :title, :string
  add :author_id, references(:authors)
end
"""


class ModifyForeignKey(Rule):
    id = "modify-foreign-key"
    level = Level.DANGER
    tags = ("columns", "constraints", "scan", "blocking")
    silences = ("foreign-key-validated", "statement-fails")

    fires = (
        Case(
            about="What happens on delete changes",
            before=(_POSTS,),
            text="""
            alter table(:posts) do
              modify :author_id, «references(:authors, on_delete: :delete_all)», from: references(:authors)
            end
            """,
        ),
        Case(
            about="No `from:`, and the constraint is there",
            before=(_POSTS,),
            text="""
            alter table(:posts) do
              modify :author_id, «references(:authors, on_delete: :delete_all)»
            end
            """,
        ),
        Case(
            about="The constraint is dropped first",
            before=(_POSTS,),
            text="""
            def up do
              drop constraint(:posts, :posts_author_id_fkey)

              alter table(:posts) do
                modify :author_id, «references(:authors, on_delete: :nilify_all)»
              end
            end
            """,
        ),
        Case(
            about="A table that is not known",
            text="""
            alter table(:posts) do
              modify :author_id, «references(:authors)», from: :bigint
            end
            """,
        ),
    )
    silent = (
        Case(
            about="A new table",
            text="""
            create table(:posts) do
              add :author_id, :bigint
            end

            alter table(:posts) do
              modify :author_id, references(:authors), from: :bigint
            end
            """,
        ),
        Case(
            about="Not validated",
            before=(_POSTS,),
            text="""
            alter table(:posts) do
              modify :author_id, references(:authors, on_delete: :delete_all, validate: false),
                from: references(:authors)
            end
            """,
        ),
        Case(
            about="The types differ: it fails",
            before=(_POSTS, "create table(:tags, primary_key: [type: :uuid])"),
            text="""
            alter table(:posts) do
              modify :title, references(:tags, type: :bigint), from: :string
            end
            """,
        ),
        Case(
            about="A constraint of its own, not validated",
            before=(_POSTS,),
            text="""
            execute "ALTER TABLE posts ADD CONSTRAINT posts_author_cascade FOREIGN KEY (author_id) REFERENCES authors ON DELETE CASCADE NOT VALID",
                    "ALTER TABLE posts DROP CONSTRAINT posts_author_cascade"
            """,
        ),
        Case(
            about="Not validated, and there was none",
            before=(_POSTS.replace("references(:authors)", ":bigint"),),
            text="""
            alter table(:posts) do
              modify :author_id, references(:authors, validate: false), from: :bigint
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(AddConstraint):
            constraint, table = operation.constraint, operation.relation
            if (
                not operation.from_modify
                or constraint.kind != "foreign key"
                or context.has_no_rows(table, step)
            ):
                continue
            name = constraint.name or "…"
            failure = next((f for f in step.effect.failures if f.certain and f.span == operation.span), None)
            if failure is not None and failure.cause != "duplicate":
                continue  # what else makes it fail, another rule says
            exclusive = _exclusively_locked(context, step, operation)
            both = " and ".join(exclusive) or f"`{table}`"
            if failure is not None:
                does = f"Fails: {failure.reason}."
                label = "not dropped before"
            elif constraint.validated:
                does = (
                    f"Looks up every row of `{table}` for foreign key `{name}` under ACCESS EXCLUSIVE on {both}:"
                    " reads and writes wait."
                )
                label = "checks every row at once"
            else:
                continue
            yield self.finding(
                operation.span,
                does,
                level=context.level(self.level, table, step),
                label=label,
                reason="`modify` does it all in one ALTER TABLE: the old constraint dropped, the type restated, the"
                " new one added and, unless told otherwise, validated."
                if failure is None
                else "`modify` drops only the constraint that `from: references(…)` names.",
                advice="Add the new constraint under another name with NOT VALID by `execute`, validate it in the"
                " next migration, then drop the old one."
                if failure is None
                else "Name the constraint that is there in `from: references(…)`.",
                subject=subject(table, step.statement, constraint=constraint.name),
                fails=failure is not None,
            )


def _exclusively_locked(context: MigrationContext, step: Step, operation: AddConstraint) -> list[str]:
    """The altered table and the referenced one, as far as they are under ACCESS EXCLUSIVE in this statement.

    A constraint that an earlier statement of the transaction dropped has locked the referenced table as well.
    """
    held: set[Relation] = set()
    for other in context.steps:
        if other is step or (other.in_transaction and step.in_transaction):
            held |= {lock.relation for lock in other.effect.locks if lock.mode == "ACCESS EXCLUSIVE"}
        if other is step:
            break
    tables = dict.fromkeys(
        Schema.key(relation)
        for relation in (operation.relation, operation.constraint.references)
        if relation is not None
    )
    return [f"`{relation}`" for relation in tables if relation in held]
