"""The casts that PostgreSQL applies by itself when a value is assigned (`pg_cast`, contexts `i` and `a`).

`ALTER COLUMN … TYPE` without USING needs one (PostgreSQL documentation, ALTER TABLE: "The optional USING
clause … if omitted, the default conversion is the same as an assignment cast from old data type to new").
The tables are compared with a server's catalog by a test.
"""

from __future__ import annotations

from typing import Literal

# "relabel": the bytes stay; "convert": a function or the text form makes new ones.
Cast = Literal["relabel", "convert"]

_REGISTERED = (
    *("regclass", "regcollation", "regconfig", "regdictionary", "regnamespace", "regoper", "regoperator"),
    *("regproc", "regprocedure", "regrole", "regtype"),
)

# Types whose values every type can be assigned to, through their text (`pg_type.typcategory` S).
STRINGS = frozenset({"text", "character varying", "character", "bpchar", "name", "citext"})

_RELABEL: dict[str, tuple[str, ...]] = {
    "bit": ("bit varying",),
    "bit varying": ("bit",),
    "character varying": ("character", "text", "citext"),
    "cidr": ("inet",),
    "citext": ("text", "character varying", "character"),
    "integer": ("oid", *_REGISTERED),
    "oid": ("integer", *_REGISTERED),
    "text": ("character", "character varying", "citext"),
    "xml": ("character", "character varying", "text"),
    "regoper": ("regoperator",),
    "regoperator": ("regoper",),
    "regproc": ("regprocedure",),
    "regprocedure": ("regproc",),
}

_CONVERT: dict[str, tuple[str, ...]] = {
    "bigint": ("double precision", "integer", "money", "numeric", "oid", "real", "smallint", *_REGISTERED),
    "box": ("polygon",),
    "character": ('"char"', "character varying", "citext", "name", "text"),
    "character varying": ('"char"', "name", "regclass"),
    "date": ("timestamp with time zone", "timestamp without time zone"),
    "double precision": ("bigint", "integer", "numeric", "real", "smallint"),
    "inet": ("cidr",),
    "integer": ("bigint", "double precision", "money", "numeric", "real", "smallint"),
    "interval": ("time without time zone",),
    "json": ("jsonb",),
    "jsonb": ("json",),
    "macaddr": ("macaddr8",),
    "macaddr8": ("macaddr",),
    "money": ("numeric",),
    "numeric": ("bigint", "double precision", "integer", "money", "real", "smallint"),
    "oid": ("bigint",),
    "path": ("polygon",),
    "point": ("box",),
    "polygon": ("path",),
    "real": ("bigint", "double precision", "integer", "numeric", "smallint"),
    "smallint": ("bigint", "double precision", "integer", "numeric", "oid", "real", *_REGISTERED),
    "text": ('"char"', "name", "regclass"),
    "time with time zone": ("time without time zone",),
    "time without time zone": ("interval", "time with time zone"),
    "timestamp with time zone": (
        "date",
        "time with time zone",
        "time without time zone",
        "timestamp without time zone",
    ),
    "timestamp without time zone": ("date", "time without time zone", "timestamp with time zone"),
}

CASTS: dict[tuple[str, str], Cast] = {
    **{(old, new): "convert" for old, news in _CONVERT.items() for new in news},
    **{(old, new): "relabel" for old, news in _RELABEL.items() for new in news},
    **{(kind, "oid"): "relabel" for kind in _REGISTERED},
    **{(kind, "integer"): "relabel" for kind in _REGISTERED},
    **{(kind, "bigint"): "convert" for kind in _REGISTERED},
}

# Types of the server itself and of `citext`: their casts are all known. Every other type is a user's or an
# extension's.
BUILT_IN = (
    frozenset(name for pair in CASTS for name in pair)
    | STRINGS
    | frozenset(
        {"boolean", "bytea", "uuid", "tsvector", "tsquery", "line", "lseg", "circle", "jsonpath", "pg_lsn"}
        | {"int4range", "int8range", "numrange", "tsrange", "tstzrange", "daterange"}
        | {"int4multirange", "int8multirange", "nummultirange", "tsmultirange", "tstzmultirange"}
        | {"datemultirange", "xid", "xid8", "cid", "tid", "txid_snapshot", "pg_snapshot"}
    )
)

# The default B-tree operator class, where it is not the type's own: types that share one share their indexes.
_OPERATOR_CLASS = {
    "character varying": "text",
    "bpchar": "character",
    "cidr": "inet",
    **dict.fromkeys(_REGISTERED, "oid"),
}


def base(name: str) -> str:
    """The name under which casts of a type are kept; an interval of some fields is an interval."""
    if name == "bpchar":
        return "character"
    return "interval" if name.startswith("interval ") else name


def cast_between(old: str, new: str) -> Cast | None:
    """How a value of the built-in type `old` becomes one of `new` by assignment; None: it does not."""
    old, new = base(old), base(new)
    if old == new:
        return "relabel"
    found = CASTS.get((old, new))
    if found is None and new in STRINGS:
        return "convert"
    return found


def operator_class(name: str) -> str:
    """A name for the type's default operator class of B-tree indexes."""
    return _OPERATOR_CLASS.get(name, base(name))
