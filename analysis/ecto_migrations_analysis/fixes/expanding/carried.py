"""What belongs to a column, made again for another one: indexes, constraints, NOT NULL, the comment.

`DROP COLUMN` takes all of it along without a word, so a column that takes the place of another needs it
before, and a rollback that brings the column back has to build it again. What cannot be made from the
replayed history to the letter (a key, an exclusion, a view, a trigger of somebody else's) is refused.
"""

from __future__ import annotations

import re

from ...databases.postgres.quoting import default_name, single_quote, truncate_identifier
from ...operations import (
    ConstraintDefinition,
    CreateIndex,
    CreateView,
    Expression,
    IndexElement,
    Relation,
)
from ...records import dataclass, replace
from ...schema.identifiers import mentions, renamed
from ...schema.state import Column, IndexState, Schema, Table
from .. import definitions, sql_names
from ..definitions import deferrable

_NUMBERS = frozenset({"smallint", "integer", "bigint", "numeric", "real", "double precision"})
_INTEGERS = frozenset({"smallint", "integer", "bigint"})
_TEXTS = frozenset({"character varying", "text", "citext"})


@dataclass(frozen=True, slots=True)
class Sql:
    """A statement outside of a migration's transaction; `brief`: it waits for a lock that blocks others."""

    text: str
    brief: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """An index or constraint `original`, as `name` on another column. `sql` may run again after a failure."""

    kind: str
    original: str
    name: str
    sql: tuple[Sql, ...]
    undo: Sql


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The column that takes over: its name, and whether it is of another type."""

    relation: Relation
    old: str
    new: str
    # True where copies keep the names of the originals, which are gone by then.
    same_names: bool = False
    # What ends the names of copies that are to get the originals' names in the end.
    suffix: str | None = None

    @property
    def table(self) -> str:
        return sql_names.relation(self.relation)

    def name_of(self, original: str, taken: set[str]) -> str:
        """The copy's name: Ecto's and PostgreSQL's default ones follow the column's."""
        if self.same_names:
            return original
        word = re.compile(rf"(?<![a-z0-9]){re.escape(self.old)}(?![a-z0-9])")
        wanted = word.sub(self.new, original, count=1)
        if self.suffix is not None or wanted == original:
            wanted = default_name(original, None, self.suffix or self.new)
        wanted = truncate_identifier(wanted)
        name, count = wanted, 1
        while name in taken:
            count += 1
            name = default_name(wanted, None, str(count))
        taken.add(name)
        return name


def is_plain(
    schema: Schema, table: Table, column: Column, *, key: bool = False, viewed: bool = False
) -> bool:
    """Whether the column can be followed by another: everything about it is known and none of it is bound.

    `key`: whoever asks sees to the primary key, to its sequence and to the foreign keys that refer to it.
    `viewed`: to the views that read it.
    """
    if not table.complete or table.uncertain or column.uncertain or column.collation is not None:
        return False
    if (column.identity is not None and not key) or column.generated is not None or column.type.serial:
        return False
    if column.type.name is None or (column.default is not None and column.default.sql is None):
        return False
    if not key and column.default is not None and "nextval(" in (column.default.sql or "").lower():
        return False
    if table.partition_by is not None or table.partition_of is not None or table.children or table.inherits:
        return False
    if table.triggers or (not key and column.name in table.primary_key):
        return False
    if any(_in_policy(expressions, column.name) for expressions in table.policies.values()):
        return False
    if any(
        other.generated is not None and _may_mention(other.generated.expression.sql, column.name)
        for other in table.columns.values()
    ):
        return False
    reading = views(schema, table, column)
    if reading is None or (reading and not viewed):
        return False
    own = Schema.key(table.relation)
    if any(relation for relation in schema.statistics.values() if Schema.key(relation) == own):
        return False
    return key or not any(
        column.name in (constraint.definition.referenced_columns or table.primary_key)
        for _, constraint in schema.referencing(table.relation)
    )


def views(schema: Schema, table: Table, column: Column) -> tuple[CreateView, ...] | None:
    """The views that read the column and can be made again; None where one of them cannot."""
    own, found = Schema.key(table.relation), []
    for view in schema.views.values():
        if not any(Schema.key(relation) == own for relation in view.reads):
            continue
        # `SELECT *` means other columns by then.
        if view.reads_every_column or not view.columns_read:
            return None
        if column.name not in view.columns_read:
            continue
        if view.materialized or view.definition is None or view.definition.sql is None:
            return None
        name = Schema.key(view.name)
        if any(name in map(Schema.key, other.reads) for other in schema.views.values()):
            return None
        found.append(view)
    return tuple(found)


def _in_policy(expressions: tuple[object, ...], column: str) -> bool:
    return any(_may_mention(getattr(expression, "sql", None), column) for expression in expressions)


def _may_mention(sql: str | None, column: str) -> bool:
    return sql is None or mentions(sql, column)


def copies(schema: Schema, table: Table, column: Column, place: Place) -> tuple[Copy, ...] | None:
    """Every index and constraint of the column, for the one of `place`; None where one cannot be said."""
    taken = set(table.indexes) | set(table.constraints)
    for other in schema.tables.values():
        taken |= set(other.indexes)
    found: list[Copy] = []
    of_constraints: dict[str, IndexState] = {}
    for index in table.indexes.values():
        if not _uses(index.definition, column.name):
            continue
        if index.attached_to is not None or _unknown(index.definition):
            return None
        if index.constraint is not None:
            of_constraints[index.constraint] = index
            continue
        name = place.name_of(index.name, taken)
        drop = _drop_index(place, name)
        build = Sql(_create_index(index.definition, name, place), brief=False)
        found.append(Copy(kind="index", original=index.name, name=name, sql=(drop, build), undo=drop))
    for name, state in table.constraints.items():
        definition = state.definition
        # A primary key is no copy: a table has one (`change_key`).
        if not _concerns(definition, column.name) or definition.kind == "primary key":
            continue
        copied = place.name_of(name, taken)
        sql = _constraint(definition, copied, place, of_constraints.get(name))
        if sql is None:
            return None
        found.append(Copy(kind="constraint", original=name, name=copied, sql=sql, undo=sql[0]))
    return tuple(found)


def suits(table: Table, column: Column, new_type: str | None) -> bool:
    """Whether indexes and constraints of the column hold as they are for one of another type."""
    old = column.type.name
    family = next((kinds for kinds in (_NUMBERS, _TEXTS) if {old, new_type} <= kinds), frozenset())
    for index in table.indexes.values():
        built = index.definition
        if not _uses(built, column.name):
            continue
        if any(element.column == column.name and element.opclass for element in built.elements):
            return False
        plain = {element.column for element in built.elements} | set(built.include)
        if (column.name not in plain or built.where is not None) and not family:
            return False
    for state in table.constraints.values():
        definition = state.definition
        if not _concerns(definition, column.name):
            continue
        if definition.kind == "foreign key" and not {old, new_type} <= _INTEGERS:
            return False
        if definition.kind == "check" and not family:
            return False
    return True


def not_null(place: Place, column: Column, validated_name: str) -> tuple[Sql, ...]:
    """NOT NULL by way of a CHECK, so that no scan runs under a lock that blocks."""
    if not column.not_null:
        return ()
    table, name, check = place.table, sql_names.name(place.new), sql_names.name(validated_name)
    return (
        Sql(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {check}"),
        Sql(f"ALTER TABLE {table} ADD CONSTRAINT {check} CHECK ({name} IS NOT NULL) NOT VALID"),
        Sql(f"ALTER TABLE {table} VALIDATE CONSTRAINT {check}", brief=False),
        Sql(f"ALTER TABLE {table} ALTER COLUMN {name} SET NOT NULL"),
        Sql(f"ALTER TABLE {table} DROP CONSTRAINT {check}"),
    )


def nullable(place: Place, column: Column, validated_name: str) -> tuple[Sql, ...]:
    """What takes `not_null` back."""
    if not column.not_null:
        return ()
    table, name, check = place.table, sql_names.name(place.new), sql_names.name(validated_name)
    return (
        Sql(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {check}"),
        Sql(f"ALTER TABLE {table} ALTER COLUMN {name} DROP NOT NULL"),
    )


def comment(place: Place, column: Column) -> tuple[Sql, ...]:
    if column.comment is None:
        return ()
    text = single_quote(column.comment)
    return (Sql(f"COMMENT ON COLUMN {place.table}.{sql_names.name(place.new)} IS {text}"),)


# --- indexes -----------------------------------------------------------------------------------------------


def _uses(index: CreateIndex, column: str) -> bool:
    return (
        column in index.include
        or any(
            element.column == column
            or (element.expression is not None and _may_mention(element.expression.sql, column))
            for element in index.elements
        )
        or (index.where is not None and _may_mention(index.where.sql, column))
    )


def _unknown(index: CreateIndex) -> bool:
    expressions = [element.expression for element in index.elements if element.expression is not None]
    if index.where is not None:
        expressions.append(index.where)
    return not index.complete or any(expression.sql is None for expression in expressions)


def _drop_index(place: Place, name: str) -> Sql:
    """What an interrupted run left, which may be an INVALID index."""
    schema = f"{sql_names.name(place.relation.schema)}." if place.relation.schema else ""
    return Sql(f"DROP INDEX CONCURRENTLY IF EXISTS {schema}{sql_names.name(name)}", brief=False)


def _create_index(index: CreateIndex, name: str, place: Place) -> str:
    """The index on the column that takes over."""
    moved = replace(
        index,
        elements=tuple(_element(element, place) for element in index.elements),
        include=_columns(index.include, place),
        where=_expression(index.where, place),
    )
    sql = definitions.create_index(moved, name, place.relation)
    # `copies` has refused what is not known.
    assert sql is not None
    return sql


def _element(element: IndexElement, place: Place) -> IndexElement:
    column = place.new if element.column == place.old else element.column
    return replace(element, column=column, expression=_expression(element.expression, place))


def _columns(columns: tuple[str, ...], place: Place) -> tuple[str, ...]:
    return tuple(place.new if column == place.old else column for column in columns)


def _expression(expression: Expression | None, place: Place) -> Expression | None:
    if expression is None or expression.sql is None:
        return expression
    return replace(expression, sql=renamed(expression.sql, place.old, place.new))


# --- constraints -------------------------------------------------------------------------------------------


def _concerns(definition: ConstraintDefinition, column: str) -> bool:
    if definition.kind == "not null":
        return False
    if column in definition.columns or column in definition.include or column in definition.on_delete_columns:
        return True
    return definition.kind in ("check", "exclusion") and _may_mention(
        definition.expression.sql if definition.expression is not None else None, column
    )


def _constraint(
    definition: ConstraintDefinition, name: str, place: Place, index: IndexState | None
) -> tuple[Sql, ...] | None:
    if not definition.complete or not definition.enforced or definition.temporal:
        return None
    alter = f"ALTER TABLE {place.table}"
    quoted = sql_names.name(name)
    drop = Sql(f"{alter} DROP CONSTRAINT IF EXISTS {quoted}")
    if definition.kind == "unique":
        if index is None:
            return None
        when = deferrable(definition)
        return (
            drop,
            _drop_index(place, name),
            Sql(_create_index(index.definition, name, place), brief=False),
            Sql(f"{alter} ADD CONSTRAINT {quoted} UNIQUE USING INDEX {quoted}{when}"),
        )
    moved = replace(
        definition,
        columns=_columns(definition.columns, place),
        on_delete_columns=_columns(definition.on_delete_columns, place),
        expression=_expression(definition.expression, place),
    )
    rule = _check(moved) if moved.kind == "check" else _foreign_key(moved)
    if rule is None:
        return None
    sql = [drop, Sql(f"{alter} ADD CONSTRAINT {quoted} {rule} NOT VALID")]
    if definition.validated:
        sql.append(Sql(f"{alter} VALIDATE CONSTRAINT {quoted}", brief=False))
    return tuple(sql)


def foreign_key(definition: ConstraintDefinition, name: str, place: Place) -> tuple[Sql, ...] | None:
    """What makes a foreign key, whatever an interrupted run left; None for one that cannot be said."""
    return _constraint(definition, name, place, None) if definition.kind == "foreign key" else None


def _check(definition: ConstraintDefinition) -> str | None:
    if definition.expression is None or definition.expression.sql is None:
        return None
    return f"CHECK ({definition.expression.sql}){' NO INHERIT' if definition.no_inherit else ''}"


def _foreign_key(definition: ConstraintDefinition) -> str | None:
    return definitions.foreign_key(definition) if definition.kind == "foreign key" else None
