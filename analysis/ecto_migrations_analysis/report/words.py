"""An operation in a few words: "Sets NOT NULL on `posts.status`". Names stand in backticks."""

from __future__ import annotations

from functools import singledispatch

from .. import operations as op
from ..operations.session import SessionCommand, SetConstraints
from ..operations.tables import ColumnOperation, TableOperation
from ..schema.state import Schema


def describe_in(operation: op.Operation, schema: Schema) -> str:
    """`describe` with what is known of the schema that the operation meets."""
    if isinstance(operation, op.AlterColumnType):
        table = schema.table(operation.relation)
        column = table.columns.get(operation.column or "") if table is not None else None
        if column is not None and column.type == operation.type:
            return f"Restates the type of {_column(operation)} ({operation.type})"
        if column is not None:
            return f"Changes the type of {_column(operation)} from {column.type} to {operation.type}"
    return describe(operation)


@singledispatch
def describe(operation: op.Operation) -> str:
    """What the operation does, as the predicate of a sentence that starts with a capital."""
    return "Runs a statement"


def _name(name: object | None) -> str:
    return f"`{name}`" if name is not None else "a name that is not known"


def _column(operation: ColumnOperation) -> str:
    return f"`{operation.relation}.{operation.column or '…'}`"


def _list(relations: tuple[op.Relation, ...]) -> str:
    return ", ".join(_name(relation) for relation in relations) or "every table"


# --- tables ------------------------------------------------------------------------------------------------


@describe.register
def _(operation: TableOperation) -> str:
    return f"Alters {_name(operation.relation)}"


@describe.register
def _(operation: op.CreateTable) -> str:
    kind = "the partition" if operation.partition_of else "the table"
    return f"Creates {kind} {_name(operation.relation)}"


@describe.register
def _(operation: op.DropTable) -> str:
    return f"Drops the table {_name(operation.relation)}"


@describe.register
def _(operation: op.RenameTable) -> str:
    return f"Renames the table {_name(operation.relation)} to {_name(operation.to)}"


@describe.register
def _(operation: op.SetTableSchema) -> str:
    return f"Moves {_name(operation.relation)} to the schema {_name(operation.schema)}"


@describe.register
def _(operation: op.TableSetting) -> str:
    return f"Alters {_name(operation.relation)}: {operation.clause}"


@describe.register
def _(operation: op.AttachPartition) -> str:
    return f"Attaches {_name(operation.partition)} to {_name(operation.relation)} as a partition"


@describe.register
def _(operation: op.DetachPartition) -> str:
    manner = " concurrently" if operation.concurrently else ""
    return f"Detaches the partition {_name(operation.partition)} from {_name(operation.relation)}{manner}"


# --- columns -----------------------------------------------------------------------------------------------


@describe.register
def _(operation: op.AddColumn) -> str:
    column = operation.column
    null = ", NOT NULL" if column.not_null else ""
    return f"Adds `{operation.relation}.{column.name or '…'}` ({column.type}{null})"


@describe.register
def _(operation: op.DropColumn) -> str:
    return f"Drops {_column(operation)}"


@describe.register
def _(operation: op.RenameColumn) -> str:
    return f"Renames {_column(operation)} to {_name(operation.to)}"


@describe.register
def _(operation: op.AlterColumnType) -> str:
    return f"States the type of {_column(operation)}: {operation.type}"


@describe.register
def _(operation: op.SetNotNull) -> str:
    return f"Sets NOT NULL on {_column(operation)}"


@describe.register
def _(operation: op.DropNotNull) -> str:
    return f"Drops NOT NULL from {_column(operation)}"


@describe.register
def _(operation: op.SetDefault) -> str:
    return f"Sets the default of {_column(operation)}"


@describe.register
def _(operation: op.DropDefault) -> str:
    return f"Drops the default of {_column(operation)}"


@describe.register
def _(operation: op.AddIdentity) -> str:
    return f"Makes {_column(operation)} an identity column"


