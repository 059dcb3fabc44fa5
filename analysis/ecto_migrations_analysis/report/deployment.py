"""How a migration is deployed: what comes before it and after it, and what is left where it fails."""

from __future__ import annotations

from .. import operations as op
from ..analysis import MigrationAnalysis
from ..operations import Relation
from ..records import dataclass
from ..schema.state import Schema
from .demands import Demand, Made, demands
from .operations import backward, forward

# Whoever waits and for whom, in the words of the server (PostgreSQL documentation, 9.27.1 pg_blocking_pids).
WHO_BLOCKS = """\
SELECT waiting.pid AS waiting, left(waiting.query, 60) AS for_statement, now() - waiting.query_start AS since,
       blocking.pid AS blocked_by, blocking.application_name, blocking.state,
       now() - blocking.xact_start AS its_transaction_since, left(blocking.query, 60) AS its_last_statement
FROM pg_stat_activity AS waiting
JOIN pg_stat_activity AS blocking ON blocking.pid = ANY (pg_blocking_pids(waiting.pid))
ORDER BY waiting.query_start;"""


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """Names stand in backticks; a constraint comes with its table.

    `new`: tables and columns that code may use afterwards. `written`: tables whose rows it writes itself.
    `empty`: columns that are NULL in the rows that are there. `unvalidated`: constraints that a later
    migration has to validate, `validated` those that this one validates or drops. `loses`: what a rollback
    destroys of what was written since; `returns_empty`: what it brings back without the data that the
    migration dropped. `left`: indexes that a failed concurrent build leaves INVALID.
    """

    demands: tuple[Demand, ...] = ()
    new: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    unvalidated: tuple[tuple[str, str], ...] = ()
    validated: tuple[tuple[str, str], ...] = ()
    loses: tuple[str, ...] = ()
    returns_empty: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


def deployment(migration: MigrationAnalysis, before: Made | None = None) -> Deployment:
    """What can be told of the migration's two programs; `before` is what the release has made so far."""
    made = Made.of(migration)
    if before is not None:
        made |= before
    return Deployment(
        demands=demands(migration, before),
        new=_new(migration, made),
        written=_written(migration, made),
        empty=_empty(migration, made),
        unvalidated=_unvalidated(migration),
        validated=_validated(migration),
        loses=_loses(migration),
        returns_empty=_returns_empty(migration),
        left=_left(migration),
    )


def _new(migration: MigrationAnalysis, made: Made) -> tuple[str, ...]:
    found = []
    for _, operation in forward(migration):
        if isinstance(operation, op.CreateTable) and not operation.partition_of:
            found.append(f"`{operation.relation}`")
        elif isinstance(operation, op.AddColumn) and not made.table(operation.relation):
            found.append(f"`{operation.relation}.{operation.column.name or '…'}`")
    return tuple(dict.fromkeys(found))


def _written(migration: MigrationAnalysis, made: Made) -> tuple[str, ...]:
    found = [
        f"`{relation}`"
        for step in (migration.up.steps if migration.up else ())
        for relation in step.effect.writes_rows
        if not made.table(relation)
    ]
    return tuple(dict.fromkeys(found))


def _empty(migration: MigrationAnalysis, made: Made) -> tuple[str, ...]:
    filled = {
        (Schema.key(operation.relation), name)
        for _, operation in forward(migration)
        if isinstance(operation, op.Update)
        for name in operation.columns
    }
    found = []
    for _, operation in forward(migration):
        if not isinstance(operation, op.AddColumn) or made.table(operation.relation):
            continue
        column = operation.column
        given = column.default or column.identity or column.generated or column.not_null or column.type.serial
        if not given and (Schema.key(operation.relation), column.name) not in filled:
            found.append(f"`{operation.relation}.{column.name or '…'}`")
    return tuple(dict.fromkeys(found))


def _unvalidated(migration: MigrationAnalysis) -> tuple[tuple[str, str], ...]:
    found: dict[tuple[Relation, str | None], tuple[str, str]] = {}
    for _, operation in forward(migration):
        if isinstance(operation, op.AddConstraint) and not operation.constraint.validated:
            name = operation.constraint.name
            key = (Schema.key(operation.relation), name)
            found[key] = (f"`{name or '…'}`", f"`{operation.relation}`")
        elif isinstance(operation, op.ValidateConstraint | op.DropConstraint):
            found.pop((Schema.key(operation.relation), operation.name), None)
    return tuple(found.values())


def _validated(migration: MigrationAnalysis) -> tuple[tuple[str, str], ...]:
    return tuple(
        (f"`{operation.name or '…'}`", f"`{operation.relation}`")
        for _, operation in forward(migration)
        if isinstance(operation, op.ValidateConstraint | op.DropConstraint)
    )


def _loses(migration: MigrationAnalysis) -> tuple[str, ...]:
    found = []
    for _, operation in backward(migration):
        if isinstance(operation, op.DropColumn):
            found.append(f"`{operation.relation}.{operation.column or '…'}`")
        elif isinstance(operation, op.DropTable):
            found.append(f"`{operation.relation}`")
        elif isinstance(operation, op.Truncate):
            found += [f"`{relation}`" for relation in operation.relations]
        elif isinstance(operation, op.Delete):
            found.append(f"rows of `{operation.relation}`")
    return tuple(dict.fromkeys(found))


def _returns_empty(migration: MigrationAnalysis) -> tuple[str, ...]:
    dropped = {
        (Schema.key(operation.relation), getattr(operation, "column", None))
        for _, operation in forward(migration)
        if isinstance(operation, op.DropColumn | op.DropTable)
    }
    found = []
    for _, operation in backward(migration):
        if isinstance(operation, op.AddColumn):
            if (Schema.key(operation.relation), operation.column.name) in dropped:
                found.append(f"`{operation.relation}.{operation.column.name or '…'}`")
        elif isinstance(operation, op.CreateTable) and (Schema.key(operation.relation), None) in dropped:
            found.append(f"`{operation.relation}`")
    return tuple(dict.fromkeys(found))


def _left(migration: MigrationAnalysis) -> tuple[str, ...]:
    found = [
        operation.name
        for _, operation in forward(migration)
        if isinstance(operation, op.CreateIndex) and operation.concurrently and operation.name is not None
    ]
    return tuple(dict.fromkeys(found))
