"""Statements about tables and their columns."""

from __future__ import annotations

from ...operations import Comment, Statement
from ...program import commands as c
from ...program.inspection import inspect
from ...program.terms import Atom, ListTerm, Text, Unknown
from .columns import column_change, column_definition, comment_option, primary_key_columns
from .command_names import first_span, relation, spelled
from .parts import comment_statement, drop_mode, known_text, option_span, statement
from .quoting import AdapterError
from .rendering import Rendering
from .table_operations import (
    alter_table_operations,
    create_table_operation,
    drop_table_operation,
    rename_column_operation,
    rename_table_operation,
)


def create_table(command: c.CreateTable) -> tuple[Statement, ...]:
    table = command.table
    out = Rendering()
    head = f"CREATE {_modifiers(out, table)}TABLE {'IF NOT EXISTS ' if command.if_not_exists else ''}"
    name = out.qualified(table.prefix, table.name)
    definitions = ", ".join(column_definition(out, table, change) for change in command.columns)
    keys = primary_key_columns(command.columns)
    primary_key = f", PRIMARY KEY ({out.names(keys)})" if keys else ""
    sql = f"{head}{name} ({definitions}{primary_key}){_options(out, table)}"
    operation = create_table_operation(command, sql if out.certain else None)
    return (
        statement(command, out, sql, (operation,)),
        *_table_comment(command, table),
        *_column_comments(command, table, command.columns),
    )


def alter_table(command: c.AlterTable) -> tuple[Statement, ...]:
    table = command.table
    out = Rendering()
    name = out.qualified(table.prefix, table.name)
    changes = ", ".join(column_change(out, table, change) for change in command.changes)
    keys = primary_key_columns(command.changes)
    primary_key = f", ADD PRIMARY KEY ({out.names(keys)})" if keys else ""
    if not command.changes:  # an empty ALTER TABLE is sent all the same
        out.doubts.append(command.span)
    return (
        statement(
            command, out, f"ALTER TABLE {name} {changes}{primary_key}", alter_table_operations(command)
        ),
        *_table_comment(command, table),
        *_column_comments(command, table, command.changes),
    )


def drop_table(command: c.DropTable) -> tuple[Statement, ...]:
    out = Rendering()
    sql = "DROP TABLE IF EXISTS " if command.if_exists else "DROP TABLE "
    sql += out.qualified(command.table.prefix, command.table.name) + drop_mode(out, command.cascade)
    return (statement(command, out, sql, (drop_table_operation(command),)),)


def rename_table(command: c.RenameTable) -> tuple[Statement, ...]:
    out = Rendering()
    old = out.qualified(command.table.prefix, command.table.name)
    # A table cannot change its schema by RENAME, and Ecto leaves out the prefix of the new name.
    sql = f"ALTER TABLE {old} RENAME TO {out.name(command.to.name)}"
    return (statement(command, out, sql, (rename_table_operation(command),)),)


def rename_column(command: c.RenameColumn) -> tuple[Statement, ...]:
    out = Rendering()
    table = out.qualified(command.table.prefix, command.table.name)
    sql = f"ALTER TABLE {table} RENAME {out.name(command.column)} TO {out.name(command.to)}"
    return (statement(command, out, sql, (rename_column_operation(command),)),)


def _modifiers(out: Rendering, table: c.Table) -> str:
    given = table.options_given.get("modifiers")
    if given is None or isinstance(given, Text | Unknown) or given == Atom("nil"):
        return "" if table.modifiers is None else out.sql(table.modifiers) + " "
    raise AdapterError(
        "ArgumentError",
        f"PostgreSQL adapter expects :modifiers to be a string or nil, got {inspect(given)}",
        option_span(table, "modifiers"),
    )


def _options(out: Rendering, table: c.Table) -> str:
    if isinstance(table.options_given.get("options"), ListTerm):
        raise AdapterError(
            "ArgumentError",
            "PostgreSQL adapter does not support keyword lists in :options",
            option_span(table, "options"),
        )
    return "" if table.options is None else " " + out.sql(table.options)


def _table_comment(command: c.Command, table: c.Table) -> tuple[Statement, ...]:
    if table.comment is None:
        return ()
    span = first_span(option_span(table, "comment"), command.span)
    operation = Comment(
        kind="table",
        name=spelled(table.name),
        relation=relation(table.prefix, table.name),
        text=known_text(table.comment),
        span=span,
    )
    out = Rendering()
    subject = f"TABLE {out.qualified(table.prefix, table.name)}"
    return comment_statement(command, out, subject, table.comment, operation)


def _column_comments(
    command: c.Command, table: c.Table, changes: tuple[c.Change, ...]
) -> tuple[Statement, ...]:
    statements: list[Statement] = []
    for change in changes:
        option = comment_option(change)
        if option is None:
            continue
        out = Rendering()
        subject = f"COLUMN {out.qualified(table.prefix, table.name)}.{out.name(change.column)}"
        operation = Comment(
            kind="column",
            name=spelled(change.column),
            relation=relation(table.prefix, table.name),
            text=known_text(option.value),
            span=first_span(option.span, change.span),
        )
        statements += comment_statement(command, out, subject, option.value, operation)
    return tuple(statements)