@describe.register
def _(operation: op.SetExpression) -> str:
    return f"Changes how {_column(operation)} is generated"


@describe.register
def _(operation: op.DropExpression) -> str:
    return f"Makes {_column(operation)} an ordinary column, no longer generated"


@describe.register
def _(operation: op.ColumnSetting) -> str:
    return f"Alters {_column(operation)}: {operation.clause}"


# --- constraints -------------------------------------------------------------------------------------------


@describe.register
def _(operation: op.AddConstraint) -> str:
    constraint = operation.constraint
    what = {"check": "CHECK", "not null": "NOT NULL"}.get(constraint.kind, constraint.kind)
    target = f" to {_name(constraint.references)}" if constraint.references is not None else ""
    validation = "" if constraint.validated else ", not validated"
    return (
        f"Adds the {what} constraint {_name(constraint.name)} on {_name(operation.relation)}"
        f"{target}{validation}"
    )


@describe.register
def _(operation: op.DropConstraint) -> str:
    return f"Drops the constraint {_name(operation.name)} of {_name(operation.relation)}"


@describe.register
def _(operation: op.RenameConstraint) -> str:
    table = _name(operation.relation)
    return f"Renames the constraint {_name(operation.name)} of {table} to {_name(operation.to)}"


@describe.register
def _(operation: op.ValidateConstraint) -> str:
    return f"Validates the constraint {_name(operation.name)} of {_name(operation.relation)}"


@describe.register
def _(operation: op.AlterConstraint) -> str:
    return f"Alters the constraint {_name(operation.name)} of {_name(operation.relation)}: {operation.clause}"


# --- indexes -----------------------------------------------------------------------------------------------


@describe.register
def _(operation: op.CreateIndex) -> str:
    kind = "unique index" if operation.unique else "index"
    manner = " concurrently" if operation.concurrently else ""
    return f"Builds the {kind} {_name(operation.name)} on {_name(operation.relation)}{manner}"


@describe.register
def _(operation: op.DropIndex) -> str:
    manner = " concurrently" if operation.concurrently else ""
    return f"Drops the index {_name(operation.name)}{manner}"


@describe.register
def _(operation: op.RenameIndex) -> str:
    return f"Renames the index {_name(operation.name)} to {_name(operation.to)}"


@describe.register
def _(operation: op.AttachIndexPartition) -> str:
    return f"Attaches the index {_name(operation.child)} to {_name(operation.name)}"


@describe.register
def _(operation: op.Reindex) -> str:
    manner = " concurrently" if operation.concurrently else ""
    return f"Rebuilds the indexes of the {operation.kind} {_name(operation.name)}{manner}"


# --- rows --------------------------------------------------------------------------------------------------


@describe.register
def _(operation: op.Insert) -> str:
    return f"Inserts into {_name(operation.relation)}"


@describe.register
def _(operation: op.Update) -> str:
    rows = "every row of " if operation.restricted is False else ""
    return f"Updates {rows}{_name(operation.relation)}"


@describe.register
def _(operation: op.Delete) -> str:
    rows = "every row" if operation.restricted is False else "rows"
    return f"Deletes {rows} from {_name(operation.relation)}"


@describe.register
def _(operation: op.Truncate) -> str:
    return f"Empties {_list(operation.relations)}"


@describe.register
def _(operation: op.Select) -> str:
    if operation.functions:
        return "Calls " + ", ".join(f"`{function}()`" for function in operation.functions)
    return f"Reads {_list(operation.reads)}" if operation.reads else "Runs a query"


@describe.register
def _(operation: op.LockTable) -> str:
    return f"Locks {_list(operation.relations)} in {operation.mode} mode"


@describe.register
def _(operation: op.RefreshMaterializedView) -> str:
    manner = " concurrently" if operation.concurrently else ""
    return f"Refreshes the materialized view {_name(operation.name)}{manner}"


