"""What can be moved to another migration: a statement, or a line of an `alter`."""

from __future__ import annotations

from collections.abc import Iterator

from ...analysis import Step
from ...operations import (
    AddColumn,
    AddConstraint,
    CallsCode,
    DropConstraint,
    OpaqueSQL,
    Operation,
    Relation,
    UnparsedSQL,
)
from ...program.commands import AlterTable, Command
from ...program.commands import Change as Subcommand
from ...records import dataclass, replace
from ...schema.state import Schema
from ...syntax.span import Span
from ..context import Context
from . import plain
from .body import Statement, stands_alone, written


@dataclass(frozen=True, slots=True)
class Unit:
    """A statement, or a line of an `alter`: its text at the left margin, and its lines in the file."""

    lines: str
    span: Span
    commands: tuple[Command, ...]
    operations: tuple[Operation, ...]
    touches: frozenset[Relation] | None
    movable: bool
    schema: Schema | None


def units_of(context: Context, statement: Statement, in_lines: bool) -> Iterator[Unit]:
    document = context.document
    if statement.only_flushes:
        return
    movable = stands_alone(context, statement)
    command = statement.commands[0] if len(statement.commands) == 1 else None
    changes = command.changes if isinstance(command, AlterTable) else ()
    block = statement.node.child("do_block")
    if in_lines and movable and len(changes) > 1 and block is not None:
        found = block.children
        if len(found) == len(changes) and all(
            document.starts_line(node.start) and document.ends_line(node.end) for node in found
        ):
            head = document.data[statement.node.start : block.start].decode("utf-8").rstrip()
            for node, change in zip(found, changes, strict=True):
                lines = Span(document.line_start(node.start), document.next_line(node.end))
                text = document.indented(node.text, "")
                yield Unit(
                    f"{head} do\n  {text}\nend",
                    lines,
                    (_narrowed(command, change),),
                    tuple(_of_change(statement.steps, change)),
                    _touched(statement.steps),
                    movable,
                    plain.schema_before(context, (statement,)),
                )
            return
    yield Unit(
        written(document, (statement,)),
        statement.lines,
        statement.commands,
        tuple(_operations(statement.steps)),
        _touched(statement.steps),
        movable,
        plain.schema_before(context, (statement,)),
    )


def _narrowed(command: Command | None, change: Subcommand) -> Command:
    assert isinstance(command, AlterTable)
    return replace(command, changes=(change,))


def _operations(steps: tuple[Step, ...]) -> Iterator[Operation]:
    for step in steps:
        yield from step.statement.operations


def _of_change(steps: tuple[Step, ...], change: Subcommand) -> Iterator[Operation]:
    """The operations of one line of an `alter`."""
    for step in steps:
        for operation in step.statement.operations:
            names: tuple[object, ...] = (getattr(operation, "column", None),)
            if isinstance(operation, AddColumn):
                names = (operation.column.name,)
            elif isinstance(operation, AddConstraint):
                names = (operation.of_new_column, *operation.constraint.columns)
            elif isinstance(operation, DropConstraint):
                table = step.before.table(operation.relation)
                state = table.constraints.get(operation.name or "") if table is not None else None
                names = state.definition.columns if state is not None else ()
            if change.column in names:
                yield operation


def _touched(steps: tuple[Step, ...]) -> frozenset[Relation] | None:
    """The tables that the statements have to do with; None where nobody knows."""
    found: set[Relation] = set()
    for step in steps:
        if step.effect.unknown:
            return None
        found |= {Schema.key(lock.relation) for lock in step.effect.locks}
        found |= {Schema.key(relation) for relation in (*step.effect.scans, *step.effect.rewrites)}
        for operation in step.statement.operations:
            if isinstance(operation, CallsCode | OpaqueSQL | UnparsedSQL):
                return None
            for name in ("relation", "to", "name"):
                value = getattr(operation, name, None)
                if isinstance(value, Relation):
                    found.add(Schema.key(value))
                elif isinstance(value, str) and name != "relation":
                    found.add(Relation(value))
    return frozenset(found) if found else None
