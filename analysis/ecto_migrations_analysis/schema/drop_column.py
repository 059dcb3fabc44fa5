"""DROP COLUMN, and all that goes with it.

PostgreSQL documentation, ALTER TABLE, "DROP COLUMN": indexes and table constraints that involve the column go
too; with CASCADE also what outside the table depends on it, such as foreign keys and views.
"""

from __future__ import annotations

from ..operations import DropColumn, Expression, Relation
from ..records import replace
from .change_views import drop_readers
from .edit import change_table, doubt, doubt_table, existing, put_table, with_children
from .identifiers import mentions
from .persistent import without
from .state import ConstraintState, IndexState, Origin, Schema, Table


def drop_column(schema: Schema, operation: DropColumn, origin: Origin) -> Schema:
    relation, name = operation.relation, operation.column
    if relation.name is None:
        return doubt(schema, "a column of a table that is not known was dropped")
    if name is None:
        return change_table(
            schema, relation, lambda table: doubt_table(table, "a column whose name is not known was dropped")
        )
    if schema.table(relation) is None:
        # Nothing is known of the table but that it is there, without this column.
        return change_table(schema, relation, lambda table: table)
    return _dropped(schema, relation, name, operation.cascade, operation.only)


def _dropped(schema: Schema, relation: Relation, name: str, cascade: bool, only: bool = False) -> Schema:
    if cascade:
        schema = drop_readers(schema, relation, name)
        schema = _without_references(schema, relation, name)
    for child in with_children(schema, relation, only):
        if child not in schema.tables:
            continue
        table = schema.tables[child]
        generated = [
            column.name
            for column in table.columns.values()
            if column.generated is not None
            and column.name != name
            and mentions(column.generated.expression.sql, name)
        ]
        schema = put_table(schema, _without_column(table, name, cascade))
        for dependent in generated if cascade else ():
            schema = _dropped(schema, child, dependent, cascade, only=True)
    return schema


def _without_references(schema: Schema, relation: Relation, name: str) -> Schema:
    """Without the foreign keys, of other tables and of this one, whose key goes with the column."""
    target = existing(schema, relation)
    for table, constraint in schema.referencing(relation):
        if name in (constraint.definition.referenced_columns or target.primary_key):
            now = existing(schema, table.relation)
            left = without(now.constraints, constraint.name)
            schema = put_table(schema, replace(now, constraints=left))
    return schema


def _without_column(table: Table, name: str, cascade: bool) -> Table:
    constraints = [state for state in table.constraints.values() if constraint_uses(state, name)]
    gone = {state.name for state in constraints}
    indexes = [
        index.name
        for index in table.indexes.values()
        if (index.constraint in gone if index.constraint else index_uses(index, name))
    ]
    changed = replace(
        table,
        columns=without(table.columns, name),
        constraints=without(table.constraints, *gone),
        indexes=without(table.indexes, *indexes),
    )
    if cascade:
        triggers = [item for item, trigger in table.triggers.items() if name in trigger.update_of]
        policies = [
            item
            for item, expressions in table.policies.items()
            if any(mentions(expression.sql, name) for expression in expressions)
        ]
        changed = replace(
            changed,
            triggers=without(table.triggers, *triggers),
            policies=without(table.policies, *policies),
        )
    hidden = [_hidden(state.definition.expression) for state in table.constraints.values()]
    if any(hidden) or any(not index.definition.complete for index in table.indexes.values()):
        # An index or check that is not known may have used the column.
        changed = doubt_table(changed, f"what used the column {name} is not all known")
    return changed


def _hidden(expression: Expression | None) -> bool:
    return expression is not None and expression.sql is None


def constraint_uses(state: ConstraintState, column: str) -> bool:
    """Whether the constraint involves the column of its own table."""
    definition = state.definition
    if column in definition.columns or column in definition.include:
        return True
    return definition.kind in ("check", "exclusion") and mentions(
        definition.expression.sql if definition.expression else None, column
    )


def index_uses(index: IndexState, column: str) -> bool:
    """Whether the index involves the column: as a key, inside an expression, by INCLUDE or in its WHERE."""
    definition = index.definition
    return (
        column in definition.include
        or any(
            element.column == column
            or (element.expression is not None and mentions(element.expression.sql, column))
            for element in definition.elements
        )
        or (definition.where is not None and mentions(definition.where.sql, column))
    )
