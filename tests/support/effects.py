"""What `effect_of` claims of statements, and how it is compared with what a server did.

Relations are compared by name as `support.observation` names them: without a schema for those of `public`.
"""

from __future__ import annotations

from collections.abc import Iterable

from ecto_migrations_analysis.databases.postgres import transaction as transactions
from ecto_migrations_analysis.databases.postgres.effects import effect_of
from ecto_migrations_analysis.operations import Statement
from ecto_migrations_analysis.program.terms import plain_text
from ecto_migrations_analysis.schema.apply import apply
from ecto_migrations_analysis.schema.state import Schema
from ecto_migrations_analysis.sql.reader import read_sql
from ecto_migrations_server.rehearse.claims import Claim, causes_of

from .observation import Observation

NOTHING = Schema(complete=True)


def statements_of(sql: str) -> list[Statement]:
    return [
        Statement(sql=item.sql, operations=item.operations, span=item.span)
        for item in read_sql(plain_text(sql))
    ]


def schema_of(sql: str, schema: Schema = NOTHING) -> Schema:
    """The schema after the statements of `sql`."""
    for statement in statements_of(sql):
        for operation in statement.operations:
            schema = apply(schema, operation)
    return schema


def claim(
    statements: Iterable[Statement], schema: Schema, version: int, *, in_transaction: bool = True
) -> Claim:
    """What is claimed of `statements`, run one after the other."""
    found = Claim()
    transaction = transactions.begin(in_transaction)
    for statement in statements:
        effect = effect_of(statement, schema, version, transaction)
        found.add(effect)
        found.follow(statement.operations)
        before = schema
        for operation in statement.operations:
            schema = apply(schema, operation)
        transaction = transactions.advance(transaction, statement, effect, before)
    return found


def differences(claimed: Claim, observed: Observation, *, scans: bool = True) -> list[str]:
    """What was claimed and did not come, and the other way round."""
    if observed.error is not None:
        return _other_failure(claimed, observed.error)
    found = [f"did not fail: {failure}" for failure in claimed.failures if failure.certain]
    found += [f"did not fail: {failure}" for failure in claimed.failures if failure.cause == "any row"]
    found += _differ("locks", claimed.locks, observed.locks)
    found += _differ("rewritten", claimed.rewritten, observed.rewritten)
    found += _differ("rebuilt", claimed.rebuilt, observed.rebuilt)
    if scans:
        found += _differ("scans", claimed.scans, observed.scans)
    return found


def _other_failure(claimed: Claim, error: str) -> list[str]:
    causes = causes_of(error)
    assert causes is not None, f"no cause for {error}"
    if any(failure.cause in causes for failure in claimed.failures):
        return []
    return [f"failed with {error}, claimed was {claimed.failures or 'no failure'}"]


def _differ(what: str, claimed: object, observed: object) -> list[str]:
    return [] if claimed == observed else [f"{what}: claimed {claimed}, observed {observed}"]
