"""A rename in the code alone: the field gets the new name, its column keeps the old one (`source:`)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ...operations import RenameColumn
from ...program.commands import Command
from ...rules.application import FieldUse
from .. import elixir
from ..context import Context, Proposal, offer
from ..model import Change, Edit, Files
from . import schema_fields, statements
from .rename_column import RULES, renamings

STRATEGY = "rename-field-only"


def proposals(context: Context) -> Iterator[Proposal]:
    for step, command, operation in renamings(context):
        old, new = operation.column or "", operation.to or ""
        if not statements.is_last_word(context, step, new):
            continue
        # The code may have the new name already.
        uses = [
            use
            for column in (old, new)
            for use in schema_fields.uses(context, operation.relation, column)
            if use.field.made_by == "field"
        ]
        edits = _edits(context, command, old, new, uses)
        if edits is None:
            continue
        modules = " and ".join(dict.fromkeys(use.schema.module for use in uses))
        where = f" in {modules}" if modules else ""
        yield Proposal(
            offer(
                context,
                STRATEGY,
                f"{operation.relation}.{old}",
                f"Simpler: rename the field only{where}, field {elixir.atom(new)}, …,"
                f" source: {elixir.atom(old)} (the database stays as it is)",
                command.span,
                findings=context.findings(command.span, RULES),
                preferred=True,
            ),
            partial(_change, edits, old, new, uses),
        )


def _edits(
    context: Context, command: Command, old: str, new: str, uses: list[FieldUse]
) -> tuple[Edit, ...] | None:
    """The rename out of the migration, and what undoes it out of `down`; a comment says where it went."""
    document = context.document
    field = f"field {elixir.atom(new)}, source: {elixir.atom(old)}"
    modules = " and ".join(dict.fromkeys(use.schema.module for use in uses)) or "the schema"
    told = elixir.comment(f"The column keeps its name: {modules} has `{field}`.")
    # The indentation of a callback's body counts against the width.
    told = "\n".join(f"# {line.removeprefix('# ')}" for line in told.split("\n"))
    made = statements.in_place_of(document, command.span, [told])
    if made is None or command.callback == "change":
        return made
    reverse = statements.reverse_in_sql(context, command, RenameColumn)
    back = statements.in_place_of(document, reverse.span, [":ok"]) if reverse is not None else None
    return (*made, *back) if back is not None else None


def _change(edits: tuple[Edit, ...], old: str, new: str, uses: list[FieldUse], files: Files) -> Change:
    former = [use for use in uses if use.field.column == old]
    ahead = [use for use in uses if use.field.column == new]
    others = (
        *schema_fields.edits(former, files, schema_fields.renamed(new)),
        *schema_fields.edits(ahead, files, schema_fields.sourced(old)),
    )
    return Change(edits=edits, others=others)
