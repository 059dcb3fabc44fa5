"""SQL of indexes and foreign keys out of what is known of them, with names as a person writes them."""

from __future__ import annotations

from ..operations import ConstraintDefinition, CreateIndex, Relation
from . import sql_names


def names(columns: tuple[str, ...]) -> str:
    return ", ".join(map(sql_names.name, columns))


def index_name(name: str, table: Relation) -> str:
    """The index, in the schema of its table."""
    return sql_names.relation(Relation(name, table.schema))


def foreign_key(definition: ConstraintDefinition) -> str | None:
    """`FOREIGN KEY (…) REFERENCES …`, without NOT VALID; None where a part is not known."""
    target = definition.references
    if target is None or target.name is None or not definition.columns or not definition.complete:
        return None
    if definition.temporal or not definition.enforced:
        return None
    sql = f"FOREIGN KEY ({names(definition.columns)}) REFERENCES {sql_names.relation(target)}"
    if definition.referenced_columns:
        sql += f" ({names(definition.referenced_columns)})"
    if definition.match is not None:
        sql += f" MATCH {definition.match}"
    if definition.on_update is not None:
        sql += f" ON UPDATE {definition.on_update}"
    if definition.on_delete is not None:
        sql += f" ON DELETE {definition.on_delete}"
        if definition.on_delete_columns:
            sql += f" ({names(definition.on_delete_columns)})"
    return sql + deferrable(definition)


def deferrable(definition: ConstraintDefinition) -> str:
    if not definition.deferrable:
        return ""
    return " DEFERRABLE INITIALLY DEFERRED" if definition.initially_deferred else " DEFERRABLE"


def create_index(
    index: CreateIndex, name: str, table: Relation, *, concurrently: bool = True, only: bool = False
) -> str | None:
    """`CREATE INDEX …` of the same columns on `table`; None where a part is not known."""
    if not index.complete or not index.elements:
        return None
    elements: list[str] = []
    for element in index.elements:
        if element.column is not None:
            text = sql_names.name(element.column)
        elif element.expression is not None and element.expression.sql is not None:
            text = f"({element.expression.sql})"
        else:
            return None
        if element.collation:
            text += f' COLLATE "{element.collation}"'
        elements.append(" ".join(part for part in (text, element.opclass, element.order) if part))
    sql = "CREATE UNIQUE INDEX" if index.unique else "CREATE INDEX"
    sql += f"{' CONCURRENTLY' if concurrently else ''} {sql_names.name(name)}"
    sql += f" ON {'ONLY ' if only else ''}{sql_names.relation(table)}"
    if index.method != "btree":
        sql += f" USING {index.method}"
    sql += f" ({', '.join(elements)})"
    if index.include:
        sql += f" INCLUDE ({names(index.include)})"
    if not index.nulls_distinct:
        sql += " NULLS NOT DISTINCT"
    sql += "".join(f" {option}" for option in index.options)
    if index.where is not None:
        if index.where.sql is None:
            return None
        sql += f" WHERE {index.where.sql}"
    return sql
