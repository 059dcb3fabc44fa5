"""A unique key in the place of another: the new one first, and the old one dropped by a later migration.

Until then code that names the old one in ON CONFLICT goes on; code that names the new one can be deployed.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ...findings import Finding
from ...operations import CreateIndex, DropTable, RenameColumn, RenameTable
from ...program.commands import DropIndex
from ...records import replace
from ...schema.state import Schema
from ..context import Context, Proposal, offer
from ..model import Change, Edit, Files
from ..move_index import without_lines
from . import plain
from .assemble import INSIDE, assembled
from .body import Body, Statement, backward, forward, stands_alone
from .frame import NoFiles, without_unused

STRATEGY = "replace-key"
RULES = ("key-replaced",)


def proposals(context: Context) -> Iterator[Proposal]:
    findings = context.findings(context.migration.migration.span, RULES)
    if not findings or not context.can_add_files:
        return
    body = forward(context)
    if body is None or body.definition.child("do_block") is None:
        return
    for finding in findings:
        dropped = _dropped(context, body, finding)
        gone = _gone(context, body, dropped) if dropped is not None else None
        if dropped is None or gone is None:
            continue
        made = _change(context, dropped, gone, NoFiles())
        others = tuple(one for one in body.statements if one is not dropped)
        files = len(made.new_files) + 1
        yield Proposal(
            offer(
                context,
                STRATEGY,
                str(_name(dropped)),
                f"Split into {files} migrations: {plain.label(others)} → {plain.label((dropped,))}",
                finding.span,
                findings=(finding,),
                preferred=True,
                new_files=files - 1,
            ),
            partial(_change, context, dropped, gone),
        )


def _name(statement: Statement) -> str | None:
    command = statement.commands[0] if len(statement.commands) == 1 else None
    name = command.index.name if isinstance(command, DropIndex) else None
    return name if isinstance(name, str) else None


def _dropped(context: Context, body: Body, finding: Finding) -> Statement | None:
    """The statement that drops the old index, where it can run behind all others."""
    found = next((one for one in body.statements if one.node.span.encloses(finding.span)), None)
    name = _name(found) if found is not None else None
    if found is None or name is None or not stands_alone(context, found):
        return None
    if context.last_mention.get(name, 0) > context.number(found.steps[-1]):
        return None  # The name is given to another, or used.
    table = next(
        (
            Schema.key(table.relation)
            for table in found.steps[0].before.tables.values()
            if name in table.indexes
        ),
        None,
    )
    new = False
    for step in context.steps:
        for operation in step.statement.operations:
            if isinstance(operation, CreateIndex):
                new = new or (Schema.key(operation.relation) == table and operation.name != name)
            elif isinstance(operation, DropTable | RenameColumn | RenameTable):
                if Schema.key(operation.relation) == table:
                    return None
    return found if new else None


def _gone(context: Context, body: Body, dropped: Statement) -> tuple[Statement, ...] | None:
    if body.callback == "up" and context.migration.down is not None:
        return plain.reversed_in(context, [plain.lines_and_schema(context, (dropped,))], backward(context))
    return () if plain.is_reversible(context, (dropped,)) else None


def _change(
    context: Context,
    dropped: Statement,
    gone: tuple[Statement, ...],
    files: Files,
) -> Change:
    document = context.document
    edits: list[Edit] = [without_lines(document, one.lines) for one in (dropped, *gone)]
    edits += without_unused(context, edits)
    part = plain.part(context, (dropped,))
    about = "the old key goes. Deploy it when no code that runs names its columns in ON CONFLICT."
    part = replace(part, about=about)
    return assembled(context, None, tuple(edits), [part], files, about=INSIDE)
