"""A constraint of a domain that is not validated: no table is read, and only new values have to fulfil it.

Its validation would read every table of the domain while writes to them wait, so there is no second step.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...operations import AlterDomain
from ...program.commands import Execute
from ...program.terms import Text
from ...syntax.span import Span
from ..context import Context, Proposal
from ..model import Edit
from .common import answer

STRATEGY = "domain-not-valid"
RULE = "constraint-in-domain"


def proposals(context: Context) -> Iterator[Proposal]:
    for step, command in context.commands(Execute):
        operations = list(context.operations(command))
        operation = operations[0] if len(operations) == 1 else None
        if not isinstance(operation, AlterDomain) or operation.clause != "add constraint":
            continue
        findings = context.findings(command.span, (RULE,))
        if not findings or not isinstance(command.up, Text) or not context.is_plain(command):
            continue
        span = operation.span
        written = context.document.data[span.start : span.end].decode("utf-8", "replace")
        # The statement stands in one piece in the literal, and nothing follows it.
        if step.statement.sql.rstrip(" \n\t;") != written.rstrip():
            continue
        end = span.end - (len(written) - len(written.rstrip()))
        yield answer(
            context,
            STRATEGY,
            str(operation.name),
            "Add it NOT VALID: new values have to fulfil it, those in the tables are not looked at",
            findings,
            (Edit(Span(end, end), " NOT VALID"),),
        )
