"""CREATE, DROP and RENAME of tables, and what is said about a table as a whole."""

from __future__ import annotations

from ..operations import (
    ColumnDefinition,
    CreateTable,
    CreateView,
    DropTable,
    Expression,
    Relation,
    RenameTable,
    SetTableSchema,
    TableSetting,
    Update,
)
from ..records import replace
from .change_constraints import add_to_table
from .change_partitions import copy_keys_and_indexes
from .change_views import drop_readers
from .edit import change_table, doubt, doubt_table, existing, names_taken, put_table, without_table
from .persistent import mapped, put, rekeyed, without
from .state import Column, ConstraintState, IndexState, Origin, Schema, Table, targets

NAMELESS = "a table whose name is not known was {}"


def create_table(schema: Schema, operation: CreateTable, origin: Origin) -> Schema:
    relation = Schema.key(operation.relation)
    if relation.name is None:
        return doubt(schema, NAMELESS.format("created"))
    known = schema.table(relation)
    if operation.if_not_exists and known is not None:
        return schema
    complete = operation.complete
    uncertain: tuple[str, ...] = ()
    if not operation.complete:
        uncertain = ("a part of its columns is not known",)
    if operation.if_not_exists and not schema.complete:
        complete = False
        uncertain = (*uncertain, "it may have existed before CREATE TABLE IF NOT EXISTS")
    table = Table(
        relation=relation,
        partition_by=operation.partition_by,
        partition_key=operation.partition_key,
        partition_of=operation.partition_of and Schema.key(operation.partition_of),
        default_partition=operation.default_partition,
        bound=operation.bound,
        inherits=tuple(Schema.key(parent) for parent in operation.inherits),
        temporary=operation.temporary,
        unlogged=operation.unlogged,
        complete=complete,
        uncertain=uncertain,
        origin=origin,
    )
    parents = (*((operation.partition_of,) if operation.partition_of else ()), *operation.inherits)
    for parent in (*parents, *operation.like):
        table = _with_columns_of(schema, table, parent, inherited=parent in parents)
    for definition in operation.columns:
        table = _with_column(table, definition, origin)
    taken = names_taken(schema, relation)
    for constraint in operation.constraints:
        table = add_to_table(table, constraint, origin, taken)
    schema = put_table(schema, table)
    for parent in parents:
        schema = change_table(schema, parent, lambda known: _with_child(known, relation))
    if operation.partition_of is not None:
        schema = copy_keys_and_indexes(schema, operation.partition_of, relation, origin)
    return schema


def new_column(definition: ColumnDefinition, origin: Origin) -> Column:
    """The column that a definition makes; serial and identity columns are NOT NULL by themselves."""
    return Column(
        name=definition.name or "",
        type=replace(definition.type, serial=False),
        not_null=definition.not_null or definition.type.serial or definition.identity is not None,
        default=given_default(definition.default),
        identity=definition.identity,
        generated=definition.generated,
        collation=definition.collation,
        comment=definition.comment,
        origin=origin,
        changed=origin,
    )


def given_default(default: Expression | None) -> Expression | None:
    """`DEFAULT NULL` is no default."""
    if default is not None and default.sql is not None and default.sql.strip().lower() == "null":
        return None
    return default


def serial_default(table: Relation, column: str) -> Expression:
    """The default of a serial column (PostgreSQL documentation, "Serial Types")."""
    sequence = f"{table.name}_{column}_seq"
    return Expression(f"nextval('{sequence}'::regclass)")


def _with_column(table: Table, definition: ColumnDefinition, origin: Origin) -> Table:
    if definition.name is None:
        return doubt_table(table, "it has a column whose name is not known")
    known = table.columns.get(definition.name)
    column = new_column(definition, origin)
    if definition.type.serial:
        column = replace(column, default=serial_default(table.relation, definition.name))
    if known is not None:
        # A column of the parent, stated once more: of a partition perhaps without its type.
        column = replace(
            column,
            type=column.type if column.type.name else known.type,
            not_null=column.not_null or known.not_null,
            default=column.default or known.default,
            identity=column.identity or known.identity,
            generated=column.generated or known.generated,
            collation=column.collation or known.collation,
        )
    return replace(table, columns=put(table.columns, definition.name, column))


def _with_columns_of(schema: Schema, table: Table, source: Relation, inherited: bool) -> Table:
    """The columns of a parent, or of a table named by LIKE: of it only names, types and NOT NULL."""
    known = schema.table(source)
    if known is None or not known.complete:
        table = doubt_table(table, f"the columns of {source} are not known")
    if known is None:
        return table
    columns = table.columns
    for name, column in known.columns.items():
        if not inherited:
            column = replace(column, default=None, identity=None, generated=None)
        elif table.partition_of is None:
            column = replace(column, identity=None)  # identity is for partitions, not for heirs
        if name not in columns:
            columns = put(columns, name, column)
    constraints = table.constraints
    if inherited:
        for name, constraint in known.constraints.items():
            if constraint.definition.kind == "check" and not constraint.definition.no_inherit:
                constraints = constraints if name in constraints else put(constraints, name, constraint)
    return replace(table, columns=columns, constraints=constraints)


def _with_child(table: Table, child: Relation) -> Table:
    return table if child in table.children else replace(table, children=(*table.children, child))


