"""What `effect_of` claims of statements, and how it is compared with what a server did.

Relations are compared by name as `support.observation` names them: without a schema for those of `public`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ecto_migrations_analysis.databases.effects import Effect, Failure
from ecto_migrations_analysis.databases.postgres import transaction as transactions
from ecto_migrations_analysis.databases.postgres.effects import effect_of
from ecto_migrations_analysis.databases.postgres.locks import STRENGTH
from ecto_migrations_analysis.operations import Relation, RenameTable, Statement
from ecto_migrations_analysis.program.terms import plain_text
from ecto_migrations_analysis.schema.apply import apply
from ecto_migrations_analysis.schema.state import Schema
from ecto_migrations_analysis.sql.reader import read_sql

from .observation import Observation

NOTHING = Schema(complete=True)

# Classes of errors (SQLSTATE, appendix A of the documentation) by the causes that `Failure` knows. The server
# has one class for what no version can and what depends on something (0A000; its grammar raises it too), and
# tells them apart by text.
CAUSES = {
    "0A000": {"dependents", "syntax", "unsupported", "version"},
    "21000": {"existing rows"},
    "22": {"existing rows"},
    "22023": {"missing"},
    "23": {"existing rows", "any row", "missing"},
    "25001": {"transaction"},
    "25P01": {"transaction"},
    "2BP01": {"dependents"},
    "3F000": {"missing"},
    "42601": {"dependents", "syntax", "unsupported", "version"},
    "42701": {"duplicate"},
    "42703": {"missing"},
    "42704": {"missing"},
    "42710": {"duplicate"},
    "42723": {"duplicate"},
    "42804": {"unsupported"},
    "42809": {"unsupported", "version"},
    "42830": {"missing"},
    "42883": {"missing"},
    "42846": {"unsupported"},
    "42P01": {"missing"},
    "42P07": {"duplicate"},
    "42P16": {"dependents", "duplicate", "unsupported", "version"},
    "42P17": {"unsupported"},
    "55000": {"unsupported", "duplicate", "missing"},
    "55006": {"transaction"},
    "55P04": {"transaction"},
}


@dataclass
class Claim:
    """The effects of statements of one transaction put together."""

    locks: dict[str, str] = field(default_factory=dict)
    rewritten: set[str] = field(default_factory=set)
    rebuilt: set[str] = field(default_factory=set)
    scans: set[str] = field(default_factory=set)
    failures: list[Failure] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    # Table, what waits ("reads", "writes"), and the index or sequence it waits for.
    waits: set[tuple[str, str, str]] = field(default_factory=set)
    written: set[str] = field(default_factory=set)

    def add(self, effect: Effect, first_names: dict[str, str]) -> None:
        """`first_names`: what relations were called before the transaction renamed them."""

        def called(relation: Relation) -> str:
            return first_names.get(str(relation), str(relation))

        for lock in effect.locks:
            name = called(lock.relation)
            if STRENGTH[lock.mode] > STRENGTH.get(self.locks.get(name, ""), -1):
                self.locks[name] = lock.mode
        self.rewritten |= set(map(called, effect.rewrites))
        self.rebuilt |= set(effect.rebuilds)
        self.scans |= set(map(called, effect.scans))
        self.failures += effect.failures
        self.unknown += effect.unknown
        self.waits |= {(called(wait.relation), wait.kind, wait.through) for wait in effect.waits}
        self.written |= set(map(called, effect.writes_rows))

    @property
    def certainly_fails(self) -> bool:
        """On tables that hold rows, as those of the tests do."""
        return any(failure.certain or failure.cause == "any row" for failure in self.failures)


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
    first_names: dict[str, str] = {}
    for statement in statements:
        effect = effect_of(statement, schema, version, transaction)
        found.add(effect, first_names)
        before = schema
        for operation in statement.operations:
            if isinstance(operation, RenameTable):
                old = Schema.key(operation.relation)
                new = Relation(operation.to, old.schema)
                first_names[str(new)] = first_names.pop(str(old), str(old))
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
    state = error.split()[0]
    causes = CAUSES.get(state) or CAUSES.get(state[:2])
    assert causes is not None, f"no cause for {error}"
    if any(failure.cause in causes for failure in claimed.failures):
        return []
    return [f"failed with {error}, claimed was {claimed.failures or 'no failure'}"]


def _differ(what: str, claimed: object, observed: object) -> list[str]:
    return [] if claimed == observed else [f"{what}: claimed {claimed}, observed {observed}"]
