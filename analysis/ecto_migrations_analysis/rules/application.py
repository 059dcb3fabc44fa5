"""What the application's schema modules say about tables and columns that a migration touches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..findings import Related
from ..operations import Relation
from ..records import dataclass
from ..schema.state import Schema
from .context import MigrationContext

if TYPE_CHECKING:
    from ..project.ecto_schema_model import EctoSchema, SchemaField


@dataclass(frozen=True)
class FieldUse:
    """A field that is a column. `certain` is False where the schema's prefix may be another."""

    schema: EctoSchema
    field: SchemaField
    certain: bool

    @property
    def spelling(self) -> str:
        """How the schema declares it, for a message."""
        name = self.field.name
        return {
            "belongs_to": f"`belongs_to` with the key `{name}`",
            "timestamps": f"`timestamps()` with `{name}`",
            "primary key": f"the primary key `{name}`",
            "embeds": f"the embed `{name}`",
        }.get(self.field.made_by, f"`field :{name}`")

    @property
    def related(self) -> Related:
        return Related(f"{self.schema.module} has {self.spelling} here", self.field.place)


def schemas_of(context: MigrationContext, relation: Relation) -> list[tuple[EctoSchema, bool]] | None:
    """The schema modules of a table, and whether the prefix is the same for certain.

    None where no schema modules are known: then nothing follows from there being none.
    """
    read = context.analysis.project.ecto_schemas
    found = read() if read is not None else ()
    if not found:
        return None
    own = Schema.key(relation)
    matching: list[tuple[EctoSchema, bool]] = []
    for schema in found:
        stated = Schema.key(schema.table)
        if stated.name != own.name or own.name is None:
            continue
        # A prefix may be given at run time (tenants), or by the search path.
        if stated == own:
            matching.append((schema, True))
        elif stated.schema is None or own.schema is None:
            matching.append((schema, False))
    return matching


def uses_of(context: MigrationContext, relation: Relation, column: str | None) -> list[FieldUse]:
    """The fields that are this column."""
    found = []
    for schema, certain in schemas_of(context, relation) or ():
        field = schema.column(column) if column is not None else None
        if field is not None:
            found.append(FieldUse(schema, field, certain))
    return found


def unused(context: MigrationContext, relation: Relation, column: str | None) -> bool:
    """Whether the table has schema modules, all of them known entirely, and none has the column."""
    schemas = schemas_of(context, relation)
    if not schemas or column is None:
        return False
    return all(schema.complete and schema.column(column) is None for schema, _ in schemas)


def goes_with_this(context: MigrationContext, relation: Relation, column: str | None) -> FieldUse | None:
    """The field that the base revision still has, where this migration is newer than that."""
    project = context.analysis.project
    released = project.released() if project.released is not None else None
    own = project.siblings.own if project.siblings is not None else None
    if not released or own is None or column is None or relation.name is None:
        return None
    if own in released or project.released_schemas is None:
        return None
    for schema in project.released_schemas(relation.name) or ():
        field = schema.column(column)
        if field is not None and field.loaded and Schema.key(schema.table) == Schema.key(relation):
            return FieldUse(schema, field, True)
    return None


def comes_back(context: MigrationContext, relation: Relation, column: str | None = None) -> bool:
    """Whether the table (or a column of it) is there again, after this migration or after later ones."""
    schemas = [context.steps[-1].after] if context.steps else []
    latest = context.analysis.project.latest
    if latest is not None:
        schemas.append(latest())
    for schema in schemas:
        table = schema.table(relation)
        if table is not None and (column is None or column in table.columns):
            return True
    return False
