"""What the analysis claims of statements that share a transaction, and where a server did something else.

Relations are compared by name as `observation` names them: without a schema for those of `public`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ecto_migrations_analysis.databases.effects import Effect, Failure
from ecto_migrations_analysis.databases.postgres.locks import STRENGTH
from ecto_migrations_analysis.operations import Operation, Relation, RenameTable, SetTableSchema
from ecto_migrations_analysis.records import dataclass, field
from ecto_migrations_analysis.schema.state import Schema

# Classes of errors (SQLSTATE, appendix A of the documentation) by the causes that `Failure` knows. The server
# has one class for what no version can and what depends on something (0A000; its grammar raises it too), and
# tells them apart by text.
CAUSES: Final = {
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
    # What relations were called before the transaction renamed them.
    first_names: dict[str, str] = field(default_factory=dict)

    def add(self, effect: Effect) -> None:
        """The effect of the next statement."""

        def called(relation: Relation) -> str:
            name = str(Schema.key(relation))
            return self.first_names.get(name, name)

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

    def follow(self, operations: Iterable[Operation]) -> None:
        """The names after the statement's operations."""
        for operation in operations:
            if isinstance(operation, RenameTable):
                new = Relation(operation.to, operation.relation.schema)
            elif isinstance(operation, SetTableSchema):
                new = Relation(operation.relation.name, operation.schema)
            else:
                continue
            old, key = str(Schema.key(operation.relation)), str(Schema.key(new))
            self.first_names[key] = self.first_names.pop(old, old)

    @property
    def certainly_fails(self) -> bool:
        """On tables that hold rows."""
        return any(failure.certain or failure.cause == "any row" for failure in self.failures)


def causes_of(error: str) -> set[str] | None:
    """What `Failure.cause` may say of an error `SQLSTATE message`; None for a class it does not speak of."""
    state = error.split()[0]
    return CAUSES.get(state) or CAUSES.get(state[:2])