def drop_table(schema: Schema, operation: DropTable, origin: Origin) -> Schema:
    relation = Schema.key(operation.relation)
    if relation.name is None:
        return doubt(schema, NAMELESS.format("dropped"))
    table = schema.table(relation)
    if operation.cascade:
        schema = drop_readers(schema, relation)
        for other, constraint in schema.referencing(relation):
            left = without(existing(schema, other.relation).constraints, constraint.name)
            schema = put_table(schema, replace(existing(schema, other.relation), constraints=left))
    if table is None:
        return schema
    for child in table.children:
        schema = drop_table(schema, DropTable(relation=child, cascade=operation.cascade), origin)
    for parent in (*((table.partition_of,) if table.partition_of else ()), *table.inherits):
        if parent in schema.tables:
            children = tuple(child for child in schema.tables[parent].children if child != relation)
            schema = put_table(schema, replace(schema.tables[parent], children=children))
    return without_table(schema, relation)


def rename_table(schema: Schema, operation: RenameTable, origin: Origin) -> Schema:
    old = Schema.key(operation.relation)
    if old.name is None:
        return doubt(schema, NAMELESS.format("renamed"))
    if operation.to is None:
        return doubt(without_table(schema, old), f"{old} was renamed to a name that is not known")
    return move_relation(schema, old, Relation(operation.to, old.schema), origin)


def set_table_schema(schema: Schema, operation: SetTableSchema, origin: Origin) -> Schema:
    old = Schema.key(operation.relation)
    if old.name is None:
        return doubt(schema, NAMELESS.format("moved"))
    if operation.schema is None:
        return doubt(without_table(schema, old), f"{old} was moved to a schema that is not known")
    return move_relation(schema, old, Schema.key(Relation(old.name, operation.schema)), origin)


def _reading(view: CreateView, old: Relation, new: Relation) -> CreateView:
    if old not in map(Schema.key, view.reads):
        return view
    reads = tuple(new if Schema.key(item) == old else item for item in view.reads)
    return replace(view, reads=reads, definition=None)


def move_relation(schema: Schema, old: Relation, new: Relation, origin: Origin) -> Schema:
    """The table under another name. Its indexes, constraints and sequences keep theirs, and everything that
    refers to the table goes with it (it refers to the table itself, not to its name)."""
    if old not in schema.tables and old in schema.views:
        view = replace(schema.views[old], name=new, definition=None)
        return replace(schema, views=rekeyed(schema.views, old, new, view))
    table = existing(schema, old)
    moved = replace(
        table,
        relation=new,
        indexes=mapped(table.indexes, lambda index: _index_moved(index, old, new)),
        constraints=mapped(table.constraints, lambda item: _pointing(item, old, new)),
        triggers=mapped(table.triggers, lambda item: replace(item, relation=new)),
    )
    tables = rekeyed(schema.tables, old, new, moved)
    if new not in tables:
        tables = put(tables, new, moved, targets)
    for key, item in tables.items():
        if item is not moved and (following := _referring(item, old, new)) is not item:
            tables = put(tables, key, following, targets)
    views = schema.views
    if any(old in map(Schema.key, view.reads) for view in views.values()):
        views = mapped(
            views,
            lambda view: _reading(view, old, new),
        )
    return replace(schema, tables=tables, views=views, former_names=schema.former_names | {old})


def _index_moved(index: IndexState, old: Relation, new: Relation) -> IndexState:
    return replace(index, definition=replace(index.definition, relation=new))


def _pointing(item: ConstraintState, old: Relation, new: Relation) -> ConstraintState:
    target = item.definition.references
    if target is None or Schema.key(target) != old:
        return item
    return replace(item, definition=replace(item.definition, references=new))


def _referring(table: Table, old: Relation, new: Relation) -> Table:
    """Another table, its references to the renamed one following."""
    if old in targets(table):
        constraints = mapped(table.constraints, lambda item: _pointing(item, old, new))
        table = replace(table, constraints=constraints)
    if table.partition_of == old:
        table = replace(table, partition_of=new)
    if old in table.inherits:
        table = replace(table, inherits=tuple(new if item == old else item for item in table.inherits))
    if old in table.children:
        table = replace(table, children=tuple(new if item == old else item for item in table.children))
    return table


def table_setting(schema: Schema, operation: TableSetting, origin: Origin) -> Schema:
    if operation.clause in ("set logged", "set unlogged") and operation.relation.name:
        unlogged = operation.clause == "set unlogged"
        return change_table(schema, operation.relation, lambda table: replace(table, unlogged=unlogged))
    if operation.clause == "inherit" and operation.subject and operation.relation.name:
        parent = Schema.key(Relation(operation.subject))
        child = Schema.key(operation.relation)
        schema = change_table(schema, child, lambda table: replace(table, inherits=(*table.inherits, parent)))
        return change_table(schema, parent, lambda table: _with_child(table, child))
    if operation.clause == "no inherit" and operation.subject and operation.relation.name:
        parent = Schema.key(Relation(operation.subject))
        child = Schema.key(operation.relation)
        schema = change_table(
            schema,
            child,
            lambda table: replace(table, inherits=tuple(item for item in table.inherits if item != parent)),
        )
        return change_table(
            schema,
            parent,
            lambda table: replace(table, children=tuple(item for item in table.children if item != child)),
        )
    return schema


def update(schema: Schema, operation: Update, origin: Origin) -> Schema:
    """An UPDATE that sets a column to something is a backfill of it."""
    table = schema.table(operation.relation)
    if table is None:
        return schema
    columns = table.columns
    for name in operation.columns:
        if name in columns and name not in operation.nulled and not columns[name].backfilled:
            columns = put(columns, name, replace(columns[name], backfilled=True))
    if columns is table.columns:
        return schema
    return put_table(schema, replace(table, columns=columns))
