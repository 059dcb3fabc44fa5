"""Statements about indexes and about constraints with a name of their own."""

from __future__ import annotations

from ...operations import Comment, Statement
from ...program import commands as c
from ...program.terms import Text, Unknown, is_nil
from .command_names import first_span
from .index_directions import DIRECTIONS
from .index_operations import (
    add_constraint_operation,
    create_index_operation,
    drop_constraint_operation,
    drop_index_operation,
    rename_index_operation,
)
from .parts import comment_statement, drop_mode, known_text, option_span, statement
from .quoting import AdapterError
from .rendering import Rendering


def create_index(command: c.CreateIndex) -> tuple[Statement, ...]:
    index = command.index
    out = Rendering()
    sql = f"CREATE {out.flag(index.unique, 'UNIQUE ')}INDEX {out.flag(index.concurrently, 'CONCURRENTLY ')}"
    sql += f"{'IF NOT EXISTS ' if command.if_not_exists else ''}{out.name(index.name)} ON "
    sql += out.flag(index.only, "ONLY ") + out.qualified(index.prefix, index.table)
    if index.using is not None:
        sql += f" USING {out.bare(index.using)}"
    elements = [_element(out, column) for column in index.columns]
    if not index.columns_complete:
        elements.append(out.hole())
    if not elements:
        out.doubts.append(index.span)
    sql += f" ({', '.join(elements)})"
    if index.include:
        sql += f" INCLUDE ({', '.join(_element(out, column) for column in index.include)})"
    if index.nulls_distinct is not None:
        sql += " NULLS DISTINCT" if index.nulls_distinct else " NULLS NOT DISTINCT"
    if index.options is not None:
        sql += f" WITH ({out.sql(index.options)})"
    if index.where is not None:
        sql += f" WHERE {out.sql(index.where)}"
    operation = create_index_operation(command, sql if out.certain else None)
    comment = Comment(
        kind="index",
        name=operation.name,
        text=known_text(index.comment),
        span=first_span(option_span(index, "comment"), command.span),
    )
    named = Rendering()
    subject = f"INDEX {named.qualified(index.prefix, index.name)}"
    return (
        statement(command, out, sql, (operation,)),
        *comment_statement(command, named, subject, index.comment, comment),
    )


def _element(out: Rendering, column: c.IndexColumn) -> str:
    if not column.expression:
        text = out.name(column.text)
    else:
        text = out.expression(out.bare(column.text), column.span)
    if column.direction is None:
        return text
    if column.direction not in DIRECTIONS:
        raise AdapterError.no_clause("index_dir/2", column.span)
    return f"{text} {DIRECTIONS[column.direction]}"


def drop_index(command: c.DropIndex) -> tuple[Statement, ...]:
    index = command.index
    out = Rendering()
    sql = "DROP INDEX " + out.flag(index.concurrently, "CONCURRENTLY ")
    sql += "IF EXISTS " if command.if_exists else ""
    sql += out.qualified(index.prefix, index.name) + drop_mode(out, command.cascade)
    return (statement(command, out, sql, (drop_index_operation(command),)),)


def rename_index(command: c.RenameIndex) -> tuple[Statement, ...]:
    index = command.index
    out = Rendering()
    sql = f"ALTER INDEX {out.qualified(index.prefix, index.name)} RENAME TO {out.name(command.to)}"
    return (statement(command, out, sql, (rename_index_operation(command),)),)


def create_constraint(command: c.CreateConstraint) -> tuple[Statement, ...]:
    constraint = command.constraint
    # The runner raises these while it writes the log line, before the adapter is asked.
    for key in ("check", "exclude"):
        given = constraint.options_given.get(key)
        if given is not None and not isinstance(given, Text | Unknown) and not is_nil(given):
            message = "no function clause matching in Ecto.Migration.Runner.command/1"
            raise AdapterError("FunctionClauseError", message, option_span(constraint, key))
    if constraint.check is None and constraint.exclude is None:
        raise AdapterError(
            "ArgumentError", "a constraint must have either a check or exclude option", constraint.span
        )
    if constraint.check is not None and constraint.exclude is not None:
        raise AdapterError(
            "ArgumentError", "a constraint must not have both check and exclude options", constraint.span
        )
    out = Rendering()
    table = out.qualified(constraint.prefix, constraint.table)
    sql = f"ALTER TABLE {table} ADD CONSTRAINT {out.name(constraint.name)} "
    if constraint.check is not None:
        sql += f"CHECK ({out.sql(constraint.check)})"
    elif constraint.exclude is not None:
        sql += f"EXCLUDE USING {out.sql(constraint.exclude)}"
    if constraint.validate is not True:
        sql += " " + ("NOT VALID" if constraint.validate is False else out.hole())
    operation = add_constraint_operation(command, sql if out.certain else None)
    comment = Comment(
        kind="constraint",
        name=operation.constraint.name,
        relation=operation.relation,
        text=known_text(constraint.comment),
        span=first_span(option_span(constraint, "comment"), command.span),
    )
    named = Rendering()
    subject = f"CONSTRAINT {named.name(constraint.name)} ON "
    subject += named.qualified(constraint.prefix, constraint.table)
    return (
        statement(command, out, sql, (operation,)),
        *comment_statement(command, named, subject, constraint.comment, comment),
    )


def drop_constraint(command: c.DropConstraint) -> tuple[Statement, ...]:
    constraint = command.constraint
    out = Rendering()
    sql = f"ALTER TABLE {out.qualified(constraint.prefix, constraint.table)} DROP CONSTRAINT "
    sql += "IF EXISTS " if command.if_exists else ""
    sql += out.name(constraint.name) + drop_mode(out, command.cascade)
    return (statement(command, out, sql, (drop_constraint_operation(command),)),)
