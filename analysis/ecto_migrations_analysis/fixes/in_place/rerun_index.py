"""A concurrent index that can be built again after a build that failed.

A build that fails leaves its index behind, INVALID (PostgreSQL manual, CREATE INDEX, "Building Indexes
Concurrently"): `create` then fails because the name is taken, and `create_if_not_exists` takes it for the
finished one. Dropped first, what is left over is in nobody's way.

Never applied unasked: a valid index of that name, made by hand, is dropped too.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding
from ...operations import CreateIndex as MakesIndex
from ...operations import DropIndex as DropsIndex
from ...operations import Relation
from ...program.commands import Command, CreateIndex, Execute, Flush
from .. import elixir, sql_names
from ..concurrent_index import CONSTRUCTORS
from ..context import Context, Proposal
from ..model import Edit
from ..module_edits import before_statement
from .common import answer
from .inverse_commands import NoWayBack, down_of
from .up_down import behind, down_text

STRATEGY = "rerun-index"
RULE = "concurrent-index-if-not-exists"
TITLE = "Drop what a failed build has left over first, so that it can be run again"


def proposals(context: Context) -> Iterator[Proposal]:
    migration = context.migration.migration
    if context.migration.transactional or migration.broken:
        return
    builds = [command for _, command in context.commands(Command) if not isinstance(command, Flush)]
    dropped = {
        operation.name.name
        for step in context.steps
        for operation in step.statement.operations
        if isinstance(operation, DropsIndex)
    }
    for command in builds:
        name = _built(context, command)
        if name is None or name in dropped or not context.is_plain(command):
            continue
        if command.callback == "change" and len(builds) > 1:
            # Everything would have to be written both ways.
            continue
        findings = context.findings(command.span, (RULE,))
        edits = _edits(context, command, name, findings)
        if edits is not None:
            yield answer(context, STRATEGY, name, TITLE, findings, edits, span=command.span)


def _built(context: Context, command: Command) -> str | None:
    """The name of the index on an old table that the command builds concurrently."""
    operations = list(context.operations(command))
    if len(operations) != 1 or not isinstance(operations[0], MakesIndex):
        return None
    step = context.steps_of(command)[0]
    if not operations[0].concurrently or context.is_new(operations[0].relation, step):
        return None
    return operations[0].name


def _edits(context: Context, command: Command, name: str, findings: tuple[Finding, ...]) -> list[Edit] | None:
    document = context.document
    if isinstance(command, CreateIndex):
        drop = _dropping(context, command)
    elif isinstance(command, Execute):
        relation = next(iter(context.operations(command)))
        assert isinstance(relation, MakesIndex)
        index = sql_names.relation(Relation(name, relation.relation.schema))
        drop = f"execute {elixir.string(f'DROP INDEX CONCURRENTLY IF EXISTS {index}')}"
    else:
        return None
    above = before_statement(document, command.span, drop) if drop is not None else None
    if drop is None or above is None:
        return None
    edits = [*above]
    node = document.node(command.span)
    if isinstance(command, CreateIndex) and command.if_not_exists:
        if node is None or node.children[0].text != "create_if_not_exists":
            return None
        edits.append(Edit(node.children[0].span, "create"))
    if command.callback == "change":
        change = context.migration.migration.callbacks["change"]
        try:
            down = down_of(context)
        except NoWayBack:
            return None
        text = down_text(down).replace("  drop index(", "  drop_if_exists index(")
        text = text.replace("  drop unique_index(", "  drop_if_exists unique_index(")
        below = behind(document, change.span, text)
        if below is None:
            return None
        edits += [Edit(change.name_span, "up"), *below]
        if isinstance(command, Execute) and command.down is not None:
            return None
    return edits


def _dropping(context: Context, command: CreateIndex) -> str | None:
    calls = list(context.document.calls(command.span, *CONSTRUCTORS))
    if len(calls) != 1 or "\n" in calls[0].text or calls[0].span == command.span:
        return None
    return f"drop_if_exists {calls[0].text}"
