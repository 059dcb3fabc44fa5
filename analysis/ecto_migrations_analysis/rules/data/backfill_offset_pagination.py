"""Batches found by OFFSET.

## What happens
PostgreSQL reads all rows before the offset and throws them away: the last batch of a million rows reads the million again,
and the time grows with the square of the table. Where the batches change what the query asks for (`WHERE slug IS NULL`), it
is wrong too: the filled rows do not count any more, and OFFSET passes over as many that are not.

## When it is silent
- Pages by key: `where: p.id > ^last, order_by: p.id, limit: 1000`.
- Nothing is written in a loop.

## Instead
Keep the last key of a batch and begin the next one behind it, or, where the batches fall out of the condition, ask for the
first 1000 each time.

## Measured
PostgreSQL 18: five batches of 100 with `WHERE done IS NULL … OFFSET 0, 100, …` of 500 rows leave 200 undone.

## References
- PostgreSQL documentation, LIMIT and OFFSET
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import Select
from ...program.commands import RepoCall
from ..base import Case, Rule
from ..context import MigrationContext
from ..rows import writes

_OFFSET = re.compile(r"\boffset\b", re.I)


class BackfillOffsetPagination(Rule):
    id = "backfill-offset-pagination"
    level = Level.RISK
    tags = ("data",)

    fires = (
        Case(
            about="With Ecto.Query",
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true
            import Ecto.Query

            def up, do: fill(0)
            def down, do: :ok

            defp fill(at) do
              ids = «repo().all(from(p in "posts", offset: ^at, limit: 1000, select: p.id))»

              if ids != [] do
                repo().update_all(from(p in "posts", where: p.id in ^ids), set: [state: ""])
                fill(at + 1000)
              end
            end
            """,
        ),
        Case(
            about="In SQL",
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def up, do: fill(0)
            def down, do: :ok

            defp fill(at) do
              %{rows: rows} = «repo().query!("SELECT id FROM posts LIMIT 1000 OFFSET #{at}")»

              for [id] <- rows do
                repo().query!("UPDATE posts SET state = '' WHERE id = $1", [id])
              end

              if rows != [], do: fill(at + 1000)
            end
            """,
        ),
    )
    silent = (
        Case(
            about="By key",
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true
            import Ecto.Query

            def up, do: fill(0)
            def down, do: :ok

            defp fill(last) do
              ids = repo().all(from(p in "posts", where: p.id > ^last, order_by: p.id, limit: 1000, select: p.id))

              if ids != [] do
                repo().update_all(from(p in "posts", where: p.id in ^ids), set: [state: ""])
                fill(List.last(ids))
              end
            end
            """,
        ),
        Case(
            about="It reads only",
            text="""
            import Ecto.Query

            def up, do: repo().all(from(p in "posts", offset: 10, limit: 1, select: p.id))
            def down, do: :ok
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        if not any(write.repeated for write in writes(context)):
            return
        for step in context.steps:
            command = step.statement.command
            reads = any(isinstance(operation, Select) for operation in step.statement.operations)
            by_offset = isinstance(command, RepoCall) and command.offset
            in_sql = reads and not isinstance(command, RepoCall) and _OFFSET.search(step.statement.sql)
            if not by_offset and not in_sql:
                continue
            tables = [
                relation.name
                for operation in step.statement.operations
                if isinstance(operation, Select)
                for relation in operation.reads
                if relation.name
            ]
            named = f"`{tables[0]}`" if tables else "the table"
            yield self.finding(
                step.statement.span,
                f"Pages through {named} by OFFSET: each batch reads all earlier rows again, and rows that fall out of"
                " the condition shift the next one.",
                level=self.level,
                label="reads and throws away all before",
                reason="OFFSET counts what the query finds at that moment; rows that a batch has changed may not count"
                " any more.",
                advice="Page by key: `where: p.id > ^last, order_by: p.id, limit: …`.",
            )
