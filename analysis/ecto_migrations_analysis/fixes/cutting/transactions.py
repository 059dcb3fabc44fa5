"""Statements that keep locks which others need, or wait while they hold one: in transactions of their own.

As few migrations as will do. A statement goes to the first of them where it can run: behind all that it has
to do with, and where no rule says that it should not be in one transaction with the others. The rules
themselves are asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ...findings import Finding
from ...operations import (
    CreateIndex,
    DropConstraint,
)
from ...records import dataclass
from ...schema.apply import apply
from ...schema.state import Schema
from ...syntax.span import Span
from ..context import Context, Proposal, offer
from ..model import Change, Edit, Files
from ..move_index import without_lines
from . import plain
from .assemble import INSIDE, Part, applied, assembled
from .body import Body, Statement, backward, forward
from .frame import NoFiles, without_unused
from .pairs import Piece, pairs
from .units import Unit, units_of

STRATEGY = "split-transactions"
RULES = (
    "long-op-under-exclusive-lock",
    "multi-table-exclusive",
    "multiple-foreign-keys",
    "foreign-key-in-create-table",
    "validate-in-same-transaction",
)
# What is built without a transaction has a migration of its own.
_ALONE = ("index-not-concurrent",)
# Longer migrations are left to a person.
_MOST = 40
_MOST_FILES = 9


@dataclass(frozen=True, slots=True)
class _Group:
    """What runs in one transaction, and the schema that it meets."""

    units: tuple[Unit, ...]
    schema: Schema

    @property
    def lines(self) -> str:
        return "\n\n".join(unit.lines for unit in self.units)


def proposals(context: Context) -> Iterator[Proposal]:
    findings = context.findings(context.migration.migration.span, RULES)
    if not findings or not context.can_add_files or not context.migration.transactional:
        return
    body = forward(context)
    if body is None or body.definition.child("do_block") is None or len(body.statements) > _MOST:
        return
    groups = _grouped(context, body)
    if groups is None:
        yield from _in_one(context, body, findings)
        return
    gone = _gone(context, body, groups)
    if gone is None:
        return
    made = _change(context, body, groups, gone, NoFiles())
    words = [plain.label_of(_words(group)) for group in groups]
    files = len(made.new_files) + 1
    if files > _MOST_FILES or plain.is_worse(context, made, RULES):
        return
    yield Proposal(
        offer(
            context,
            STRATEGY,
            "+".join(finding.rule for finding in findings),
            f"Split into {files} migrations: {' → '.join(words)}",
            findings[0].span,
            findings=findings,
            preferred=True,
            new_files=files - 1,
        ),
        partial(_change, context, body, groups, gone),
    )


def _in_one(context: Context, body: Body, findings: tuple[Finding, ...]) -> Iterator[Proposal]:
    """A constraint that is replaced: that stays together, and only the look at the rows comes later."""
    units = [unit for statement in body.statements for unit in units_of(context, statement, False)]
    pieces = pieces_of(context, units)
    found = pairs(pieces)
    if not found or not all(
        any(isinstance(operation, DropConstraint) for operation in pieces[pair.taken].operations)
        for pair in found
    ):
        return
    made = _made_safe(context, NoFiles())
    text = applied(context.document.data, made.edits).decode("utf-8")
    if not made.new_files or plain.said_of_file(context, text, RULES):
        return
    files = len(made.new_files) + 1
    words = plain.label_of(_words(_Group(tuple(units), context.migration.schema)))
    yield Proposal(
        offer(
            context,
            STRATEGY,
            "+".join(finding.rule for finding in findings),
            f"Split into {files} migrations: {words}, without a look at the rows → validate it",
            findings[0].span,
            findings=findings,
            preferred=True,
            new_files=files - 1,
        ),
        partial(_made_safe, context),
    )


def _made_safe(context: Context, files: Files) -> Change:
    return assembled(context, None, (), [], files, about=INSIDE, silent=RULES)


def _words(group: _Group) -> list[str]:
    return plain.words_of(
        [command for unit in group.units for command in unit.commands],
        [operation for unit in group.units for operation in unit.operations],
    )


# --- which goes where --------------------------------------------------------------------------------------


def _grouped(context: Context, body: Body) -> list[_Group] | None:
    """The groups in their order, at least two; None where that cannot be done."""
    for in_lines in (False, True):
        units = [unit for statement in body.statements for unit in units_of(context, statement, in_lines)]
        ordered = new_first(context, units)
        groups = _scheduled(context, ordered)
        if len(groups) > 1:
            if len(groups) > _MOST_FILES or _separates(context, ordered, groups):
                return None
            moved = [unit for group in groups[1:] for unit in group.units]
            return groups if all(unit.movable for unit in moved) else None
    return None


def pieces_of(context: Context, units: list[Unit]) -> list[Piece]:
    return [Piece(unit.operations, unit.schema or context.migration.schema) for unit in units]


def new_first(context: Context, units: list[Unit]) -> list[Unit]:
    """The units with each index that is replaced dropped behind the new one, not before it."""
    ordered = list(units)
    for _ in range(len(units)):
        found = pairs(pieces_of(context, ordered))
        index = next((pair for pair in found if pair.index), None)
        if index is None:
            break
        ordered.insert(index.put, ordered.pop(index.taken))
    return ordered


def _separates(context: Context, units: list[Unit], groups: list[_Group]) -> bool:
    """Whether between two of the groups there would be neither the old thing nor the new one."""
    where = {id(unit): number for number, group in enumerate(groups) for unit in group.units}
    return any(
        where[id(units[pair.taken])] != where[id(units[pair.put])]
        for pair in pairs(pieces_of(context, units))
    )


def _scheduled(context: Context, units: list[Unit]) -> list[_Group]:
    """Each unit in the first group where it can run."""
    groups: list[_Group] = []
    for unit in units:
        first = max((at for at, group in enumerate(groups) if _conflicts(group, unit)), default=0)
        for at in range(first, len(groups)):
            together = _Group((*groups[at].units, unit), groups[at].schema)
            if (not at or unit.movable) and _is_fine(context, together):
                groups[at] = together
                break
        else:
            groups.append(_Group((unit,), context.migration.schema))
        # What the later groups meet has changed with it.
        schema = context.migration.schema
        for at, group in enumerate(groups):
            groups[at] = _Group(group.units, schema)
            schema = _after(group, schema)
    return groups


def _after(group: _Group, schema: Schema) -> Schema:
    for unit in group.units:
        for operation in unit.operations:
            schema = apply(schema, operation)
    return schema


def _conflicts(group: _Group, unit: Unit) -> bool:
    return any(
        other.touches is None or unit.touches is None or other.touches & unit.touches for other in group.units
    )


def _is_fine(context: Context, group: _Group) -> bool:
    """Whether no rule says that these should not be in one transaction."""
    rules = (*RULES, *(_ALONE if len(group.units) > 1 else ()))
    return not plain.said_of(context, group.lines, group.schema, rules)


def _gone(context: Context, body: Body, groups: list[_Group]) -> tuple[Statement, ...] | None:
    """The statements of `down` that go along."""
    later = [(group.lines, group.schema) for group in groups[1:]]
    if body.callback == "up" and context.migration.down is not None:
        return plain.reversed_in(context, later[::-1], backward(context))
    if plain.was_irreversible(context):
        return ()
    reversible = all(plain.reversal(context, lines, schema) is not None for lines, schema in later)
    return () if reversible else None


# --- the files ---------------------------------------------------------------------------------------------


def _change(
    context: Context, body: Body, groups: list[_Group], gone: tuple[Statement, ...], files: Files
) -> Change:
    parts = [
        Part(
            name=plain.name_of(context, _words(group)),
            about=plain.about(operation for unit in group.units for operation in unit.operations),
            text=partial(plain.text_of, context, group.lines),
            schema=group.schema,
            makes_indexes=any(
                isinstance(operation, CreateIndex) for unit in group.units for operation in unit.operations
            ),
        )
        for group in groups[1:]
    ]
    edits = _without(context, body, groups[0], gone)
    return assembled(context, None, tuple(edits), parts, files, about=INSIDE)


def _without(context: Context, body: Body, first: _Group, gone: tuple[Statement, ...]) -> list[Edit]:
    """The current file without what goes to others."""
    kept = [unit.span for unit in first.units]
    lines: list[Span] = [statement.lines for statement in gone]
    for number, statement in enumerate(body.statements):
        if any(statement.lines.encloses(span) for span in kept):
            lines += [span for span in _other_lines(context, statement) if not _is_in(span, kept)]
        elif not statement.only_flushes or _is_last_flush(body, number, kept):
            lines.append(statement.lines)
    edits = [without_lines(context.document, span) for span in _joined(context, lines)]
    return [*edits, *without_unused(context, edits)]


def _is_last_flush(body: Body, number: int, kept: list[Span]) -> bool:
    after = body.statements[number + 1 :]
    return not any(statement.lines.encloses(span) for statement in after for span in kept)


def _other_lines(context: Context, statement: Statement) -> Iterator[Span]:
    """The lines of the changes of an `alter`."""
    document = context.document
    block = statement.node.child("do_block")
    for node in block.children if block is not None else ():
        yield Span(document.line_start(node.start), document.next_line(node.end))


def _is_in(span: Span, kept: list[Span]) -> bool:
    return any(other.encloses(span) for other in kept)


def _joined(context: Context, spans: list[Span]) -> list[Span]:
    """The same lines; those with nothing but empty ones between them as one."""
    joined: list[Span] = []
    for span in sorted(spans):
        if joined and not context.document.data[joined[-1].end : span.start].strip():
            joined[-1] = Span(joined[-1].start, span.end)
        else:
            joined.append(span)
    return joined
