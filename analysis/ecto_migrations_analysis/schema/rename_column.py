"""RENAME COLUMN: everything that refers to the column follows, and keeps its own name."""

from __future__ import annotations

from ..operations import ConstraintDefinition, CreateIndex, Expression, IndexElement, Relation, RenameColumn
from ..records import replace
from .edit import change_table, column_of, doubt, doubt_table, existing, put_table, with_children
from .identifiers import mentions, renamed
from .persistent import mapped, put, rekeyed
from .state import Column, Origin, Schema, Table


def rename_column(schema: Schema, operation: RenameColumn, origin: Origin) -> Schema:
    relation, old, new = operation.relation, operation.column, operation.to
    if relation.name is None:
        return doubt(schema, "a column of a table that is not known was renamed")
    if old is None or new is None:
        return change_table(
            schema,
            relation,
            lambda table: doubt_table(table, "a column was renamed, one of the names not known"),
        )
    for child in with_children(schema, relation, operation.only):
        table = existing(schema, child)
        column = column_of(table, old)
        if column is not None:
            schema = put_table(schema, _in_table(table, column, new, origin))
    return _elsewhere(schema, Schema.key(relation), old, new)


def _in_table(table: Table, column: Column, new: str, origin: Origin) -> Table:
    old = column.name
    changed = replace(column, name=new, changed=origin)
    columns = rekeyed(table.columns, old, new, changed)
    if new not in columns:
        columns = put(columns, new, changed)
    for name, item in columns.items():
        if item.generated is not None and mentions(item.generated.expression.sql, old):
            generated = replace(item.generated, expression=_text(item.generated.expression, old, new))
            columns = put(columns, name, replace(item, generated=generated))
    return replace(
        table,
        columns=columns,
        constraints=mapped(
            table.constraints, lambda state: replace(state, definition=_own(state.definition, old, new))
        ),
        indexes=mapped(
            table.indexes, lambda index: replace(index, definition=_index(index.definition, old, new))
        ),
        triggers=mapped(
            table.triggers, lambda trigger: replace(trigger, update_of=_names(trigger.update_of, old, new))
        ),
        policies=mapped(
            table.policies,
            lambda expressions: tuple(_text(expression, old, new) for expression in expressions),
        ),
        partition_key=tuple(renamed(key, old, new) for key in table.partition_key),
    )


def _elsewhere(schema: Schema, relation: Relation, old: str, new: str) -> Schema:
    """The foreign keys that point to the column, and the views that read it."""
    for table, constraint in schema.referencing(relation):
        if old in constraint.definition.referenced_columns:
            now = existing(schema, table.relation)
            state = now.constraints[constraint.name]
            definition = replace(
                state.definition, referenced_columns=_names(state.definition.referenced_columns, old, new)
            )
            constraints = put(now.constraints, constraint.name, replace(state, definition=definition))
            schema = put_table(schema, replace(now, constraints=constraints))
    reading = [
        name
        for name, view in schema.views.items()
        if old in view.columns_read and relation in map(Schema.key, view.reads)
    ]
    if not reading:
        return schema
    views = schema.views
    for name in reading:
        # A view of several relations may mean another one's column of that name: it then reads both.
        left = frozenset({old}) if len(views[name].reads) == 1 else frozenset()
        columns = views[name].columns_read - left | {new}
        views = put(views, name, replace(views[name], columns_read=columns, definition=None))
    return replace(schema, views=views)


def _names(names: tuple[str, ...], old: str, new: str) -> tuple[str, ...]:
    return tuple(new if name == old else name for name in names)


def _text(expression: Expression, old: str, new: str) -> Expression:
    if not mentions(expression.sql, old):
        return expression
    return replace(expression, sql=renamed(expression.sql or "", old, new))


def _own(definition: ConstraintDefinition, old: str, new: str) -> ConstraintDefinition:
    return replace(
        definition,
        columns=_names(definition.columns, old, new),
        include=_names(definition.include, old, new),
        on_delete_columns=_names(definition.on_delete_columns, old, new),
        expression=definition.expression and _text(definition.expression, old, new),
    )


def _index(definition: CreateIndex, old: str, new: str) -> CreateIndex:
    return replace(
        definition,
        elements=tuple(_element(element, old, new) for element in definition.elements),
        include=_names(definition.include, old, new),
        where=definition.where and _text(definition.where, old, new),
    )


def _element(element: IndexElement, old: str, new: str) -> IndexElement:
    if element.column == old:
        return replace(element, column=new)
    if element.expression is not None:
        return replace(element, expression=_text(element.expression, old, new))
    return element
