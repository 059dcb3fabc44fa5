"""Kinds of objects as SQL calls them, lower case, by libpg_query's `ObjectType`."""

from __future__ import annotations

_IRREGULAR = {
    "OBJECT_ACL": "privileges",
    "OBJECT_AMOP": "operator of access method",
    "OBJECT_AMPROC": "function of access method",
    "OBJECT_DEFACL": "default privileges",
    "OBJECT_DOMCONSTRAINT": "domain constraint",
    "OBJECT_FDW": "foreign data wrapper",
    "OBJECT_FOREIGN_SERVER": "server",
    "OBJECT_LARGEOBJECT": "large object",
    "OBJECT_MATVIEW": "materialized view",
    "OBJECT_OPCLASS": "operator class",
    "OBJECT_OPFAMILY": "operator family",
    "OBJECT_PARAMETER_ACL": "parameter",
    "OBJECT_STATISTIC_EXT": "statistics",
    "OBJECT_TABCONSTRAINT": "constraint",
    "OBJECT_TSCONFIGURATION": "text search configuration",
    "OBJECT_TSDICTIONARY": "text search dictionary",
    "OBJECT_TSPARSER": "text search parser",
    "OBJECT_TSTEMPLATE": "text search template",
}

# What belongs to a table and is named after it in the tree: `s.t.name`.
OF_A_TABLE = {"column", "constraint", "policy", "rule", "trigger"}


def kind_name(object_type: str) -> str:
    """ "materialized view" for `OBJECT_MATVIEW`."""
    if object_type in _IRREGULAR:
        return _IRREGULAR[object_type]
    return object_type.removeprefix("OBJECT_").lower().replace("_", " ")