@describe.register
def _(operation: op.Maintenance) -> str:
    return f"Runs {operation.command.upper()} on {_list(operation.relations)}"


# --- everything else that has a name -----------------------------------------------------------------------


@describe.register
def _(operation: op.CreateEnum) -> str:
    return f"Creates the enum {_name(operation.name)}"


@describe.register
def _(operation: op.AddEnumValue) -> str:
    return f"Adds the value {_name(operation.value)} to the enum {_name(operation.name)}"


@describe.register
def _(operation: op.RenameEnumValue) -> str:
    enum = _name(operation.name)
    return f"Renames the value {_name(operation.value)} of the enum {enum} to {_name(operation.to)}"


@describe.register
def _(operation: op.CreateDomain) -> str:
    return f"Creates the domain {_name(operation.name)}"


@describe.register
def _(operation: op.AlterDomain) -> str:
    return f"Alters the domain {_name(operation.name)}: {operation.clause}"


@describe.register
def _(operation: op.CreateView) -> str:
    verb = "Replaces" if operation.replace else "Creates"
    kind = "materialized view" if operation.materialized else "view"
    return f"{verb} the {kind} {_name(operation.name)}"


@describe.register
def _(operation: op.DropView) -> str:
    kind = "materialized view" if operation.materialized else "view"
    return f"Drops the {kind} {_name(operation.name)}"


@describe.register
def _(operation: op.CreateTrigger) -> str:
    verb = "Replaces" if operation.replace else "Creates"
    return f"{verb} the trigger {_name(operation.name)} on {_name(operation.relation)}"


@describe.register
def _(operation: op.CreateFunction) -> str:
    verb = "Replaces" if operation.replace else "Creates"
    kind = "procedure" if operation.procedure else "function"
    return f"{verb} the {kind} {_name(operation.name)}"


@describe.register
def _(operation: op.CreatePolicy) -> str:
    return f"Creates the policy {_name(operation.name)} on {_name(operation.relation)}"


@describe.register
def _(operation: op.CreateObject) -> str:
    return f"Creates the {operation.kind} {_name(operation.name)}"


@describe.register
def _(operation: op.DropObject) -> str:
    return f"Drops the {operation.kind} {_name(operation.name)}"


@describe.register
def _(operation: op.RenameObject) -> str:
    target = f" {_name(operation.to)}" if operation.to else ""
    return f"Alters the {operation.kind} {_name(operation.name)}: {operation.clause}{target}"


@describe.register
def _(operation: op.Comment) -> str:
    return f"Comments on the {operation.kind} {_name(operation.name)}"


# --- the session -------------------------------------------------------------------------------------------


@describe.register
def _(operation: op.SetParameter) -> str:
    scope = " for this transaction" if operation.local else ""
    if operation.value is None:
        return f"Resets `{operation.name}`{scope}"
    return f"Sets `{operation.name}` to `{operation.value}`{scope}"


@describe.register
def _(operation: SetConstraints) -> str:
    when = "at the end of the transaction" if operation.deferred else "at once"
    return f"Has {', '.join(_name(name) for name in operation.names) or 'all constraints'} checked {when}"


@describe.register
def _(operation: SessionCommand) -> str:
    return f"Runs {operation.command.upper()}"


@describe.register
def _(operation: op.TransactionControl) -> str:
    return f"Runs {operation.command.upper()} inside the migration"


# --- what cannot be read -----------------------------------------------------------------------------------


@describe.register
def _(operation: op.UnparsedSQL) -> str:
    return f"PostgreSQL refuses this SQL: {operation.message}"


@describe.register
def _(operation: op.OpaqueSQL) -> str:
    what = f"`{operation.keywords}`" if operation.keywords else "SQL"
    return f"Runs {what} whose effect the text does not tell: {operation.reason}"


@describe.register
def _(operation: op.CallsCode) -> str:
    return f"Calls `{operation.call}`, which may do anything"
