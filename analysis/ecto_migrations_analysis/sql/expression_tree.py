"""Questions about expressions of the tree."""

from __future__ import annotations

from .holes import is_hole
from .parser import Node
from .tree import strings, walk


def columns_in(node: Node | None) -> frozenset[str] | None:
    """The columns that an expression names; None where that is not known.

    Not known: a whole row (`t.*`), a subquery (its columns belong to other tables), an unknown piece.
    """
    found: set[str] = set()
    for key, fields in walk(node):
        if key in ("SubLink", "SelectStmt"):
            return None
        if key == "ColumnRef":
            names = strings(fields.get("fields", []))
            if any("A_Star" in part for part in fields.get("fields", [])) or not names:
                return None
            if is_hole(names[-1]):
                return None
            found.add(names[-1])
        elif key == "String" and is_hole(fields.get("sval", "")):
            return None
    return frozenset(found)
