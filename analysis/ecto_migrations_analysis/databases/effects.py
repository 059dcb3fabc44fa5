"""What a statement does to other sessions and to the table: the vocabulary of every database's effects."""

from __future__ import annotations

from ..operations.base import Relation
from ..records import dataclass, field
from ..syntax.span import Span

NOWHERE = Span(0, 0)


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock on a relation, its mode as the database spells it (`ACCESS EXCLUSIVE`).

    `span` is the clause that takes it.
    """

    relation: Relation
    mode: str
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Failure:
    """The statement fails: `certain` always, otherwise where the table has rows that break the condition."""

    reason: str
    certain: bool
    # "transaction", "existing rows" (rows that break a condition, if there are), "any row" (every row breaks
    # it: only an empty table passes), "dependents", "missing", "duplicate", "version", "syntax",
    # "unsupported" (no version can), "adapter" (raised before anything is sent)
    cause: str
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Wait:
    """Statements on `relation` wait though no lock is on the table itself: an index or sequence is locked.

    `kind` is "reads" or "writes", `through` the name of what is locked.
    """

    relation: Relation
    kind: str
    through: str
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class TypeChangeCost:
    """What one clause that changes a column's type costs, whatever else stands in the same statement.

    `span` is the clause, `rebuilds` names the indexes it makes the database build anew. `certain` is False
    where it may do less; `reason` says why it does that, or what is not known: "every value is fitted to
    character varying(10)".
    """

    span: Span
    rewrites: bool
    rebuilds: tuple[str, ...]
    certain: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """The effect of one statement on one version of a database, in the schema it meets.

    Relations are those of tables; `rebuilds` names indexes. Locks on indexes and on the catalog are left
    out. A relation that the same transaction created is never listed: nobody else can see it.
    """

    locks: tuple[Lock, ...] = ()
    rewrites: tuple[Relation, ...] = ()
    scans: tuple[Relation, ...] = ()
    rebuilds: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()
    # Prepared statements that read these relations fail once per connection ("cached plan must not change
    # result type").
    invalidates_plans: tuple[Relation, ...] = ()
    # Rows are locked and new versions written, one by one, until the transaction ends.
    writes_rows: tuple[Relation, ...] = ()
    # What waits for locks that are not on tables (`REINDEX` locks an index, `ALTER SEQUENCE` a sequence).
    waits: tuple[Wait, ...] = ()
    # By clause, where the statement changes types of columns that others can see.
    type_changes: tuple[TypeChangeCost, ...] = ()
    # Why the effect is not known for certain; empty where it is.
    unknown: tuple[str, ...] = ()

    @property
    def certain(self) -> bool:
        return not self.unknown
