"""The SQL that takes an `execute` back, where that is known from the statement and the history.

Data is never brought back, and what may have been there before (`OR REPLACE`, `IF NOT EXISTS`) is not
dropped. An extension that is made where it is missing stays: others may use it.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..analysis import Step
from ..operations import (
    AddColumn,
    AddConstraint,
    Comment,
    CreateDomain,
    CreateEnum,
    CreateFunction,
    CreateIndex,
    CreateObject,
    CreatePolicy,
    CreateTable,
    CreateTrigger,
    CreateView,
    DropDefault,
    DropNotNull,
    Operation,
    Relation,
    RenameColumn,
    RenameConstraint,
    RenameEnumValue,
    RenameIndex,
    RenameTable,
    SetDefault,
    SetNotNull,
    TableSetting,
    ValidateConstraint,
)
from ..schema.state import Column
from . import sql_names

_KINDS = frozenset({"extension", "type", "schema", "sequence", "publication"})
_ROW_SECURITY = {
    "enable row level security": "DISABLE ROW LEVEL SECURITY",
    "disable row level security": "ENABLE ROW LEVEL SECURITY",
}


def inverse(steps: Sequence[Step]) -> str | None:
    """The SQL for one `execute`, whose statements `steps` are; empty where nothing is to be undone."""
    if len(steps) != 1 or not steps[0].statement.certain or steps[0].statement.error is not None:
        return None
    operations = [item for item in steps[0].statement.operations if not _comes_with_column(item)]
    if len(operations) == 1 and (whole := _whole(operations[0], steps[0])) is not None:
        return whole
    return _alter(operations, steps[0])


def _comes_with_column(operation: Operation) -> bool:
    return isinstance(operation, AddConstraint) and operation.of_new_column is not None


def _whole(operation: Operation, step: Step) -> str | None:
    """A statement of its own."""
    match operation:
        case CreateEnum(name=name) if name.name:
            return f"DROP TYPE {sql_names.relation(name)}"
        case CreateDomain(name=name) if name.name:
            return f"DROP DOMAIN {sql_names.relation(name)}"
        case CreateFunction(name=name, replace=False, procedure=procedure) if name.name:
            return f"DROP {'PROCEDURE' if procedure else 'FUNCTION'} {sql_names.relation(name)}"
        case CreateView(name=name, replace=False, if_not_exists=False, materialized=materialized) if (
            name.name
        ):
            return f"DROP {'MATERIALIZED ' if materialized else ''}VIEW {sql_names.relation(name)}"
        case CreateTrigger(name=str(name), relation=relation, replace=False) if relation.name:
            return f"DROP TRIGGER {sql_names.name(name)} ON {sql_names.relation(relation)}"
        case CreatePolicy(name=str(name), relation=relation) if relation.name:
            return f"DROP POLICY {sql_names.name(name)} ON {sql_names.relation(relation)}"
        case CreateObject(kind="extension", if_not_exists=True):
            return ""
        case CreateObject(kind=kind, name=name, if_not_exists=False, replace=False) if kind in _KINDS:
            return f"DROP {kind.upper()} {sql_names.relation(name)}" if name.name else None
        case CreateTable(relation=relation, if_not_exists=False, partition_of=None) if relation.name:
            return f"DROP TABLE {sql_names.relation(relation)}"
        case CreateIndex(name=str(name), relation=relation, if_not_exists=False):
            index = sql_names.relation(Relation(name, relation.schema))
            return f"DROP INDEX {'CONCURRENTLY ' if operation.concurrently else ''}{index}"
        case RenameIndex(name=name, to=str(to), if_exists=False) if name.name:
            return (
                f"ALTER INDEX {sql_names.relation(Relation(to, name.schema))}"
                f" RENAME TO {sql_names.name(name.name)}"
            )
        case RenameEnumValue(name=name, value=str(value), to=str(to)) if name.name:
            return f"ALTER TYPE {sql_names.relation(name)} RENAME VALUE {_literal(to)} TO {_literal(value)}"
        case RenameTable(relation=relation, to=str(to), table_if_exists=False) if relation.name:
            renamed = sql_names.relation(Relation(to, relation.schema))
            return f"ALTER TABLE {renamed} RENAME TO {sql_names.name(relation.name)}"
        case Comment():
            return _comment(operation, step)
        case ValidateConstraint():
            return ""
    return None


def _comment(operation: Comment, step: Step) -> str | None:
    """The comment as it was."""
    relation = operation.relation
    table = step.before.table(relation) if relation is not None else None
    if relation is None or table is None or table.uncertain or operation.kind not in ("table", "column"):
        return None
    subject, before = f"TABLE {sql_names.relation(relation)}", table.comment
    if operation.kind == "column":
        column = table.columns.get(operation.name or "")
        if column is None or column.uncertain:
            return None
        subject = f"COLUMN {sql_names.relation(relation)}.{sql_names.name(column.name)}"
        before = column.comment
    return f"COMMENT ON {subject} IS {_literal(before) if before is not None else 'NULL'}"


def _alter(operations: list[Operation], step: Step) -> str | None:
    """The clauses of one ALTER TABLE taken back, the last one first."""
    relations = {getattr(operation, "relation", None) for operation in operations}
    relation = relations.pop() if len(relations) == 1 else None
    if not isinstance(relation, Relation) or relation.name is None:
        return None
    clauses = [_clause(operation, step) for operation in reversed(operations)]
    if any(clause is None for clause in clauses):
        return None
    return f"ALTER TABLE {sql_names.relation(relation)} " + ", ".join(clause for clause in clauses if clause)


def _clause(operation: Operation, step: Step) -> str | None:
    match operation:
        case AddColumn(column=column, if_not_exists=False) if column.name:
            return f"DROP COLUMN {sql_names.name(column.name)}"
        case AddConstraint(constraint=constraint) if constraint.name and constraint.using_index is None:
            return f"DROP CONSTRAINT {sql_names.name(constraint.name)}"
        case RenameColumn(column=str(column), to=str(to)):
            return f"RENAME COLUMN {sql_names.name(to)} TO {sql_names.name(column)}"
        case RenameConstraint(name=str(name), to=str(to)):
            return f"RENAME CONSTRAINT {sql_names.name(to)} TO {sql_names.name(name)}"
        case SetNotNull(column=str(column)) | DropNotNull(column=str(column)):
            known = _column(operation, step)
            sets = isinstance(operation, SetNotNull)
            if known is not None and known.not_null == sets:
                return None
            return f"ALTER COLUMN {sql_names.name(column)} {'DROP' if sets else 'SET'} NOT NULL"
        case SetDefault(column=str(column)) | DropDefault(column=str(column)):
            known = _column(operation, step)
            if known is None or (known.default is not None and known.default.sql is None):
                return None
            name = sql_names.name(column)
            if known.default is None or known.default.sql is None:
                return f"ALTER COLUMN {name} DROP DEFAULT"
            return f"ALTER COLUMN {name} SET DEFAULT {known.default.sql}"
        case TableSetting(clause=clause):
            return _ROW_SECURITY.get(clause)
    return None


def _column(operation: SetNotNull | DropNotNull | SetDefault | DropDefault, step: Step) -> Column | None:
    table = step.before.table(operation.relation)
    column = table.columns.get(operation.column or "") if table is not None else None
    return None if column is None or table is None or table.uncertain or column.uncertain else column


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
