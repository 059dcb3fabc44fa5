"""Which types a foreign key can join: both need one equality of one index family.

Source: `ATAddForeignKeyConstraint` (tablecmds.c) looks for the operator in the family of the referenced
index; the families are those of the default B-tree operator classes (`pg_amop`).
"""

from __future__ import annotations

from ....operations import DataType
from ..casts import BUILT_IN, base

_FAMILIES = (
    frozenset({"smallint", "integer", "bigint"}),
    frozenset({"text", "character varying", "name"}),
    frozenset({"real", "double precision"}),
    frozenset({"date", "timestamp without time zone", "timestamp with time zone"}),
    frozenset({"inet", "cidr"}),
)
# A referring column of these types is converted to the referenced one's type without being asked.
_IMPLICIT = {
    "smallint": {"numeric", "real", "double precision"},
    "integer": {"numeric", "real", "double precision"},
    "bigint": {"numeric", "real", "double precision"},
    "numeric": {"real", "double precision"},
    "character": {"text", "character varying"},
    "text": {"character"},
    "character varying": {"character"},
    "bit": {"bit varying"},
    "bit varying": {"bit"},
}


def comparable(referring: DataType, referenced: DataType) -> bool | None:
    """Whether a foreign key can join columns of the types; None where a type is not known well enough."""
    if referring.name is None or referenced.name is None:
        return None
    child, parent = base(referring.name), base(referenced.name)
    if child not in BUILT_IN or parent not in BUILT_IN or referring.schema or referenced.schema:
        return None
    if referring.dimensions or referenced.dimensions:
        # Arrays are compared by their elements' type, which must be the same.
        return (child, bool(referring.dimensions)) == (parent, bool(referenced.dimensions))
    if child == parent or any(child in family and parent in family for family in _FAMILIES):
        return True
    return parent in _IMPLICIT.get(child, ())
