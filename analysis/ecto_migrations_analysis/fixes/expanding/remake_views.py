"""A type that changes at once, were it not for views that read the column: dropped before, made again behind.

All of it in the migration's transaction, so that nobody sees the table without them. Where the table is
written anew besides, `change_type` does it in steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ...analysis import Step
from ...databases.postgres.effects import effect_of
from ...databases.postgres.transaction import Transaction
from ...operations import AlterColumnType, CreateView, Relation
from ...program.commands import AlterTable
from ...records import replace
from ...schema.persistent import without
from ...schema.state import Schema
from ...syntax.span import Span
from .. import module_edits, sql_names
from ..context import Context, Proposal, offer
from ..model import Change, Edit, Files
from . import carried, statements
from .retyping import definition

STRATEGY = "remake-views"
RULE = "modify-blocked-by-dependents"


def proposals(context: Context) -> Iterator[Proposal]:
    migration = context.migration.migration
    if (
        context.analysis.project.database != "postgres"
        or migration.disable_ddl_transaction.value is not False
    ):
        return
    for step, command in context.commands(AlterTable):
        findings = context.findings(command.span, (RULE,))
        views = _views(context, step, command) if findings and context.is_plain(command) else ()
        edits = _edits(context, command, views) if views else None
        if edits is None:
            continue
        names = " and ".join(str(view.name) for view in views)
        made = Change(edits=edits)
        yield Proposal(
            offer(
                context,
                STRATEGY,
                "+".join(str(view.name) for view in views),
                f"Drop {names} first, and make {'it' if len(views) == 1 else 'them'} again behind it",
                findings[0].span,
                findings=findings,
                preferred=True,
            ),
            partial(_same, made),
        )


def _same(made: Change, files: Files) -> Change:
    return made


def _views(context: Context, step: Step, command: AlterTable) -> tuple[CreateView, ...]:
    """The views that keep the columns from getting their types.

    None where something else does too, or where the table would be read or written besides.
    """
    found: dict[Relation, CreateView] = {}
    for operation in context.operations(command):
        if not isinstance(operation, AlterColumnType):
            continue
        table = step.before.table(operation.relation)
        column = table.columns.get(operation.column or "") if table is not None else None
        views = (
            carried.views(step.before, table, column) if table is not None and column is not None else None
        )
        if views is None:
            return ()
        found |= {Schema.key(view.name): view for view in views}
    schema = replace(step.before, views=without(step.before.views, *found))
    for own in context.steps_of(command):
        version = context.analysis.project.version.major
        effect = effect_of(own.statement, schema, version, Transaction())
        if effect.failures or effect.rewrites or effect.scans or effect.rebuilds or effect.type_changes:
            return ()
    return tuple(found.values())


def _edits(context: Context, command: AlterTable, views: tuple[CreateView, ...]) -> tuple[Edit, ...] | None:
    document, migration = context.document, context.migration.migration
    both = command.callback == "change"
    pairs = [(f"DROP VIEW {sql_names.relation(view.name)}", definition(view)) for view in views]
    made = _around(
        context,
        command.span,
        [statements.execute(drop, create if both else None) for drop, create in pairs],
        [statements.execute(create, drop if both else None) for drop, create in reversed(pairs)],
    )
    if made is None:
        return None
    if not both:
        reverse = statements.reverse_of(context, command, AlterTable)
        back = (
            _around(
                context,
                reverse.span,
                [statements.execute(drop) for drop, _ in pairs],
                [statements.execute(create) for _, create in reversed(pairs)],
            )
            if reverse is not None
            else None
        )
        if back is None:
            return None
        made = (*made, *back)
    names = " and ".join(str(view.name) for view in views)
    them = "it" if len(views) == 1 else "them"
    comment = f"Makes {names} again: what was granted on {them} is to be granted again here."
    edits = [*made, module_edits.header(document, migration, [comment])]
    timeout = module_edits.lock_timeout(document, migration, context.analysis.project.settings.lock_timeout)
    if timeout is not None:
        edits.append(timeout)
    return tuple(sorted(edits, key=lambda edit: edit.span))


def _around(context: Context, span: Span, before: list[str], behind: list[str]) -> tuple[Edit, ...] | None:
    """The statement with others before it and behind."""
    document = context.document
    if not document.starts_line(span.start) or not document.ends_line(span.end):
        return None
    lines = Span(document.line_start(span.start), document.next_line(span.end))
    own = statements.text_of(document, lines)
    return statements.in_place_of(document, span, [*before, own, *behind])
