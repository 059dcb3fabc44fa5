"""What runs when a `change` is rolled back.

Source: `flush/0`, `reverse/1`, `table_reverse/2` and `command/1` of `Ecto.Migration.Runner` (the same in
ecto_sql 3.10 to 3.14). Ecto calls `change` again, with `direction()` `:down`: what runs at once runs at once
again, and the queue is reversed command by command, the last one first.

Some reversals are no inverses, and are kept as they are: a bare `from:` keeps the new options, `drop index`
builds what `index(…)` says and not what was dropped, and `mode: :cascade` is lost.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

from ..records import replace
from ..syntax.span import Span
from . import commands as c
from .inspection import HOLE, inspect
from .migration import Irreversible, Program
from .terms import NOWHERE, FunctionTerm, ListTerm, Options, Text, TupleTerm, Unknown, is_nil
from .values import from_options, to_options

FLUSH = "calling flush() inside change when doing rollback is not supported."


class CannotReverse(Exception):
    """The runner raises `error` instead of running the reversed command; `span` is the smallest cause."""

    def __init__(self, error: str, message: str, span: Span) -> None:
        super().__init__(message)
        self.error = error
        self.message = message
        self.span = span


def reverse(commands: tuple[c.Command, ...], *, callback: str = "change") -> Program:
    """The program of direction down that Ecto makes of `change`.

    `commands` are those of `change` (and of `after_begin` and `before_commit` around it) as they are written,
    read with `direction()` as `:down`: queued commands, immediate ones and `flush()` in one sequence. The
    result holds them in the order in which they run, up to the one that raises. Every command keeps the spans
    of what it reverses. A command that raises only under a condition the text does not decide is recorded as
    `irreversible` too (`certain` False), and what runs if it is not met follows.
    """
    ran: list[c.Command] = []
    irreversible: Irreversible | None = None
    # Each callback's queue is flushed when it ends (`perform_operation/3`).
    for _, group in groupby(commands, key=lambda command: command.callback):
        queue: list[c.Command] = []
        for command in group:
            if isinstance(command, c.Flush):
                irreversible = _first(
                    irreversible, command, CannotReverse("RuntimeError", FLUSH, command.span)
                )
                if command.always:
                    return _program(callback, ran, irreversible)
            elif isinstance(command, c.Immediate):
                ran.append(command)
                if isinstance(command, c.Raises) and command.always:
                    return _program(callback, ran, irreversible)
            else:
                queue.append(command)
        for command in reversed(queue):
            try:
                ran.append(reverse_command(command))
            except CannotReverse as problem:
                irreversible = _first(irreversible, command, problem)
                if command.always:
                    return _program(callback, ran, irreversible)
    return _program(callback, ran, irreversible)


def _first(found: Irreversible | None, command: c.Command, problem: CannotReverse) -> Irreversible:
    """What the rollback is said to raise: the first certain error, before it the first possible one."""
    if found is not None and not command.always:
        return found
    return Irreversible(
        message=problem.message,
        span=problem.span,
        command=command,
        error=problem.error,
        certain=command.always,
    )


def _program(callback: str, ran: list[c.Command], irreversible: Irreversible | None) -> Program:
    return Program(direction="down", callback=callback, commands=tuple(ran), irreversible=irreversible)


def reverse_command(command: c.Command) -> c.Command:
    """The command that the runner executes backward. Raises CannotReverse where the runner raises."""
    match command:
        case c.Execute(down=down) if down is not None:
            return replace(command, up=down, up_commands=command.down_commands, down=None, down_commands=())
        case c.CreateIndex():
            return c.DropIndex(**_common(command), index=command.index, if_exists=command.if_not_exists)
        case c.DropIndex():
            return c.CreateIndex(**_common(command), index=command.index, if_not_exists=command.if_exists)
        case c.RenameIndex(index=index):
            return replace(command, index=replace(index, name=command.to), to=index.name)
        case c.CreateTable():
            return c.DropTable(**_common(command), table=command.table, if_exists=command.if_not_exists)
        case c.RenameTable():
            return replace(command, table=command.to, to=command.table)
        case c.RenameColumn():
            return replace(command, column=command.to, to=command.column)
        case c.CreateConstraint():
            return c.DropConstraint(**_common(command), constraint=command.constraint)
        case c.AlterTable():
            return _reverse_alter(command)
    raise _irreversible(command, command.span)


def _common(command: c.Command) -> dict[str, Any]:
    return {
        "span": command.span,
        "via": command.via,
        "always": command.always,
        "repeated": command.repeated,
        "callback": command.callback,
    }


def _reverse_alter(command: c.AlterTable) -> c.AlterTable:
    changes: list[c.Change] = []
    for change in command.changes:
        reversed_change = _reverse_change(change)
        if reversed_change is None:
            raise _irreversible(command, change.span if change.span != NOWHERE else command.span)
        changes.insert(0, reversed_change)
    return replace(command, changes=tuple(changes))


def _reverse_change(change: c.Change) -> c.Change | None:
    match change:
        case c.Add(if_not_exists=False):
            return c.Remove(**_place(change), type=change.type)
        case c.Remove(if_exists=False) if change.type is not None:
            return c.Add(**_place(change), type=change.type, options=change.options)
        case c.Modify():
            return _reverse_modify(change)
        case c.UnknownChange():
            return change
    return None


def _place(change: c.Change) -> dict[str, Any]:
    return {
        "column": change.column,
        "span": change.span,
        "column_span": change.column_span,
        "via": change.via,
        "always": change.always,
    }


def _reverse_modify(change: c.Modify) -> c.Modify | None:
    options = change.options
    option = options.option("from")
    if option is None and not options.complete:
        # There may be a `from:` among the options that are not known.
        unknown = Unknown("`from:` in options that are not known", options.span)
        return replace(change, type=unknown, options=Options((), False, options.span))
    if option is None or is_nil(option.value):
        return None
    match option.value:
        case Unknown() as unknown:
            return replace(change, type=unknown, options=Options((), False, unknown.span))
        case TupleTerm((type_, ListTerm() as given)):
            old = TupleTerm((change.type, from_options(options.without("from"))), change.span)
            return replace(change, type=type_, options=to_options(given).put("from", old))
        case type_:
            return replace(change, type=type_, options=options.put("from", change.type))


# --- the messages ------------------------------------------------------------------------------------------


def _irreversible(command: c.Command, span: Span) -> CannotReverse:
    text = described(command)
    if text is None:
        return CannotReverse(
            "FunctionClauseError", "no function clause matching in Ecto.Migration.Runner.command/1", span
        )
    return CannotReverse(
        "Ecto.MigrationError",
        f"cannot reverse migration command: {text}. "
        "You will need to explicitly define up/0 and down/0 in your migration",
        span,
    )


def described(command: c.Command) -> str | None:
    """The runner's own words for a command that it cannot reverse (`command/1`); None for a function.

    It has none for those, so `execute` of a function raises FunctionClauseError.
    """
    match command:
        case c.AlterTable():
            return f"alter table {_table(command.table)}"
        case c.DropTable(table=table):
            return f"drop table {_if_exists(command)}{_table(table)}{_mode(command.cascade)}"
        case c.DropConstraint(constraint=constraint):
            name = _name(constraint.name)
            table_name = _qualified(constraint.prefix, constraint.table)
            return f"drop constraint {_if_exists(command)}{name} from table {table_name}"
        case c.Execute(up=FunctionTerm()):
            return None
        case c.Execute(up=c.KeywordCommand(value=value)):
            return f"execute {inspect(value)}"
        case c.Execute(up=(Text() | Unknown()) as sql):
            return f"execute {inspect(sql)}"
    return None


def _if_exists(command: c.DropTable | c.DropConstraint) -> str:
    return "if exists " if command.if_exists else ""


def _mode(cascade: bool | None) -> str:
    return {True: " cascade", False: "", None: f" {HOLE}"}[cascade]


def _table(table: c.Table) -> str:
    return _qualified(table.prefix, table.name)


def _qualified(prefix: c.Name | None, name: c.Name) -> str:
    return _name(name) if prefix is None else f"{_name(prefix)}.{_name(name)}"


def _name(name: c.Name) -> str:
    return name if isinstance(name, str) else HOLE
