"""One operation on the schema: what `operations` say, done to the state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import operations as ops
from . import (
    change_columns,
    change_constraints,
    change_indexes,
    change_objects,
    change_partitions,
    change_tables,
    change_types,
    change_views,
    unknown,
)
from .drop_column import drop_column
from .rename_column import rename_column
from .state import Origin, Schema

_NOT_IN_VIEW = Origin()

# A change takes the schema, its kind of operation and the origin. What is not listed leaves the schema as it
# is: queries, locks, maintenance, session commands, objects without a state here.
CHANGES: dict[type[ops.Operation], Callable[[Schema, Any, Origin], Schema]] = {
    ops.CreateTable: change_tables.create_table,
    ops.DropTable: change_tables.drop_table,
    ops.RenameTable: change_tables.rename_table,
    ops.SetTableSchema: change_tables.set_table_schema,
    ops.TableSetting: change_tables.table_setting,
    ops.Update: change_tables.update,
    ops.AddColumn: change_columns.add_column,
    ops.DropColumn: drop_column,
    ops.RenameColumn: rename_column,
    ops.AlterColumnType: change_columns.alter_type,
    ops.SetNotNull: change_columns.set_not_null,
    ops.DropNotNull: change_columns.drop_not_null,
    ops.SetDefault: change_columns.set_default,
    ops.DropDefault: change_columns.drop_default,
    ops.AddIdentity: change_columns.add_identity,
    ops.SetExpression: change_columns.set_expression,
    ops.DropExpression: change_columns.drop_expression,
    ops.ColumnSetting: change_columns.column_setting,
    ops.AddConstraint: change_constraints.add_constraint,
    ops.DropConstraint: change_constraints.drop_constraint,
    ops.RenameConstraint: change_constraints.rename_constraint,
    ops.ValidateConstraint: change_constraints.validate_constraint,
    ops.AlterConstraint: change_constraints.alter_constraint,
    ops.CreateIndex: change_indexes.create_index,
    ops.DropIndex: change_indexes.drop_index,
    ops.RenameIndex: change_indexes.rename_index,
    ops.AttachIndexPartition: change_indexes.attach_index,
    ops.AttachPartition: change_partitions.attach_partition,
    ops.DetachPartition: change_partitions.detach_partition,
    ops.CreateView: change_views.create_view,
    ops.DropView: change_views.drop_view,
    ops.CreateEnum: change_types.create_enum,
    ops.AddEnumValue: change_types.add_value,
    ops.RenameEnumValue: change_types.rename_value,
    ops.CreateDomain: change_types.create_domain,
    ops.AlterDomain: change_types.alter_domain,
    ops.CreateTrigger: change_objects.create_trigger,
    ops.CreatePolicy: change_objects.create_policy,
    ops.CreateFunction: change_objects.create_function,
    ops.CreateObject: change_objects.create_object,
    ops.DropObject: change_objects.drop_object,
    ops.RenameObject: change_objects.rename_object,
    ops.Comment: change_objects.comment,
    ops.OpaqueSQL: unknown.opaque,
    ops.UnparsedSQL: unknown.unparsed,
    ops.CallsCode: unknown.calls_code,
}


def apply(schema: Schema, operation: ops.Operation, origin: Origin = _NOT_IN_VIEW) -> Schema:
    """The schema after the operation, which `origin` caused.

    Everything that stays is shared with `schema`. An operation that the database would refuse (a table that
    does not exist, a name that is taken) does something sensible; whether it fails is not asked here. Names
    that are not known put what they may have meant in doubt.
    """
    change = CHANGES.get(type(operation))
    return schema if change is None else change(schema, operation, origin)
