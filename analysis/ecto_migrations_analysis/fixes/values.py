"""The value that existing rows get: the column's default, else one that its type suggests."""

from __future__ import annotations

from ..operations import ColumnDefinition, DataType, Relation
from ..program.commands import Add, Reference
from ..program.terms import Atom, Number, Term, Text, as_bool, is_nil
from ..records import dataclass
from ..schema.state import Schema
from . import elixir

_TEXTS = frozenset({"character varying", "character", "text", "citext"})
_INTEGERS = frozenset({"smallint", "integer", "bigint"})
_FLOATS = frozenset({"real", "double precision"})
_TIMESTAMPS = frozenset({"timestamp without time zone", "timestamp with time zone"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """`sql` is the expression; `literal` the Elixir term that Postgrex sends for a column of this type, where
    there is one. `suggested`: nobody wrote it, the type suggests it.
    """

    sql: str
    literal: str | None = None
    suggested: bool = False
    # As the value of `default:` in the DSL, where the column can have it as one instant default.
    default: str | None = None

    @property
    def is_constant(self) -> bool:
        """Whether it is a plain literal and no function."""
        return self.is_text_literal or self.literal is not None

    @property
    def is_text_literal(self) -> bool:
        """Whether the SQL is a string literal, which takes the type of the place where it stands."""
        return self.sql.startswith("'")


def written(add: Add, column: ColumnDefinition) -> Value | None:
    """The default that the migration gives the column; None without one, or with `default: nil`."""
    term = add.options.get("default")
    if term is None or is_nil(term) or column.default is None or column.default.sql is None:
        return None
    return Value(sql=column.default.sql, literal=_literal(term, column.type))


def is_undecided(add: Add, column: ColumnDefinition) -> bool:
    """Whether there is a default whose SQL the text does not tell."""
    term = add.options.get("default")
    if term is None or is_nil(term):
        return not add.options.complete
    return column.default is None or column.default.sql is None


def suggested(add: Add, column: ColumnDefinition, schema: Schema) -> Value | None:
    """A value that suits the type; None where the type says nothing, as for a foreign key."""
    kind = column.type
    if isinstance(add.type, Reference) or kind.name is None or kind.serial:
        return None
    if kind.dimensions:
        listed = not isinstance(add.type, Atom)
        return _suggestion("'{}'", None, "[]" if listed else '"{}"')
    if kind.name in _TEXTS or kind.name == "bytea":
        return _suggestion("''", '""', '""')
    if kind.name in _INTEGERS or kind.name == "numeric":
        return _suggestion("0", "0", "0")
    if kind.name in _FLOATS:
        return _suggestion("0", "0.0", "0.0")
    if kind.name == "boolean":
        return _suggestion("false", "false", "false")
    if kind.name in ("jsonb", "json"):
        # Ecto turns a map into JSON for the type `:map` only (`default_type/2` of its PostgreSQL adapter).
        is_map = isinstance(add.type, Atom) and add.type.name == "map"
        return _suggestion("'{}'", "%{}", "%{}" if is_map else '"{}"')
    if kind.name in _TIMESTAMPS:
        return _suggestion("now()", None, elixir.fragment("now()"))
    if kind.name == "date":
        return _suggestion("CURRENT_DATE", None, elixir.fragment("CURRENT_DATE"))
    if kind.name == "time without time zone":
        return _suggestion("'00:00:00'", None, '"00:00:00"')
    if kind.name == "uuid":
        # Volatile: as the default of a new column it would rewrite the table, so no `default`.
        return _suggestion("gen_random_uuid()", None, None)
    enum = schema.enums.get(Schema.key(Relation(kind.name, kind.schema)))
    if enum is not None and enum.values:
        first = next(iter(enum.values))
        quoted = "'" + first.replace("'", "''") + "'"
        return _suggestion(quoted, elixir.string(first), elixir.string(first))
    return None


def _suggestion(sql: str, literal: str | None, default: str | None) -> Value:
    return Value(sql=sql, literal=literal, suggested=True, default=default)


def _literal(term: Term, kind: DataType) -> str | None:
    """The term as Elixir, where Postgrex encodes it for a column of this type; None otherwise.

    A query without a schema sends a value as it is, and Postgrex refuses, say, a string for a date.
    """
    if kind.dimensions:
        return None
    if isinstance(term, Text) and term.value is not None and kind.name in _TEXTS:
        return elixir.string(term.value)
    if isinstance(term, Number):
        whole = isinstance(term.value, int)
        if (whole and kind.name in _INTEGERS | _FLOATS) or kind.name == "numeric":
            return _number(term.value)
        if not whole and kind.name in _FLOATS:
            return _number(term.value)
    boolean = as_bool(term)
    if boolean is not None and kind.name == "boolean":
        return str(boolean).lower()
    return None


def _number(value: int | float) -> str:
    from ..program.inspection import inspect

    return inspect(Number(value))
