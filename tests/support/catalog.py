"""The schema of a database and a replayed one, both as the same plain values, to be compared."""

from __future__ import annotations

from typing import Any

import psycopg
from ecto_migrations_analysis.operations import IndexElement, Relation
from ecto_migrations_analysis.schema.state import IndexState, Schema, Table

_KINDS = {"c": "check", "f": "foreign key", "p": "primary key", "u": "unique", "x": "exclusion"}

_COLUMNS = """
SELECT c.oid::regclass::text, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
       a.atthasdef AND a.attgenerated = '', a.attidentity, a.attgenerated <> ''
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
  AND c.relnamespace::regnamespace::text NOT LIKE 'pg\\_%'
  AND c.relnamespace::regnamespace::text <> 'information_schema'
ORDER BY 1, a.attnum
"""

_TABLES = """
SELECT c.oid::regclass::text, p.inhparent::regclass::text
FROM pg_class c LEFT JOIN pg_inherits p ON p.inhrelid = c.oid AND c.relispartition
WHERE c.relkind IN ('r', 'p')
  AND c.relnamespace::regnamespace::text NOT LIKE 'pg\\_%'
  AND c.relnamespace::regnamespace::text <> 'information_schema'
"""

# Of an index: its keys (an expression is "…"), what INCLUDE adds, and the index it is attached to.
_INDEXES = """
SELECT i.indrelid::regclass::text, c.relname, i.indisunique, m.amname, i.indpred IS NOT NULL,
       ARRAY(SELECT coalesce(a.attname::text, '…') FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(num, place)
             LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.num AND k.num > 0
             WHERE k.place <= i.indnkeyatts ORDER BY k.place),
       ARRAY(SELECT a.attname::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(num, place)
             JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.num
             WHERE k.place > i.indnkeyatts ORDER BY k.place),
       (SELECT p.inhparent::regclass::text FROM pg_inherits p WHERE p.inhrelid = c.oid),
       (SELECT k.conname FROM pg_constraint k WHERE k.conindid = c.oid AND k.contype IN ('p', 'u', 'x'))
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
JOIN pg_class t ON t.oid = i.indrelid AND t.relkind IN ('r', 'p')
WHERE c.relnamespace::regnamespace::text NOT LIKE 'pg\\_%'
"""

_CONSTRAINTS = """
SELECT k.conrelid::regclass::text, k.conname, k.contype, k.convalidated, k.condeferrable,
       ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY x(num, place)
             JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = x.num ORDER BY x.place),
       nullif(k.confrelid, 0)::regclass::text,
       ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY x(num, place)
             JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = x.num ORDER BY x.place)
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
WHERE k.contype IN ('c', 'f', 'p', 'u', 'x') AND c.relkind IN ('r', 'p')
  AND c.relnamespace::regnamespace::text NOT LIKE 'pg\\_%'
  AND c.relnamespace::regnamespace::text <> 'information_schema'
  -- What a partitioned parent has once more for each of its partitions (PostgreSQL's own bookkeeping).
  AND NOT (k.contype = 'f' AND k.conparentid <> 0
           AND k.conrelid = (SELECT p.conrelid FROM pg_constraint p WHERE p.oid = k.conparentid))
"""


def of_server(connection: psycopg.Connection[Any]) -> dict[str, Any]:
    """The catalogs of the database."""
    tables: dict[str, Any] = {
        name: {"partition of": parent, "columns": [], "indexes": {}, "constraints": {}}
        | {"triggers": set(), "policies": set()}
        for name, parent in connection.execute(_TABLES)
    }
    for table, name, kind, not_null, default, identity, generated in connection.execute(_COLUMNS):
        tables[table]["columns"].append((name, kind, not_null, default, identity != "", generated))
    for table, name, unique, method, partial, keys, include, parent, constraint in connection.execute(
        _INDEXES
    ):
        tables[table]["indexes"][name] = (unique, method, partial, keys, include, parent, constraint)
    for table, name, kind, valid, deferrable, columns, target, keys in connection.execute(_CONSTRAINTS):
        columns = [] if kind == "c" else columns
        tables[table]["constraints"][name] = (_KINDS[kind], columns, valid, deferrable, target, keys)
    for table, name in connection.execute(
        "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal AND tgparentid = 0"
    ):
        tables[table]["triggers"].add(name)
    for table, name in connection.execute("SELECT polrelid::regclass::text, polname FROM pg_policy"):
        tables[table]["policies"].add(name)
    views = "SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('v', 'm') AND oid >= 16384"
    enums = (
        "SELECT t.oid::regtype::text, array_agg(e.enumlabel::text ORDER BY e.enumsortorder)"
        " FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid GROUP BY 1"
    )
    return {
        "tables": tables,
        "views": {name for (name,) in connection.execute(views)},
        "enums": {name: tuple(values) for name, values in connection.execute(enums)},
    }


def of_schema(schema: Schema) -> dict[str, Any]:
    """The replayed schema in the same form."""
    return {
        "tables": {_name(relation): _table(schema, table) for relation, table in schema.tables.items()},
        "views": {_name(relation) for relation in schema.views},
        "enums": {_name(relation): enum.values for relation, enum in schema.enums.items()},
    }


def _name(relation: Relation) -> str:
    parts = [part for part in (relation.schema, relation.name) if part is not None]
    return ".".join(part if part.islower() and part.isidentifier() else f'"{part}"' for part in parts)


def _table(schema: Schema, table: Table) -> dict[str, Any]:
    constraints = {}
    for name, state in table.constraints.items():
        definition = state.definition
        if definition.kind == "not null":
            continue
        keys: tuple[str, ...] = ()
        if definition.references is not None:
            target = schema.table(definition.references)
            keys = definition.referenced_columns or (target.primary_key if target else ())
        constraints[name] = (
            definition.kind,
            [] if definition.kind == "check" else list(definition.columns),
            definition.validated,
            definition.deferrable,
            _name(Schema.key(definition.references)) if definition.references else None,
            list(keys),
        )
    return {
        "partition of": _name(table.partition_of) if table.partition_of else None,
        "columns": [
            (
                name,
                str(column.type),
                column.not_null,
                column.default is not None,
                column.identity is not None,
                column.generated is not None,
            )
            for name, column in table.columns.items()
        ],
        "indexes": {name: _index(table, index) for name, index in table.indexes.items()},
        "constraints": constraints,
        "triggers": set(table.triggers),
        "policies": set(table.policies),
    }


def _index(table: Table, index: IndexState) -> tuple[object, ...]:
    definition = index.definition
    parent = index.attached_to
    if parent is not None and table.relation.schema is not None:
        parent = f"{table.relation.schema}.{parent}"
    return (
        definition.unique,
        definition.method,
        definition.where is not None,
        [_key(element) for element in definition.elements],
        list(definition.include),
        parent,
        index.constraint,
    )


def _key(element: IndexElement) -> str:
    return element.column if element.column is not None else "…"
