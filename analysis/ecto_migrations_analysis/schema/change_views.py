"""Views, and what depends on tables through them."""

from __future__ import annotations

from ..operations import CreateView, DropView, Relation
from ..records import replace
from .edit import doubt
from .persistent import put, without
from .state import Origin, Schema


def create_view(schema: Schema, operation: CreateView, origin: Origin) -> Schema:
    name = Schema.key(operation.name)
    if name.name is None:
        return doubt(schema, "a view whose name is not known was created")
    if operation.if_not_exists and name in schema.views:
        return schema
    return replace(schema, views=put(schema.views, name, operation))


def drop_view(schema: Schema, operation: DropView, origin: Origin) -> Schema:
    name = Schema.key(operation.name)
    if name.name is None:
        return doubt(schema, "a view whose name is not known was dropped")
    if operation.cascade:
        schema = drop_readers(schema, name)
    return _without(schema, name)


def _without(schema: Schema, view: Relation) -> Schema:
    indexes = [index for index, of in schema.view_indexes.items() if of == view]
    return replace(
        schema, views=without(schema.views, view), view_indexes=without(schema.view_indexes, *indexes)
    )


def readers(schema: Schema, relation: Relation, column: str | None = None) -> list[Relation]:
    """The views that read the relation (and the column of it, where one is given)."""
    key = Schema.key(relation)
    return [
        name
        for name, view in schema.views.items()
        if key in map(Schema.key, view.reads)
        and (column is None or view.reads_every_column or column in view.columns_read)
    ]


def drop_readers(schema: Schema, relation: Relation, column: str | None = None) -> Schema:
    """Without the views that depend on the relation, and those that depend on them (CASCADE)."""
    for name in readers(schema, relation, column):
        if name in schema.views:
            schema = _without(schema, name)
            schema = drop_readers(schema, name)
    return schema
