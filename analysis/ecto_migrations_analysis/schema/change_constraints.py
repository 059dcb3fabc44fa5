"""Constraints, and the indexes that belong to them."""

from __future__ import annotations

import re
from collections.abc import Collection

from ..databases.postgres import names
from ..databases.postgres.quoting import truncate_identifier
from ..operations import (
    AddConstraint,
    AlterConstraint,
    ConstraintDefinition,
    CreateIndex,
    DropConstraint,
    IndexElement,
    Relation,
    RenameConstraint,
    ValidateConstraint,
)
from ..records import replace
from .edit import (
    change_table,
    doubt,
    doubt_table,
    existing,
    names_of,
    names_taken,
    numbered,
    put_table,
    with_children,
)
from .persistent import last, put, rekeyed, without
from .state import ConstraintState, IndexState, Origin, Schema, Table, beginnings, target

KEYS = ("primary key", "unique", "exclusion")
_METHOD = re.compile(r"\s*using\s+(\w+)", re.I)


def default_constraint_name(table: Table, definition: ConstraintDefinition) -> str:
    """The name PostgreSQL gives to a constraint without one."""
    name, columns = table.relation.name or "", definition.columns
    taken = names_of(table)
    match definition.kind:
        case "primary key":
            return names.primary_key_name(name, taken)
        case "unique":
            return names.unique_name(name, columns, taken)
        case "exclusion":
            return names.exclusion_name(name, columns, taken)
        case "foreign key":
            return names.foreign_key_name(name, columns, taken)
        case "not null":
            return names.not_null_name(name, columns[0] if columns else "", taken)
    return names.check_name(name, columns, taken)


def add_to_table(
    table: Table, definition: ConstraintDefinition, origin: Origin, taken: Collection[str] = ()
) -> Table:
    """The table with the constraint, its index if it is a key, and NOT NULL where it implies that.

    `taken` are names that its index cannot have. A name that is taken was made up by a reader that does not
    know the schema (a stated one would fail), and gets the number that PostgreSQL would give it.
    """
    used = table.indexes.get(definition.using_index or "")
    if used is not None and not definition.columns:
        columns = tuple(item.column for item in used.definition.elements if item.column is not None)
        definition = replace(definition, columns=columns, include=used.definition.include)
    name = truncate_identifier(definition.name) if definition.name else definition.using_index
    if name is None:
        name = default_constraint_name(table, definition)
    if definition.using_index is None:
        key = definition.kind in KEYS
        name = numbered(name, table.constraints, table.indexes if key else (), taken if key else ())
    definition = replace(definition, name=name)
    state = ConstraintState(name=name, definition=definition, origin=origin)
    table = replace(table, constraints=put(table.constraints, name, state, target))
    if definition.kind in KEYS:
        table = _with_index(table, definition, name, used, origin)
    if definition.kind == "primary key" or (definition.kind == "not null" and definition.validated):
        table = set_not_null_on(table, definition.columns, True, origin)
    if not definition.complete:
        table = doubt_table(table, f"the columns of {name} are not all known")
    return table


def _with_index(
    table: Table, definition: ConstraintDefinition, name: str, used: IndexState | None, origin: Origin
) -> Table:
    if used is not None:
        # PostgreSQL documentation, ALTER TABLE: the index is renamed to match the constraint.
        index = replace(used, name=name, constraint=name, definition=replace(used.definition, name=name))
        return replace(table, indexes=rekeyed(table.indexes, used.name, name, index))
    method, complete = "btree", definition.complete
    if definition.kind == "exclusion":
        stated = _METHOD.match((definition.expression and definition.expression.sql) or "")
        method = stated[1].lower() if stated else "btree"
        complete = False
    elif definition.temporal:
        method = "gist"
    index = IndexState(
        name=name,
        definition=CreateIndex(
            relation=table.relation,
            name=name,
            elements=tuple(IndexElement(column) for column in definition.columns),
            unique=definition.kind != "exclusion",
            method=method,
            include=definition.include,
            nulls_distinct=definition.nulls_distinct,
            complete=complete,
            span=definition.span,
        ),
        constraint=name,
        origin=origin,
    )
    return replace(table, indexes=put(table.indexes, name, index, beginnings))


def set_not_null_on(table: Table, columns: tuple[str, ...], value: bool, origin: Origin) -> Table:
    changed = {
        name: replace(table.columns[name], not_null=value, changed=origin)
        for name in columns
        if name in table.columns and table.columns[name].not_null != value
    }
    result = table.columns
    for name, column in changed.items():
        result = put(result, name, column)
    return replace(table, columns=result) if changed else table


def add_constraint(schema: Schema, operation: AddConstraint, origin: Origin) -> Schema:
    if operation.relation.name is None:
        return doubt(schema, "a constraint was added to a table that is not known")
    definition = operation.constraint
    taken = names_taken(schema, operation.relation)
    schema = change_table(
        schema, operation.relation, lambda table: add_to_table(table, definition, origin, taken)
    )
    if definition.no_inherit:
        return schema
    # The constraint just added is the last one.
    added = last(existing(schema, operation.relation).constraints)
    for child in with_children(schema, operation.relation, operation.only)[1:]:
        if definition.kind in (*KEYS, "foreign key") and existing(schema, child).partition_of is None:
            continue  # heirs get checks and NOT NULL only
        name = None if definition.kind in KEYS else added
        inherited = replace(definition, name=name, using_index=None)
        table = add_to_table(existing(schema, child), inherited, origin)
        if definition.kind in KEYS:
            own = last(table.indexes)
            attached = replace(table.indexes[own], attached_to=added)
            table = replace(table, indexes=put(table.indexes, own, attached))
        schema = put_table(schema, table)
    return schema


