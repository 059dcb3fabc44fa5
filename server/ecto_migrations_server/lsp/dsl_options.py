"""The options of Ecto's migration functions and the values that they take, with what each does.

Source: `Ecto.Migration` of ecto_sql 3.14 and its adapter for PostgreSQL.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OptionHelp:
    """`value` is what is inserted behind the key, a default in it; `values` are offered where it is typed."""

    name: str
    help: str
    value: str = ""
    values: tuple[str, ...] = ()


_BOOLEAN = ("true", "false")
_ON = (":nothing", ":delete_all", ":nilify_all", ":restrict")

_COMMENT = OptionHelp("comment", "A comment, kept in the database's catalog.", '"$1"')
_PREFIX = OptionHelp("prefix", "The PostgreSQL schema, where it is not the repo's default one.", '"$1"')
_PRECISION = OptionHelp("precision", "How many digits a number has; the fraction digits of a time.", "$1")
_SCALE = OptionHelp(
    "scale", "How many of the `precision` digits stand behind the point; 0 if not given.", "$1"
)
_SIZE = OptionHelp("size", "The length limit, as in `varchar(40)`. `:string` alone has 255.", "$1")
_COLLATION = OptionHelp("collation", "The collation by which the text is compared and sorted.", '"$1"')
_NULL = OptionHelp(
    "null",
    "`false` adds NOT NULL. Without it the column takes NULL.",
    "false",
    _BOOLEAN,
)
_DEFAULT = OptionHelp(
    "default",
    "The value of rows that do not give one. A constant costs nothing on PostgreSQL 11 and later; a volatile"
    ' function (`fragment("gen_random_uuid()")`) rewrites the table.',
    "$1",
    ("nil", "true", "false", 'fragment("now()")'),
)

_COLUMN = (
    _NULL,
    _DEFAULT,
    _SIZE,
    _PRECISION,
    _SCALE,
    OptionHelp("primary_key", "Makes the column (part of) the primary key.", "true", _BOOLEAN),
    OptionHelp("generated", "The expression of a generated column, as SQL.", '"ALWAYS AS ($1) STORED"'),
    _COLLATION,
    _COMMENT,
    OptionHelp("start_value", "The first value of the sequence of an `:identity` column.", "$1"),
    OptionHelp("increment", "The step of the sequence of an `:identity` column.", "$1"),
    OptionHelp("fields", "Which fields an interval of the type `:duration` keeps.", '"$1"'),
)

_INDEX = (
    OptionHelp(
        "concurrently",
        "Builds or drops the index without blocking writes. Cannot run in a transaction: needs"
        " `@disable_ddl_transaction true` and `@disable_migration_lock true`, or the lock"
        " `:pg_advisory_lock`.",
        "true",
        _BOOLEAN,
    ),
    OptionHelp("name", "The index's name; by default `table_columns_index`.", ":$1"),
    OptionHelp("unique", "Refuses rows that are equal in these columns.", "true", _BOOLEAN),
    OptionHelp("where", "A partial index: only rows for which this SQL condition holds.", '"$1"'),
    OptionHelp(
        "using", "The method: btree, hash, gin, gist, brin.", ":gin", (":gin", ":gist", ":brin", ":hash")
    ),
    OptionHelp("include", "Columns stored with the index and not searched by: a covering index.", "[:$1]"),
    OptionHelp(
        "nulls_distinct",
        "`false`: a unique index takes two NULLs for equal (PostgreSQL 15 and later).",
        "false",
        _BOOLEAN,
    ),
    OptionHelp("only", "On a partitioned table: not on its partitions.", "true", _BOOLEAN),
    OptionHelp("options", "The text of the WITH clause.", '"$1"'),
    _PREFIX,
    _COMMENT,
)

OPTIONS: dict[str, tuple[OptionHelp, ...]] = {
    "add": _COLUMN,
    "add_if_not_exists": _COLUMN,
    "modify": (
        OptionHelp(
            "from",
            "The type and options that the column has now: what a rollback restores. Without it the `modify`"
            " cannot be reversed.",
            "{:$1, null: true}",
        ),
        *(_NULL, _DEFAULT, _SIZE, _PRECISION, _SCALE, _COLLATION, _COMMENT),
    ),
    "remove": _COLUMN,
    "timestamps": (
        OptionHelp("type", "The type of both columns.", ":utc_datetime"),
        OptionHelp("inserted_at", "The first column's name; `false` leaves it out.", ":$1", ("false",)),
        OptionHelp("updated_at", "The second column's name; `false` leaves it out.", ":$1", ("false",)),
        OptionHelp("null", "Both columns are NOT NULL unless this is `true`.", "true", _BOOLEAN),
        _DEFAULT,
    ),
    "table": (
        OptionHelp("primary_key", "`false`: the table gets no `id`.", "false", ("false",)),
        _PREFIX,
        _COMMENT,
        OptionHelp("options", "SQL behind the columns: `PARTITION BY …`, `WITH (…)`.", '"$1"'),
        OptionHelp("modifiers", "SQL between CREATE and TABLE: `UNLOGGED`.", '"$1"'),
        OptionHelp("engine", "The storage engine (MySQL).", ":$1"),
    ),
    "index": _INDEX,
    "unique_index": tuple(option for option in _INDEX if option.name != "unique"),
    "references": (
        OptionHelp("on_delete", "What happens to these rows when the one they refer to goes.", ":$1", _ON),
        OptionHelp(
            "on_update",
            "What happens to these rows when the key they refer to changes.",
            ":$1",
            (":nothing", ":update_all", ":nilify_all", ":restrict"),
        ),
        OptionHelp(
            "validate",
            "`false`: NOT VALID. Rows that exist are not checked now; `VALIDATE CONSTRAINT` does it later,"
            " without blocking writes.",
            "false",
            _BOOLEAN,
        ),
        OptionHelp("type", "The column's type; by default that of the repo's primary keys.", ":binary_id"),
        OptionHelp("column", "The column that is referred to; by default `:id`.", ":$1"),
        OptionHelp("name", "The constraint's name; by default `table_column_fkey`.", ":$1"),
        OptionHelp("with", "More columns of a composite key: `[own: :theirs]`.", "[$1]"),
        OptionHelp("match", "How NULLs in a composite key count.", ":full", (":simple", ":partial", ":full")),
        _PREFIX,
    ),
    "constraint": (
        OptionHelp("check", "The SQL condition that every row has to meet.", '"$1"'),
        OptionHelp("exclude", "An exclusion: `gist (room WITH =, during WITH &&)`.", '"$1"'),
        OptionHelp(
            "validate",
            "`false`: NOT VALID. Rows that exist are not checked now; `VALIDATE CONSTRAINT` does it later.",
            "false",
            _BOOLEAN,
        ),
        _PREFIX,
        _COMMENT,
    ),
}

# The position of the first argument that may be an option.
FIRST_OPTION = {
    "add": 2,
    "add_if_not_exists": 2,
    "modify": 2,
    "remove": 2,
    "timestamps": 0,
    "table": 1,
    "index": 2,
    "unique_index": 2,
    "references": 1,
    "constraint": 2,
}

# Ecto types, with what PostgreSQL makes of each.
TYPES: tuple[tuple[str, str], ...] = (
    (":string", "varchar(255), or of another `size`"),
    (":text", "text"),
    (":integer", "integer"),
    (":bigint", "bigint"),
    (":boolean", "boolean"),
    (":utc_datetime", "timestamp(0) without time zone"),
    (":utc_datetime_usec", "timestamp without time zone"),
    (":naive_datetime", "timestamp(0) without time zone"),
    (":naive_datetime_usec", "timestamp without time zone"),
    (":timestamptz", "timestamp with time zone"),
    (":date", "date"),
    (":time", "time(0) without time zone"),
    (":time_usec", "time without time zone"),
    (":decimal", "numeric, with `precision` and `scale`"),
    (":numeric", "numeric, with `precision` and `scale`"),
    (":float", "double precision"),
    (":binary_id", "uuid"),
    (":uuid", "uuid"),
    (":map", "jsonb"),
    (":jsonb", "jsonb"),
    (":binary", "bytea"),
    (":duration", "interval"),
    (":smallint", "smallint"),
    (":citext", "citext, of the extension of this name"),
    (":identity", "bigint GENERATED BY DEFAULT AS IDENTITY"),
    (":bigserial", "bigint with a sequence"),
    (":serial", "integer with a sequence"),
)
