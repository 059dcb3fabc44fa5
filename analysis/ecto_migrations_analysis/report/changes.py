"""What a migration changes, in words, each thing once."""

from __future__ import annotations

from .. import operations as op
from ..analysis import MigrationAnalysis
from ..operations import Operation
from ..schema.state import Schema
from .operations import forward, is_modelled, says_more
from .words import describe_in


def changes(migration: MigrationAnalysis | None) -> list[str]:
    """What it does going up, in order, each as the predicate of a sentence without a capital."""
    if migration is None:
        return []
    modelled = is_modelled(migration)
    words = [_words(schema, operation, modelled) for schema, operation in forward(migration)]
    found = list(dict.fromkeys(text[:1].lower() + text[1:] for text in words))
    if not modelled and says_more(migration):
        found.append("runs SQL or code that is not looked at")
    return found


def _words(schema: Schema, operation: Operation, modelled: bool) -> str:
    """Without a type where it is not the database's own."""
    if modelled:
        return describe_in(operation, schema)
    if isinstance(operation, op.AddColumn):
        return f"Adds `{operation.relation}.{operation.column.name or '…'}`"
    if isinstance(operation, op.AlterColumnType):
        return f"States the type of `{operation.relation}.{operation.column or '…'}`"
    return describe_in(operation, schema)
