"""ALTER TABLE: what its clauses come to together.

PostgreSQL first changes the catalog, clause by clause (phase 2), and then goes through the table once for all
of them (phase 3: `ATRewriteTables` in tablecmds.c): it writes it anew if one clause asks for that, else it
reads it if one clause asks for that. Foreign keys are validated last, each by a query of its own. The lock is
the strongest that one of the clauses needs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ....operations import (
    AddColumn,
    AlterColumnType,
    ConstraintDefinition,
    DropColumn,
    DropConstraint,
    DropDefault,
    Relation,
)
from ....operations.tables import TableOperation
from ....records import dataclass
from ....schema.state import Column, ConstraintState
from ....syntax.span import Span
from ..locks import ACCESS_EXCLUSIVE, ROW_SHARE, SHARE_ROW_EXCLUSIVE
from .ledger import Ledger
from .situation import Situation


@dataclass(frozen=True, slots=True)
class ForeignKeyCheck:
    """A foreign key to validate: rows of `child` are looked up in `parent`.

    `empty`: the columns are new and NULL everywhere, so that no row of the parent is looked at.
    """

    child: Relation
    parent: Relation | None
    empty: bool = False


class Alteration:
    """The clauses of one ALTER TABLE on one table, and what they ask of phase 3."""

    def __init__(
        self, operations: Sequence[TableOperation], situation: Situation, ledger: Ledger, sql: str
    ) -> None:
        self.operations = operations
        self.situation = situation
        self.ledger = ledger
        self.sql = sql
        self.relation = operations[0].relation
        self.only = operations[0].only
        self.table = situation.table(self.relation)
        self.dropped_constraints = {
            operation.name for operation in operations if isinstance(operation, DropConstraint)
        }
        self.dropped_columns = {
            operation.column for operation in operations if isinstance(operation, DropColumn)
        }
        self.dropped_defaults = {
            operation.column for operation in operations if isinstance(operation, DropDefault)
        }
        self.new_types = {
            operation.column: operation.type
            for operation in operations
            if isinstance(operation, AlterColumnType)
        }
        self.added = {
            operation.column.name: operation
            for operation in operations
            if isinstance(operation, AddColumn) and not self.is_there_already(operation)
        }
        self._written: dict[Relation, None] = {}
        self._read: dict[Relation, None] = {}
        self._rebuilt: dict[str, None] = {}
        self._checks: list[ForeignKeyCheck] = []

    # --- what the clauses meet ---

    @property
    def known(self) -> bool:
        """Whether the table is known in full, so that what it does not have does not exist."""
        return self.table is not None and self.table.complete and not self.table.uncertain

    def column(self, name: str | None) -> Column | None:
        return self.situation.column(self.relation, name)

    def is_there_already(self, operation: AddColumn) -> bool:
        """Whether `ADD COLUMN IF NOT EXISTS` does nothing."""
        return operation.if_not_exists and self.stays(operation.column.name)

    def stays(self, name: str | None) -> bool:
        """Whether the table has the column and no clause drops it: dropping comes before everything else."""
        return self.column(name) is not None and name not in self.dropped_columns

    def staying_columns(self) -> set[str]:
        """The names of the table's columns that no clause drops."""
        return {name for name in (self.table.columns if self.table else ()) if self.stays(name)}

    def constraints(self, kind: str | None = None) -> list[ConstraintState]:
        """The constraints that stay, those of the kind."""
        if self.table is None:
            return []
        return [
            constraint
            for constraint in self.table.constraints.values()
            if constraint.name not in self.dropped_constraints
            and not self.dropped_columns & set(constraint.definition.columns)
            and (kind is None or constraint.definition.kind == kind)
        ]

    def primary_key(self) -> tuple[str, ...]:
        keys = self.constraints("primary key")
        return keys[0].definition.columns if keys else ()

    def is_stated(self, name: str | None) -> bool:
        """Whether the statement itself gives the constraint's name: else PostgreSQL finds an unused one."""
        if name is None:
            return False
        return re.search(rf'constraint\s+"?{re.escape(name)}"?', self.sql, re.I) is not None

    # --- what the clauses ask for ---

    def lock(self, mode: str, span: Span) -> None:
        """A lock on the table, its partitions and its heirs."""
        self.ledger.lock_family(self.relation, mode, span, self.only)

    def lock_with_partitions(self, mode: str, span: Span) -> None:
        """A lock of a clause that goes on to partitions, but not to heirs of a table with rows of its own."""
        self.ledger.lock_family_of_partitions(self.relation, mode, span, self.only)

    def lock_alone(self, mode: str, span: Span) -> None:
        """A lock of a clause that does not go on to partitions and heirs."""
        self.ledger.lock(self.relation, mode, span)

    def rewrite(self, alone: bool = False) -> None:
        """The rows are written to a new file; `alone`: not those of partitions and heirs."""
        self._written.update(dict.fromkeys(self.situation.stored(self.relation, self.only or alone)))

    def read(self) -> None:
        """All rows are read to verify something."""
        self._read.update(dict.fromkeys(self.situation.stored(self.relation, self.only)))

    def read_for_index(self) -> None:
        """All rows are read to build an index, which heirs do not get."""
        self._read.update(dict.fromkeys(self.situation.partitions(self.relation, self.only)))

    def rebuild(self, indexes: list[str]) -> None:
        self._rebuilt.update(dict.fromkeys(indexes))

    def validate(self, constraint: ConstraintDefinition, empty: bool = False) -> None:
        """Every row's reference is looked up."""
        self._checks.append(ForeignKeyCheck(self.relation, constraint.references, empty))

    def validate_referencing(self, child: Relation) -> None:
        self._checks.append(ForeignKeyCheck(child, self.relation))

    def lock_referenced(self, parent: Relation | None, mode: str, span: Span) -> None:
        """A lock on the table a foreign key points to, and on its partitions."""
        if parent is None:
            self.ledger.unknown("which table the foreign key refers to")
            return
        self.ledger.lock_family_of_partitions(parent, mode, span)

    def lock_formerly_referenced(self, parent: Relation | None, span: Span) -> None:
        """What a foreign key that goes with something else takes on the table it points to."""
        if parent is not None and self.situation.version < 15 and self.situation.is_partitioned(parent):
            # Before PostgreSQL 15 only the partitions have its triggers.
            for item in self.situation.partitions(parent):
                self.ledger.lock(item, ACCESS_EXCLUSIVE, span)
        else:
            self.lock_referenced(parent, ACCESS_EXCLUSIVE, span)

    # --- phase 3 ---

    def finish(self) -> None:
        """Take down what phase 3 does."""
        for relation in self._written:
            self.ledger.rewrite(relation)
            self.ledger.scan(relation)
            self.ledger.rebuild(relation, self._surviving_indexes(relation))
        if self._written and (self.table is None or not self.table.complete):
            self.ledger.unknown(f"which indexes `{self.relation}` has: all of them are rebuilt")
        for relation in self._read:
            self.ledger.scan(relation)
        for relation in self.situation.stored(self.relation, self.only):
            indexes = self._indexes_to_rebuild(relation)
            if indexes and relation not in self._written:
                self.ledger.rebuild(relation, indexes)
                self.ledger.scan(relation)
        for check in self._checks:
            self._validate(check)

    def _surviving_indexes(self, relation: Relation) -> list[str]:
        table = self.situation.table(relation)
        if table is None:
            return []
        return [
            name
            for name, index in table.indexes.items()
            if index.constraint not in self.dropped_constraints or index.constraint is None
            if not self.dropped_columns & {element.column for element in index.definition.elements}
        ]

    def _indexes_to_rebuild(self, relation: Relation) -> list[str]:
        """The table's indexes, or a partition's that are attached to them."""
        table = self.situation.table(relation)
        if table is None:
            return []
        return [
            name
            for name, index in table.indexes.items()
            if name in self._rebuilt or index.attached_to in self._rebuilt
        ]

    def _validate(self, check: ForeignKeyCheck) -> None:
        if self.situation.transaction.is_empty(check.child):
            return
        for relation in self.situation.partitions(check.child):
            self.ledger.scan(relation)
        if check.parent is not None and not check.empty:
            for relation in self.situation.partitions(check.parent):
                self.ledger.scan(relation)


# What validating a foreign key takes on the table it points to (`RI_Initial_Check`: SELECT … FOR KEY SHARE),
# and what adding one does.
VALIDATING = ROW_SHARE
REFERENCING = SHARE_ROW_EXCLUSIVE
