"""The body of a `down` for what `up` does, as Elixir.

Ecto reverses a `change` by itself (`Ecto.Migration.Runner.reverse/1`); in `down` the same is written out.
"""

from __future__ import annotations

from ...operations import CreateTable as MakesTable
from ...operations import Relation, Select
from ...program.commands import (
    Add,
    AlterTable,
    ApplicationCode,
    Command,
    CreateConstraint,
    CreateIndex,
    CreateTable,
    DropIndex,
    Execute,
    Flush,
    Modify,
    Remove,
    RenameColumn,
    RenameTable,
    RepoCall,
    RepoQuery,
)
from ...program.commands import Change as Subcommand
from ...records import dataclass
from ...schema.state import Schema
from ...syntax.tree import Node
from .. import elixir
from ..complete_for_rollback import (
    known_column,
    known_table,
    lost_calls,
    removed_arguments,
    stated_before,
)
from ..concurrent_index import CONSTRUCTORS
from ..context import Context
from ..execute_inverse import inverse
from ..full_index import in_full, known_index
from ..options import CallOptions


class NoWayBack(Exception):
    """A command that nothing is known to undo; the message names it."""


@dataclass(frozen=True, slots=True)
class Down:
    """The statements of `down` in order, at the left margin; `rows_stay`: what `up` wrote is not undone."""

    statements: tuple[str, ...]
    rows_stay: bool = False


def down_of(context: Context) -> Down:
    """The way back of what migrating runs. Raises `NoWayBack`."""
    program = context.migration.migration.up
    statements: list[str] = []
    rows_stay = False
    for command in reversed(program.commands if program is not None else ()):
        if command.callback not in ("change", "up") or isinstance(command, Flush):
            continue
        if isinstance(command, RepoCall | RepoQuery):
            rows_stay = rows_stay or _writes(context, command)
            continue
        if isinstance(command, ApplicationCode) and command.is_harmless:
            continue
        if not context.is_plain(command):
            raise NoWayBack(_shown(context, command))
        text = _undone(context, command)
        if text is None:
            raise NoWayBack(_shown(context, command))
        if text:
            statements.append(text)
    return Down(tuple(statements), rows_stay)


def _writes(context: Context, command: Command) -> bool:
    """Whether it writes rows that are there after `down`: not those of a table that `down` drops."""
    made = {
        Schema.key(operation.relation)
        for step in context.steps
        for operation in step.statement.operations
        if isinstance(operation, MakesTable)
    }
    return any(
        not isinstance(operation, Select)
        and Schema.key(getattr(operation, "relation", None) or Relation(None)) not in made
        for operation in context.operations(command)
    )


def _shown(context: Context, command: Command | Subcommand) -> str:
    """The command as a sentence names it: its first line."""
    text = context.analysis.source.text(command.span).split("\n")[0].removesuffix(" do").strip()
    return text if len(text) <= 40 else text[:39] + "…"


def _undone(context: Context, command: Command) -> str | None:
    """The statement that undoes a command; empty where nothing is to be done, None where none is known."""
    match command:
        case CreateTable():
            table = _table(context, command)
            function = "drop_if_exists" if command.if_not_exists else "drop"
            return f"{function} {table}" if table is not None else None
        case CreateIndex() | DropIndex(cascade=False):
            return _index(context, command)
        case CreateConstraint(constraint=constraint):
            calls = list(context.document.calls(command.span, "constraint"))
            if len(calls) != 1 or not isinstance(constraint.name, str):
                return None
            first = _arguments(calls[0])[:2]
            prefix = CallOptions(context.document, calls[0], 2).pairs.get("prefix")
            return f"drop constraint({', '.join([*first, *([prefix.text] if prefix else [])])})"
        case RenameTable():
            tables = [call.text for call in context.document.calls(command.span, "table")]
            return f"rename {tables[1]}, to: {tables[0]}" if len(tables) == 2 else None
        case RenameColumn(column=str(column), to=str(to)):
            table = _table(context, command)
            return f"rename {table}, {elixir.atom(to)}, to: {elixir.atom(column)}" if table else None
        case Execute():
            return _executed(context, command)
        case AlterTable():
            return _altered(context, command)
    return None


def _arguments(call: Node) -> list[str]:
    arguments = call.child("arguments")
    return [child.text for child in arguments.children] if arguments is not None else []


