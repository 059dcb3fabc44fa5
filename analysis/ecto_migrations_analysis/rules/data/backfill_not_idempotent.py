"""Rows written so that running it again writes them twice.

## What happens
Without a transaction each statement commits by itself. Where a later one fails (a lost connection, a cancelled deploy), the
migration is not recorded, and the next `mix ecto.migrate` starts it from the beginning: rows are inserted a second time, or
the migration fails at a unique key; a counter is increased twice.

## When it is silent
- It runs in a transaction: a failure undoes all of it.
- It is the only statement, and not in a loop.
- `on_conflict:`, `ON CONFLICT`, `WHERE NOT EXISTS`; a value is set and not moved.

## Instead
`on_conflict: :nothing` with a unique index; a condition that leaves out what is done (`WHERE slug IS NULL`); values that are
set and not increased.

## Measured
PostgreSQL 18: SQLSTATE 23505 for the second insert of a key; without a unique index there are two rows.

## References
- ecto, `Ecto.Repo.insert_all/3`, `:on_conflict`
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import Delete, Insert
from ...program.commands import RepoCall
from ..base import Case, Rule, subject
from ..context import MigrationContext
from ..rows import Write, writes

_GUARDED = re.compile(r"\bon\s+conflict\b|\bnot\s+exists\b|\bnot\s+in\b", re.I)
_SET = re.compile(r"\bset\b", re.I)
# `n = n + 1`, `tags = posts.tags || 'x'`.
_MOVED = re.compile(r'\b(\w+)\b"?\s*=\s*(?:\w+\.)?"?\1"?\s*(?:\+|-|\|\|)', re.I)
_ALONE = "@disable_ddl_transaction true\n@disable_migration_lock true\n\n"


class BackfillNotIdempotent(Rule):
    id = "backfill-not-idempotent"
    level = Level.RISK
    tags = ("data", "transactions")

    fires = (
        Case(
            about="Inserted again",
            text=_ALONE
            + """
def up do
  «repo().insert_all("states", [%{name: "draft"}])»
  execute "CREATE INDEX CONCURRENTLY IF NOT EXISTS states_name ON states (name)"
end

def down, do: :ok
""",
        ),
        Case(
            about="Counted again, in batches",
            text=_ALONE
            + """
import Ecto.Query

def up do
  for id <- repo().all(from(p in "posts", select: p.id)) do
    «repo().update_all(from(p in "posts", where: p.id == ^id), inc: [views: 1])»
  end
end

def down, do: :ok
""",
        ),
        Case(
            about="In SQL",
            text=_ALONE
            + """
def up do
  execute "«UPDATE posts SET views = views + 1 WHERE id < 100»"
  execute "CREATE INDEX CONCURRENTLY IF NOT EXISTS posts_views ON posts (views)"
end

def down, do: :ok
""",
        ),
        Case(
            about="Although a key would refuse it",
            before=(
                "create table(:states) do\n  add :name, :string, null: false\nend\n\n"
                "create unique_index(:states, [:name])",
            ),
            text=_ALONE
            + """
def up do
  «repo().insert_all("states", [%{name: "draft"}])»
  execute "«INSERT INTO states (name) VALUES ('public')»"
end

def down, do: :ok
""",
        ),
    )
    silent = (
        Case(
            about="In a transaction",
            text="""
            def up do
              repo().insert_all("states", [%{name: "draft"}])
              execute "COMMENT ON TABLE states IS 'x'"
            end

            def down, do: :ok
            """,
        ),
        Case(
            about="The only statement",
            text=_ALONE + 'def up, do: repo().insert_all("states", [%{name: "draft"}])\ndef down, do: :ok',
        ),
        Case(
            about="What is there is left",
            text=_ALONE
            + """
def up do
  repo().insert_all("states", [%{name: "draft"}], on_conflict: :nothing)
  execute "INSERT INTO states (name) VALUES ('old') ON CONFLICT DO NOTHING"
  execute "UPDATE posts SET state = 'draft' WHERE state IS NULL AND id < 100"
end

def down, do: :ok
""",
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for write in writes(context):
            if write.step.in_transaction or not (write.repeated or len(context.steps) > 1):
                continue
            what = _twice(write)
            if what is None or context.is_new(write.relation, write.step):
                continue
            yield self.finding(
                write.operation.span,
                f"Run again after a failure, it {what} `{write.relation}` twice: nothing undoes the first time.",
                level=context.level(self.level, write.relation, write.step),
                label="twice when it is run again",
                reason="The migration runs outside of a transaction, and is recorded only when all of it has passed.",
                advice="Make it pass over what is done: `on_conflict: :nothing`, a WHERE, a value that is set.",
                subject=subject(write.relation, write.step.statement),
            )


def _twice(write: Write) -> str | None:
    command, sql = write.command, write.step.statement.sql
    if isinstance(write.operation, Delete) or _GUARDED.search(sql):
        return None
    if isinstance(write.operation, Insert):
        if isinstance(command, RepoCall) and command.on_conflict:
            return None
        return "inserts into"
    if isinstance(command, RepoCall):
        return "changes" if command.columns_moved else None
    # Two searches: one expression for both would look through the rest of the text again from each SET.
    begin = _SET.search(sql)
    return "changes" if begin is not None and _MOVED.search(sql, begin.end()) else None