def drop_constraint(schema: Schema, operation: DropConstraint, origin: Origin) -> Schema:
    if operation.relation.name is None:
        return doubt(schema, "a constraint of a table that is not known was dropped")
    if operation.name is None:
        return change_table(
            schema,
            operation.relation,
            lambda table: doubt_table(table, "a constraint whose name is not known was dropped"),
        )
    name = truncate_identifier(operation.name)
    table = schema.table(operation.relation)
    dropped = table.constraints.get(name) if table else None
    if operation.cascade and dropped is not None and dropped.definition.kind in KEYS:
        schema = drop_references(schema, operation.relation, dropped.definition.columns)
    for relation in with_children(schema, operation.relation, operation.only):
        if relation in schema.tables:
            schema = put_table(schema, drop_from_table(schema.tables[relation], name, origin))
    return schema


def drop_from_table(table: Table, name: str, origin: Origin) -> Table:
    """The table without the constraint; with a key its index goes, and with NOT NULL the column's mark."""
    state = table.constraints.get(name)
    if state is None:
        # NOT NULL has a constraint of its own since PostgreSQL 18, named by default.
        for column in table.columns.values():
            if column.not_null and names.not_null_name(table.relation.name or "", column.name) == name:
                return set_not_null_on(table, (column.name,), False, origin)
        return table
    table = replace(table, constraints=without(table.constraints, name))
    if state.definition.kind in KEYS:
        indexes = [index.name for index in table.indexes.values() if index.constraint == name]
        table = replace(table, indexes=without(table.indexes, *indexes))
    if state.definition.kind == "not null":
        table = set_not_null_on(table, state.definition.columns, False, origin)
    return table


def drop_references(schema: Schema, relation: Relation, columns: tuple[str, ...]) -> Schema:
    """Without the foreign keys of all tables that need the key on these columns (CASCADE)."""
    target = existing(schema, relation)
    for table, constraint in schema.referencing(relation):
        referenced = constraint.definition.referenced_columns or target.primary_key
        if set(referenced) == set(columns):
            now = existing(schema, table.relation)
            schema = put_table(schema, replace(now, constraints=without(now.constraints, constraint.name)))
    return schema


def rename_constraint(schema: Schema, operation: RenameConstraint, origin: Origin) -> Schema:
    if operation.relation.name is None:
        return doubt(schema, "a constraint of a table that is not known was renamed")
    if operation.name is None or operation.to is None:
        return change_table(
            schema,
            operation.relation,
            lambda table: doubt_table(table, "a constraint was renamed, one of the names not known"),
        )
    old, new = truncate_identifier(operation.name), truncate_identifier(operation.to)
    table = schema.table(operation.relation)
    state = table.constraints.get(old) if table else None
    if state is None:
        return schema
    # A check that children inherit is renamed in them as well; keys of partitions have names of their own.
    children = state.definition.kind in ("check", "not null")
    for relation in with_children(schema, operation.relation, operation.only or not children):
        schema = change_table(schema, relation, lambda item: rename_in_table(item, old, new))
    return schema


def rename_in_table(table: Table, old: str, new: str) -> Table:
    """The constraint under another name, and the index that belongs to it."""
    state = table.constraints.get(old)
    if state is not None:
        renamed = replace(state, name=new, definition=replace(state.definition, name=new))
        table = replace(table, constraints=rekeyed(table.constraints, old, new, renamed))
    index = table.indexes.get(old)
    if index is not None and index.constraint == old:
        changed = replace(index, name=new, constraint=new, definition=replace(index.definition, name=new))
        table = replace(table, indexes=rekeyed(table.indexes, old, new, changed))
    return table


def validate_constraint(schema: Schema, operation: ValidateConstraint, origin: Origin) -> Schema:
    if operation.name is None or schema.table(operation.relation) is None:
        return schema
    name = truncate_identifier(operation.name)

    def validated(table: Table) -> Table:
        state = table.constraints.get(name)
        if state is None or state.definition.validated:
            return table
        now = replace(state, definition=replace(state.definition, validated=True), validated_by=origin)
        table = replace(table, constraints=put(table.constraints, name, now))
        if state.definition.kind == "not null":
            table = set_not_null_on(table, state.definition.columns, True, origin)
        return table

    for relation in with_children(schema, operation.relation, operation.only):
        schema = change_table(schema, relation, validated)
    return schema


def alter_constraint(schema: Schema, operation: AlterConstraint, origin: Origin) -> Schema:
    if operation.name is None or schema.table(operation.relation) is None:
        return schema
    name = truncate_identifier(operation.name)
    words = f" {operation.clause} "

    def altered(table: Table) -> Table:
        state = table.constraints.get(name)
        if state is None:
            return table
        definition = state.definition
        if " enforced " in words:
            enforced = " not enforced " not in words
            # What was not enforced is validated as it becomes so; what is not enforced is not valid.
            definition = replace(definition, enforced=enforced, validated=enforced)
        if " deferrable " in words:
            definition = replace(definition, deferrable=" not deferrable " not in words)
        if " deferred " in words or " immediate " in words:
            definition = replace(definition, initially_deferred=" deferred " in words)
        if " inherit " in words:
            definition = replace(definition, no_inherit=" no inherit " in words)
        return replace(table, constraints=put(table.constraints, name, replace(state, definition=definition)))

    return change_table(schema, operation.relation, altered)