def _table(context: Context, command: Command) -> str | None:
    """`table(:posts)`, with its prefix where it has one."""
    calls = list(context.document.calls(command.span, "table"))
    if not calls or not _arguments(calls[0]):
        return None
    prefix = CallOptions(context.document, calls[0], 1).pairs.get("prefix")
    return f"table({', '.join([_arguments(calls[0])[0], *([prefix.text] if prefix is not None else [])])})"


def _index(context: Context, command: CreateIndex | DropIndex) -> str | None:
    calls = list(context.document.calls(command.span, *CONSTRUCTORS))
    if len(calls) != 1 or "\n" in calls[0].text or len(_arguments(calls[0])) < 2:
        return None
    if isinstance(command, CreateIndex):
        function = "drop_if_exists" if command.if_not_exists else "drop"
        return f"{function} {calls[0].text}"
    function = "create_if_not_exists" if command.if_exists else "create"
    text = _whole(context, command, calls[0])
    return f"{function} {text}" if text is not None else None


def _whole(context: Context, command: DropIndex, call: Node) -> str | None:
    """The index as it was, where that is known; else as it is written."""
    steps = context.steps_of(command)
    name = command.index.name if isinstance(command.index.name, str) else None
    known = known_index(steps[0].before.tables.values(), name) if steps else None
    if known is None:
        return call.text
    edits = in_full(context.document, known, call)
    if edits is None:
        return None
    text = call.text.encode()
    for edit in sorted(edits, key=lambda edit: edit.span, reverse=True):
        start, end = edit.span.start - call.start, edit.span.end - call.start
        text = text[:start] + edit.text.encode() + text[end:]
    return None if b"\n" in text else text.decode()


def _executed(context: Context, command: Execute) -> str | None:
    if command.down is None:
        sql = inverse(context.steps_of(command))
        return None if sql is None else (f"execute {elixir.string(sql)}" if sql else "")
    node = context.document.node(command.span)
    arguments = node.child("arguments") if node is not None else None
    if arguments is None or len(arguments.children) != 2:
        return None
    text = arguments.children[1].text
    if text == '""':
        return ""
    return f"execute {text}" if "\n" not in text else None


def _altered(context: Context, command: AlterTable) -> str | None:
    table = _table(context, command)
    steps = context.steps_of(command)
    if table is None or not steps:
        return None
    lines: list[str] = []
    indexes: dict[str, str] = {}
    known = known_table(steps[0].before, command.table)
    for change in reversed(command.changes):
        line = _changed(context, steps[0].before, command, change)
        lost = lost_calls(known, change) if known is not None else {}
        if line is None or lost is None:
            raise NoWayBack(_shown(context, change))
        lines.append(f"  {line}")
        indexes.update(lost)
    if not lines:
        return ""
    altered = f"alter {table} do\n" + "\n".join(lines) + "\nend"
    return "\n\n".join([altered, *(f"create {index}" for index in indexes.values())])


def _changed(context: Context, schema: Schema, command: AlterTable, change: Subcommand) -> str | None:
    if change.via or not change.always or not isinstance(change.column, str):
        return None
    name = elixir.atom(change.column)
    known = known_table(schema, command.table)
    column = known_column(known, command, change) if known is not None and not known.uncertain else None
    match change:
        case Add():
            return f"{'remove_if_exists' if change.if_not_exists else 'remove'} {name}"
        case Remove(if_exists=False):
            if change.type is not None:
                node = context.document.node(change.span)
                given = _arguments(node) if node is not None else []
                return f"add {', '.join(given)}" if len(given) >= 2 and "\n" not in "".join(given) else None
            if known is None or column is None:
                return None
            arguments = removed_arguments(context, schema, known, column)
            return f"add {name}, {arguments}" if arguments is not None else None
        case Modify():
            before = (
                stated_before(known, column, change) if known is not None and column is not None else None
            )
            given_from = change.options.get("from")
            if before is None and given_from is not None and hasattr(given_from, "span"):
                before = "from: " + context.analysis.source.text(given_from.span)
            return f"modify {name}, {_stated(before)}" if before is not None else None
    return None


def _stated(text: str) -> str:
    """The arguments of `modify` that a `from:` says."""
    value = text.removeprefix("from: ")
    if not (value.startswith("{") and value.endswith("}")) or value.startswith("{:array"):
        return value
    return value[1:-1].removesuffix(", []")
