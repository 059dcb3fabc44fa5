"""Attributes of MySQL's columns, as far as the commands of earlier migrations tell them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ...program.commands import (
    Add,
    AlterTable,
    ApplicationCode,
    Change,
    Command,
    CreateTable,
    DropTable,
    Execute,
    Modify,
    Name,
    Remove,
    RenameColumn,
    RenameTable,
    RepoQuery,
    Table,
    UnknownChange,
    UnknownCode,
)
from ...program.migration import Migration
from ...program.terms import Fragment, Number, Options, Term, Text, as_bool, as_name, is_nil
from ...records import dataclass


@dataclass(frozen=True)
class Attributes:
    """What a column has besides its type; `default` and `comment` as to be written, None for none."""

    not_null: bool = False
    default: str | None = None
    comment: str | None = None

    def lost_by(self, options: Options) -> list[str]:
        """What `MODIFY` with these options takes away."""
        lost = []
        if self.not_null and not options.has("null"):
            lost.append("NOT NULL")
        if self.default is not None and not options.has("default"):
            lost.append(f"DEFAULT {self.default}")
        if self.comment is not None and not options.has("comment"):
            lost.append("its COMMENT")
        return lost


# SQL that leaves the columns of all tables as they are.
_HARMLESS = re.compile(
    r"\s*(?:(?:update|insert|replace|delete|select|set|(?:create|drop)\s+(?:unique\s+)?index)\b.*"
    r"|alter\s+table\s+[\w.`]+\s+drop\s+(?:foreign\s+key|index|key|constraint|check)\s+[\w`]+\s*;?\s*)",
    re.I | re.S,
)

# By table and column; a table that is not here is not known, and neither is a column.
Columns = dict[str, dict[str, Attributes]]


def columns_after(migrations: Iterable[Migration | None]) -> Columns:
    """The columns that these migrations make, one after the other."""
    columns: Columns = {}
    for migration in migrations:
        if migration is None or migration.up is None:
            columns.clear()
            continue
        for command in migration.up.commands:
            apply(columns, command)
    return columns


def attributes(options: Options) -> Attributes | None:
    """The attributes that `add` and `modify` with these options leave; None where they are not known."""
    if not options.complete:
        return None
    default = options.get("default")
    return Attributes(
        not_null=as_bool(options.get("null")) is False,
        default=None if default is None or is_nil(default) else spelled(default),
        comment=None if options.get("comment") is None else "COMMENT",
    )


def spelled(term: Term) -> str:
    """A default as SQL has it, near enough for a message."""
    if isinstance(term, Fragment):
        return term.sql.display()
    if isinstance(term, Text):
        return f"'{term.display()}'"
    if isinstance(term, Number):
        return str(term.value)
    return as_name(term) or "…"


def apply(columns: Columns, command: Command) -> None:
    """Takes over what a command does."""
    if isinstance(command, CreateTable | AlterTable | DropTable | RenameTable | RenameColumn):
        _apply_to_table(columns, command)
    elif isinstance(command, Execute):
        if isinstance(command.up, Text):
            _forget_named(columns, command.up.value)
        elif not command.up_commands:
            columns.clear()  # nothing of it can be followed
        for nested in command.up_commands:
            apply(columns, nested)
    elif isinstance(command, RepoQuery):
        _forget_named(columns, command.sql.value if isinstance(command.sql, Text) else None)
    elif isinstance(command, UnknownCode | ApplicationCode):
        columns.clear()


def _forget_named(columns: Columns, sql: str | None) -> None:
    """SQL may change the tables that it names; what it is not known to be, all."""
    if sql is None:
        columns.clear()
        return
    if _HARMLESS.fullmatch(sql):
        return
    words = set(re.findall(r"\w+", sql))
    for name in [name for name in columns if name in words]:
        del columns[name]


def table_name(table: Table) -> str | None:
    """The name with its prefix; None where it is not known."""
    if not isinstance(table.name, str):
        return None
    if table.prefix is None:
        return table.name
    return f"{table.prefix}.{table.name}" if isinstance(table.prefix, str) else None


def _apply_to_table(
    columns: Columns, command: CreateTable | AlterTable | DropTable | RenameTable | RenameColumn
) -> None:
    name = table_name(command.table)
    if name is None:
        columns.clear()
        return
    if not command.always:
        columns.pop(name, None)
        return
    if isinstance(command, CreateTable):
        if not (command.if_not_exists and name in columns):
            columns[name] = {}
            _apply_changes(columns[name], command.columns)
    elif isinstance(command, AlterTable):
        if name in columns:
            _apply_changes(columns[name], command.changes)
    elif isinstance(command, DropTable):
        columns.pop(name, None)
    elif isinstance(command, RenameTable):
        new = table_name(command.to)
        known = columns.pop(name, None)
        if new is not None and known is not None:
            columns[new] = known
    else:
        _rename(columns.get(name, {}), command.column, command.to)


def _rename(known: dict[str, Attributes], old: Name, new: Name) -> None:
    if not isinstance(old, str) or not isinstance(new, str):
        known.clear()
    elif old in known:
        known[new] = known.pop(old)


def _apply_changes(known: dict[str, Attributes], changes: tuple[Change, ...]) -> None:
    for change in changes:
        if not isinstance(change.column, str) or isinstance(change, UnknownChange):
            known.clear()
        elif isinstance(change, Add | Modify):
            found = attributes(change.options) if change.always else None
            if found is None:
                known.pop(change.column, None)
            else:
                known[change.column] = found
        elif isinstance(change, Remove):
            known.pop(change.column, None)
