"""Index of the method `hash`.

## What happens
A hash index answers `=` and nothing else: no range, no ORDER BY, no `IN` over an ordered scan, no index-only scan. It
cannot be unique and has one column. A B-tree answers `=` about as fast and all of the rest too.

Before PostgreSQL 10 it was not written to the WAL: wrong after a crash and on replicas.

## When it is silent
- Another method.

## Instead
Leave `using:` out. Hash pays for long values that are only compared by `=`: it stores four bytes of each.

## Measured
PostgreSQL 18: `access method "hash" does not support unique indexes`, `access method "hash" does not support
multicolumn indexes`, both SQLSTATE 0A000.

## References
- PostgreSQL documentation, Hash Indexes
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import CreateIndex
from ..base import Case, Rule, subject
from ..context import MigrationContext
from ..spans import word_span

_WORDS = re.compile(rb"using: *[:\"']?hash\"?|\busing\s+hash\b", re.I)


class HashIndex(Rule):
    id = "hash-index"
    level = Level.DANGER
    tags = ("indexes",)
    silences = ("statement-fails",)

    fires = (
        Case(
            about="The plain form",
            text='create table(:posts)\ncreate index(:posts, [:slug], «using: "hash"»)',
        ),
        Case(
            about="Unique: it fails",
            text="create table(:posts)\ncreate unique_index(:posts, [:slug], «using: :hash»)",
        ),
    )
    silent = (
        Case(about="Another method", text="create table(:posts)\ncreate index(:posts, [:tags], using: :gin)"),
        Case(about="None", text="create table(:posts)\ncreate index(:posts, [:slug])"),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        for step, operation in context.forward(CreateIndex):
            if operation.method.lower() != "hash":
                continue
            table = operation.relation
            failure = next((item for item in step.effect.failures if "hash" in item.reason), None)
            if failure is not None:
                message = f"Fails on `{table}`: {failure.reason}."
            else:
                message = (
                    f"Hash index `{operation.name or '…'}` on `{table}` answers `=` alone: no range, no ORDER BY, no"
                    " uniqueness."
                )
            yield self.finding(
                word_span(context.analysis.source, _WORDS, operation, step.statement),
                message,
                level=context.level(self.level if failure is not None else Level.INFO, table, step),
                label="answers = alone",
                reason="A B-tree answers `=` about as fast, and ranges and ORDER BY too.",
                advice="Leave `using:` out, unless the values are long and only ever compared by `=`.",
                subject=subject(table, step.statement, index=operation.name),
            )
