"""Where the effect of one statement is put together, clause by clause."""

from __future__ import annotations

from collections.abc import Iterable

from ....operations import Relation
from ....operations.base import NOWHERE
from ....schema.state import Schema
from ....syntax.span import Span
from ...effects import Effect, Failure, Lock, TypeChangeCost, Wait
from ..locks import ROW_EXCLUSIVE, blocked_by, stronger
from .situation import Situation


class Ledger:
    """Takes down what the clauses do. What happens to relations that nobody else can see is left out."""

    def __init__(self, situation: Situation) -> None:
        self.situation = situation
        self._locks: dict[Relation, Lock] = {}
        self._rewrites: dict[Relation, None] = {}
        self._scans: dict[Relation, None] = {}
        self._rebuilds: dict[str, None] = {}
        self._failures: dict[Failure, None] = {}
        self._plans: dict[Relation, None] = {}
        self._rows: dict[Relation, None] = {}
        self._waits: dict[Wait, None] = {}
        self._type_changes: list[TypeChangeCost] = []
        self._unknown: dict[str, None] = {}

    def effect(self) -> Effect:
        return Effect(
            locks=tuple(self._locks.values()),
            rewrites=tuple(self._rewrites),
            scans=tuple(self._scans),
            rebuilds=tuple(self._rebuilds),
            failures=tuple(self._failures),
            invalidates_plans=tuple(self._plans),
            writes_rows=tuple(self._rows),
            waits=tuple(self._waits),
            type_changes=tuple(self._type_changes),
            unknown=tuple(self._unknown),
        )

    def lock(self, relation: Relation, mode: str, span: Span = NOWHERE) -> None:
        """A lock on a table or view. Of several on one relation the strongest is kept, and its clause.

        The catalog's own are left out: every statement locks some of them.
        """
        key = Schema.key(relation)
        if self.situation.is_private(key) or self.situation.is_catalog(key):
            return
        held = self._locks.get(key)
        if held is None or (stronger(held.mode, mode) == mode and held.mode != mode):
            self._locks[key] = Lock(key, mode, span)

    def lock_family(self, relation: Relation, mode: str, span: Span = NOWHERE, only: bool = False) -> None:
        """The same lock on the table, its partitions and its heirs."""
        for item in self.situation.family(relation, only):
            self.lock(item, mode, span)

    def lock_family_of_partitions(
        self, relation: Relation, mode: str, span: Span = NOWHERE, only: bool = False
    ) -> None:
        """As `lock_family`, but heirs of a table that is not partitioned are left alone."""
        self.lock_family(relation, mode, span, only or not self.situation.is_partitioned(relation))

    def scan(self, relation: Relation) -> None:
        """Every row is read."""
        if not self.situation.is_private(relation) and not self.situation.is_catalog(relation):
            self._scans[Schema.key(relation)] = None

    def rewrite(self, relation: Relation) -> None:
        """The rows are written to a new file."""
        if not self.situation.is_private(relation):
            self._rewrites[Schema.key(relation)] = None

    def rebuild(self, relation: Relation, indexes: Iterable[str]) -> None:
        """Existing indexes of the relation are built anew."""
        if not self.situation.is_private(relation):
            self._rebuilds.update(dict.fromkeys(indexes))

    def change_type(self, relation: Relation, cost: TypeChangeCost) -> None:
        """What a clause that changes a type costs by itself."""
        if not self.situation.is_private(relation):
            self._type_changes.append(cost)

    def write_rows(self, relation: Relation, span: Span = NOWHERE) -> None:
        """Rows are inserted, changed or deleted: each stays locked until the transaction ends."""
        self.lock(relation, ROW_EXCLUSIVE, span)
        if not self.situation.is_private(relation):
            self._rows[Schema.key(relation)] = None

    def invalidate_plans(self, relation: Relation) -> None:
        if not self.situation.is_private(relation):
            self._plans[Schema.key(relation)] = None

    def wait(self, relation: Relation, mode: str, through: str, span: Span = NOWHERE) -> None:
        """What uses an index locked in `mode` waits, and every plan on the table locks all its indexes."""
        if not self.situation.is_private(relation):
            for kind in sorted(blocked_by([mode])):
                self._waits[Wait(Schema.key(relation), kind, through, span)] = None

    def wait_for_sequence(self, relation: Relation, through: str, span: Span = NOWHERE) -> None:
        """New rows that take their number from a locked sequence wait."""
        if not self.situation.is_private(relation):
            self._waits[Wait(Schema.key(relation), "writes", through, span)] = None

    def fail(self, reason: str, cause: str, span: Span = NOWHERE) -> None:
        """The statement certainly fails."""
        self._failures[Failure(reason, True, cause, span)] = None

    def fail_on_rows(
        self, relation: Relation, reason: str, span: Span = NOWHERE, every: bool = False
    ) -> None:
        """The statement fails if the table has rows that break a condition; `every`: each row does."""
        if not self.situation.transaction.is_empty(relation):
            self._failures[Failure(reason, False, "any row" if every else "existing rows", span)] = None

    def fail_if_rows_changed(self, reason: str, span: Span = NOWHERE) -> None:
        """The statement fails if an earlier one of the transaction found a row to change."""
        self._failures[Failure(reason, False, "transaction", span)] = None

    def unknown(self, reason: str) -> None:
        """Why the effect may be another than what is taken down."""
        self._unknown[reason] = None

    @property
    def certainly_fails(self) -> bool:
        return any(failure.certain for failure in self._failures)
