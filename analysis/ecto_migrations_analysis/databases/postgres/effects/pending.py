"""Tables with trigger events that wait for the commit."""

from __future__ import annotations

from collections.abc import Iterable

from ....operations import Relation, SetConstraints
from ....syntax.span import Span
from ..locks import ROW_SHARE
from .ledger import Ledger
from .situation import Situation


def refuse_pending(command: str, relations: Iterable[Relation], span: Span, ledger: Ledger) -> None:
    """`command` refuses tables that have some (`CheckTableNotInUse`)."""
    for relation in relations:
        pending = ledger.situation.transaction.has_pending_events(relation)
        reason = f"cannot {command} `{relation}` because it has pending trigger events"
        if pending:
            ledger.fail(reason, "transaction", span)
        elif pending is None:
            ledger.fail_if_rows_changed(reason, span)


def set_constraints(operation: SetConstraints, situation: Situation, ledger: Ledger) -> None:
    """IMMEDIATE runs the pending checks: they look into the table at the other end of the foreign key."""
    if operation.deferred:
        return
    for relation, name in situation.transaction.pending:
        if operation.names and name not in operation.names:
            continue
        table = situation.table(relation)
        own = table.constraints.get(name) if table is not None else None
        ends = [child.relation for child, other in situation.referencing(relation) if other.name == name]
        if own is not None and own.definition.references is not None:
            ends = [own.definition.references]
        for end in ends:
            ledger.lock(end, ROW_SHARE, operation.span)
        ledger.fail_on_rows(relation, f"rows of `{relation}` violate `{name}`", operation.span)
