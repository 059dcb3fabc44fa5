"""What schema modules and changesets say about tables."""

from __future__ import annotations

from ..operations import Relation
from ..records import dataclass, field
from ..syntax.span import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaField:
    """A field that is a column. `type` is its Ecto type where that is a plain name (":string").

    `made_by`: "field", "belongs_to", "timestamps", "primary key" or "embeds". `loaded` is False for
    `load_in_query: false`. `values` are those of `Ecto.Enum`, as the database has them.
    """

    name: str
    column: str
    made_by: str = "field"
    type: str | None = None
    loaded: bool = True
    values: tuple[str, ...] = ()
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaAssociation:
    """`has_many`, `has_one`, `belongs_to`, `many_to_many`; `related`: a module, or a table joined through."""

    kind: str
    name: str
    related: str | None
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedConstraint:
    """A constraint that a changeset expects. `name` None: it is not known. `exact` False: only a part of the
    name is compared (`match: :suffix`, `:prefix`)."""

    kind: str
    name: str | None
    exact: bool = True
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class EctoSchema:
    """A schema module of a table. `complete` is False where some of its fields are not known."""

    module: str
    table: Relation
    fields: tuple[SchemaField, ...] = ()
    associations: tuple[SchemaAssociation, ...] = ()
    constraints: tuple[NamedConstraint, ...] = ()
    primary_key: tuple[str, ...] = ()
    complete: bool = True
    # The pipeline that its changeset is, where another step can be added below it.
    changeset: Place | None = field(default=None, compare=False)
    place: Place = field(compare=False)

    def column(self, name: str) -> SchemaField | None:
        """The field that is this column."""
        return next((item for item in self.fields if item.column == name), None)


@dataclass(frozen=True, slots=True)
class SchemaFile:
    """The schemas of a file, and the constraints that it names outside of them.

    `boot`: where an `Application` in it runs the migrations when it starts.
    """

    schemas: tuple[EctoSchema, ...] = ()
    constraints: tuple[NamedConstraint, ...] = ()
    boot: Place | None = None
