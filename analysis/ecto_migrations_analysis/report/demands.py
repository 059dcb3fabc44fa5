"""What a migration demands of the code that runs while it runs: nodes are replaced one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from .. import operations as op
from ..analysis import MigrationAnalysis
from ..operations import DataType, Operation, Relation
from ..operations.tables import ColumnOperation
from ..records import dataclass
from ..schema.state import Column, Schema
from .operations import forward

# "gone": something that code uses is gone. "renamed", "retyped": neither the old nor the new code fits alone.
# "stricter": rows that code writes are refused. "looser": code meets what was not there before.
Kind = Literal["gone", "renamed", "retyped", "stricter", "looser"]

_UNUSED = "does not use "

# Types between which Ecto reads and writes the same values.
_FAMILIES = (
    frozenset({"character varying", "text", "character", "citext", "bpchar"}),
    frozenset({"smallint", "integer", "bigint"}),
    frozenset({"real", "double precision"}),
    frozenset({"timestamp without time zone", "timestamp with time zone"}),
    frozenset({"json", "jsonb"}),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """`code` completes "every node runs code that …". `relation` and `column` are what it is about."""

    kind: Kind
    code: str
    operation: Operation
    relation: Relation | None = None
    column: str | None = None


def demands(migration: MigrationAnalysis, before: Made | None = None) -> tuple[Demand, ...]:
    """What has to be deployed before it migrates, in order, each thing once.

    Nothing is demanded for a table or a column that the migration makes itself, or that was made `before` in
    the same release: no code uses it yet.
    """
    made = Made.of(migration)
    if before is not None:
        made |= before
    found: dict[str, Demand] = {}
    for schema, operation in forward(migration):
        for demand in _demands(operation, schema, made):
            found.setdefault(demand.code, demand)
    return tuple(found.values())


def grouped(asked: Iterable[Demand]) -> str:
    """The code of several demands as one predicate: "does not use `a` and `b`; works with …"."""
    return "; ".join(grouped_codes(asked))


def grouped_codes(asked: Iterable[Demand]) -> list[str]:
    """What is not to be used any more comes together; everything else as it is."""
    unused: list[str] = []
    others: list[str] = []
    for demand in asked:
        head, _, rest = demand.code.partition(_UNUSED)
        if rest and not head:
            unused.append(rest)
        else:
            others.append(demand.code)
    if not unused:
        return others
    names = ", ".join(unused[:-1]) + f" and {unused[-1]}" if len(unused) > 1 else unused[0]
    return [f"{_UNUSED}{names}", *others]


@dataclass(frozen=True)
class Made:
    """The tables and columns that a migration makes, as far as their names are known."""

    tables: frozenset[Relation]
    columns: frozenset[tuple[Relation, str | None]]

    def __or__(self, other: Made) -> Made:
        return Made(self.tables | other.tables, self.columns | other.columns)

    @classmethod
    def of(cls, migration: MigrationAnalysis) -> Made:
        tables: set[Relation] = set()
        columns: set[tuple[Relation, str | None]] = set()
        for schema, operation in forward(migration):
            if isinstance(operation, op.CreateTable):
                # With IF NOT EXISTS too, where no earlier migration is known to have made it.
                if not operation.if_not_exists or schema.table(operation.relation) is None:
                    tables.add(Schema.key(operation.relation))
            elif isinstance(operation, op.RenameTable) and Schema.key(operation.relation) in tables:
                tables.add(Schema.key(Relation(operation.to, operation.relation.schema)))
            elif isinstance(operation, op.AddColumn) and not operation.if_not_exists:
                columns.add((Schema.key(operation.relation), operation.column.name))
        return cls(frozenset(tables), frozenset(columns))

    def then(self, migration: MigrationAnalysis) -> Made:
        """With what the next migration makes, and the names that it gives."""
        own = Made.of(migration)
        tables = self.tables | own.tables
        for _, operation in forward(migration):
            if isinstance(operation, op.RenameTable) and Schema.key(operation.relation) in tables:
                tables |= {Schema.key(Relation(operation.to, operation.relation.schema))}
        return Made(tables, self.columns | own.columns)

    def table(self, relation: Relation) -> bool:
        return Schema.key(relation) in self.tables

    def column(self, relation: Relation, name: str | None) -> bool:
        return self.table(relation) or (Schema.key(relation), name) in self.columns


def _demands(operation: Operation, schema: Schema, made: Made) -> Iterator[Demand]:
    relation = getattr(operation, "relation", None)
    if isinstance(relation, Relation) and made.table(relation):
        return
    if isinstance(operation, op.DropView):
        yield Demand(kind="gone", code=f"{_UNUSED}the view `{operation.name}`", operation=operation)
    elif isinstance(operation, op.RenameEnumValue):
        names = f"`{operation.value or '…'}` and `{operation.to or '…'}` of the enum `{operation.name}`"
        yield Demand(kind="renamed", code=f"takes {names} alike", operation=operation)
    elif isinstance(operation, op.AddEnumValue) and operation.value is not None:
        code = f"knows the value `{operation.value}` of the enum `{operation.name}`, before a row has it"
        yield Demand(kind="looser", code=code, operation=operation)
    elif isinstance(operation, ColumnOperation):
        yield from _of_column(operation, schema, made)
    elif isinstance(operation, op.AddColumn):
        yield from _of_new_column(operation)
    elif isinstance(operation, op.AddConstraint):
        yield from _of_constraint(operation, made)
    elif isinstance(operation, op.CreateIndex) and operation.unique:
        columns = [element.column for element in operation.elements]
        if not columns or not all(made.column(operation.relation, name) for name in columns):
            code = f"writes no duplicates that `{operation.name or '…'}` of `{operation.relation}` refuses"
            yield Demand(kind="stricter", code=code, operation=operation, relation=operation.relation)
    elif isinstance(operation, op.DropTable):
        yield Demand(
            kind="gone",
            code=f"{_UNUSED}the table `{operation.relation}`",
            operation=operation,
            relation=operation.relation,
        )
    elif isinstance(operation, op.RenameTable | op.SetTableSchema):
        to = _moved(operation)
        yield Demand(
            kind="renamed",
            code=f"works with the table as `{operation.relation}` and as {to}",
            operation=operation,
            relation=operation.relation,
        )


def _moved(operation: op.RenameTable | op.SetTableSchema) -> str:
    if isinstance(operation, op.RenameTable):
        return f"`{operation.to or '…'}`"
    return f"`{operation.schema or '…'}.{operation.relation.name or '…'}`"


def _of_column(operation: ColumnOperation, schema: Schema, made: Made) -> Iterator[Demand]:
    if made.column(operation.relation, operation.column):
        return
    name = f"`{operation.relation}.{operation.column or '…'}`"
    before = _column(schema, operation)
    kind: Kind
    if isinstance(operation, op.DropColumn):
        kind, code = "gone", f"{_UNUSED}{name}"
    elif isinstance(operation, op.RenameColumn):
        kind, code = "renamed", f"works with {name} and with `{operation.relation}.{operation.to or '…'}`"
    elif isinstance(operation, op.SetNotNull):
        if before is not None and before.not_null:
            return
        kind, code = "stricter", f"always gives {name} a value"
    elif isinstance(operation, op.DropDefault):
        if before is None or before.default is None or not before.not_null:
            return
        kind, code = "stricter", f"sets {name} itself in every INSERT"
    elif isinstance(operation, op.DropNotNull):
        if before is not None and not before.not_null:
            return
        kind, code = "looser", f"copes with NULL in {name}, before a row has it"
    elif isinstance(operation, op.AlterColumnType):
        if before is None or _alike(before.type, operation.type):
            return
        kind, code = "retyped", f"works with {name} as {before.type} and as {operation.type}"
    else:
        return
    yield Demand(
        kind=kind, code=code, operation=operation, relation=operation.relation, column=operation.column
    )


def _of_new_column(operation: op.AddColumn) -> Iterator[Demand]:
    column = operation.column
    filled = column.default is not None or column.identity is not None or column.generated is not None
    if column.not_null and not filled and not column.type.serial:
        yield Demand(
            kind="stricter",
            code=f"gives `{operation.relation}.{column.name or '…'}` a value in every INSERT,"
            " which no code can before the column is there",
            operation=operation,
            relation=operation.relation,
            column=column.name,
        )


def _of_constraint(operation: op.AddConstraint, made: Made) -> Iterator[Demand]:
    constraint = operation.constraint
    if operation.of_new_column is not None or constraint.using_index is not None:
        return
    known = constraint.columns and constraint.complete
    if known and all(made.column(operation.relation, name) for name in constraint.columns):
        return
    if constraint.kind == "not null":
        code = "always gives {} a value".format(
            ", ".join(f"`{operation.relation}.{name}`" for name in constraint.columns) or "it"
        )
    else:
        what = "foreign key" if constraint.kind == "foreign key" else f"{constraint.kind} constraint"
        code = f"writes nothing that the {what} `{constraint.name or '…'}` of `{operation.relation}` refuses"
    yield Demand(kind="stricter", code=code, operation=operation, relation=operation.relation)


def _column(schema: Schema, operation: ColumnOperation) -> Column | None:
    table = schema.table(operation.relation)
    return table.columns.get(operation.column or "") if table is not None else None


def _alike(one: DataType, other: DataType) -> bool:
    """Whether code takes the values of both for the same."""
    if None in (one.name, other.name) or one.dimensions != other.dimensions:
        return one.name is None or other.name is None
    names = {one.name, other.name}
    return len(names) == 1 or any(names <= family for family in _FAMILIES)
