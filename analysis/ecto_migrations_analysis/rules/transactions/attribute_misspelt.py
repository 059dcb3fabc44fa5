"""Module attribute that Ecto does not know.

## What happens
Ecto reads two attributes of a migration: `@disable_ddl_transaction` and `@disable_migration_lock`. Any other spelling
is an attribute like every other, which nobody reads: the migration runs in a transaction, or under the lock, as if it
were not there. The compiler only says that it "was set but never used".

## When it is silent
- The migration itself reads the attribute.
- Its value is not `true`, or its name is far from both.

## Instead

    use Ecto.Migration

    @disable_ddl_transaction true
    @disable_migration_lock true

## Measured
Read in the source of ecto_sql 3.14: `__migration__/0` returns the two, and nothing else.

## References
- ecto_sql, `Ecto.Migration.__before_compile__/1`
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...findings import Finding, Level
from ..base import EVERY_DATABASE, Case, Rule
from ..context import MigrationContext

_KNOWN = ("disable_ddl_transaction", "disable_migration_lock")
# What a slip of either has kept, so that the search for the nearest is seldom needed.
_LIKELY = re.compile(r"disab|ddl|transact|migration_?lock", re.I)


class AttributeMisspelt(Rule):
    id = "attribute-misspelt"
    level = Level.DANGER
    databases = EVERY_DATABASE
    tags = ("transactions", "attributes")

    fires = (
        Case(
            about="The plural",
            text="""
            «@disable_ddl_transactions true»
            @disable_migration_lock true

            def change do
              execute "VACUUM posts", ""
            end
            """,
        ),
        Case(
            about="A shorter name",
            text="""
            @disable_ddl_transaction true
            «@disable_lock true»

            def change do
              execute "VACUUM posts", ""
            end
            """,
        ),
    )
    silent = (
        Case(
            about="As Ecto spells them",
            text="""
            @disable_ddl_transaction true
            @disable_migration_lock true

            def change do
              execute "VACUUM posts", ""
            end
            """,
        ),
        Case(
            about="An attribute of the migration's own",
            text="""
            @disable_triggers true

            def up do
              if @disable_triggers, do: execute("ALTER TABLE posts DISABLE TRIGGER USER")
            end

            def down, do: :ok
            """,
        ),
        Case(
            about="Something else",
            text="""
            @batch_size 1000

            def change do
            end
            """,
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        migration = context.migration.migration
        for attribute in migration.other_attributes:
            if attribute.value is not True or not _LIKELY.search(attribute.name):
                continue
            if self._is_read(context, attribute.name):
                continue
            from difflib import get_close_matches

            near = get_close_matches(attribute.name, _KNOWN, n=1, cutoff=0.6)
            if not near:
                continue
            does = "runs in a transaction" if near[0] == _KNOWN[0] else "runs under the migration lock"
            yield self.finding(
                attribute.span,
                f"Ecto does not know `@{attribute.name}`: the migration {does} all the same.",
                label=f"is it @{near[0]}?",
                reason=f"Ecto reads `@{_KNOWN[0]}` and `@{_KNOWN[1]}`; other attributes are read by nobody.",
                advice=f"Write `@{near[0]} true`.",
                subject={"attribute": attribute.name, "near": near[0]},
            )

    @staticmethod
    def _is_read(context: MigrationContext, name: str) -> bool:
        """Whether the module says the attribute a second time."""
        span = context.migration.migration.span
        text = context.analysis.source.data[span.start : span.end]
        return len(re.findall(rb"@%b\b" % re.escape(name.encode()), text)) > 1
