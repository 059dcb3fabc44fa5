"""Names of commands as PostgreSQL will keep them."""

from __future__ import annotations

from ...operations import Relation
from ...program.commands import Name
from ...program.inspection import HOLE
from ...syntax.span import Span
from .quoting import truncate_identifier

NOWHERE = Span(0, 0)


def spelled(name: Name | None) -> str | None:
    """The name, shortened to 63 bytes as PostgreSQL does; None where it is not known."""
    return truncate_identifier(name) if isinstance(name, str) else None


def relation(prefix: Name | None, name: Name) -> Relation:
    """The table or index. A prefix that is not known is the schema `…`: unlike every other, like itself."""
    if prefix is None:
        return Relation(spelled(name))
    return Relation(spelled(name), spelled(prefix) or HOLE)


def first_span(*spans: Span | None) -> Span:
    """The first that points into the source."""
    for span in spans:
        if span is not None and span != NOWHERE:
            return span
    return NOWHERE
