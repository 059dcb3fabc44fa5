"""Columns inside CREATE TABLE and ALTER TABLE.

Source: `column_definition/2`, `column_change/2` and their helpers in `Ecto.Adapters.Postgres.Connection`.
"""

from __future__ import annotations

from ...program.commands import Add, Change, Modify, Name, Reference, Remove, Table, UnknownChange
from ...program.inspection import inspect
from ...program.terms import Atom, Option, Options, Text, Unknown
from .defaults import default_clause
from .quoting import AdapterError
from .references import drop_reference, reference_clause
from .rendering import Rendering, given, truthy
from .type_text import SEQUENCES, generated_clause, reference_type_name, type_name


def column_definition(out: Rendering, table: Table, change: Change) -> str:
    """A column of CREATE TABLE, its foreign key behind it. Raises AdapterError for all but `add`."""
    if isinstance(change, UnknownChange):
        return out.hole()
    if not isinstance(change, Add) or change.if_not_exists:
        raise AdapterError.no_clause("column_definition/2", change.span)
    return _added(out, table, change, "")


def column_change(out: Rendering, table: Table, change: Change) -> str:
    """The clauses of ALTER TABLE for one change, separated by commas."""
    match change:
        case Add():
            return _added(out, table, change, "ADD ")
        case Modify():
            return _modified(out, table, change)
        case Remove():
            return _removed(out, table, change)
    return out.hole()


def _added(out: Rendering, table: Table, change: Add, verb: str) -> str:
    condition = "IF NOT EXISTS " if change.if_not_exists else ""
    head = f"{verb and 'ADD COLUMN '}{condition}{out.name(change.column)} "
    if isinstance(change.type, Reference):
        reference = change.type
        column = head + _reference_type(out, reference, change.options)
        column += _column_options(out, reference, change.options)
        return f"{column}, {verb}{reference_clause(out, reference, table, change.column)}"
    column = head + type_name(out, change.type, change.options)
    column += generated_clause(out, change.type, change.options)
    return column + _column_options(out, change, change.options)


def _reference_type(out: Rendering, reference: Reference, options: Options) -> str:
    type_ = reference.type
    text = reference_type_name(out, type_, options)
    if type_ in SEQUENCES:
        return text
    return text + generated_clause(out, type_, options)


def _column_options(out: Rendering, typed: Add | Reference, options: Options) -> str:
    text = default_clause(out, options.option("default"), typed.type)
    null = given(options, "null")
    match null:
        case Atom(name="false"):
            text += " NOT NULL"
        case Atom(name="true"):
            text += " NULL"
        case Unknown():
            text += " " + out.hole()
    text += _collation(out, options)
    # An option that is not known may add any of these.
    return text if options.complete else f"{text} {out.hole()}"


def _collation(out: Rendering, options: Options) -> str:
    option = options.option("collation")
    if option is None:
        return ""
    name = out.interpolated(option.value)
    if not name:  # `COLLATE ""` for nil
        out.doubts.append(option.span)
    return f' COLLATE "{name}"'


def _modified(out: Rendering, table: Table, change: Modify) -> str:
    name = out.name(change.column)
    options = change.options
    text = drop_reference(out, options.get("from"), table, change.column)
    text += f"ALTER COLUMN {name} TYPE "
    if isinstance(change.type, Reference):
        reference = change.type
        text += _reference_type(out, reference, options)
        text += f", ADD {reference_clause(out, reference, table, change.column)}"
        default_type = reference.type
    else:
        generated = generated_clause(out, change.type, options)
        if generated:  # `TYPE integer GENERATED …` is no SQL
            out.doubts.append(change.span)
        text += type_name(out, change.type, options) + generated
        default_type = change.type
    text += _modified_null(out, name, options)
    default = options.option("default")
    if default is not None:
        text += f", ALTER COLUMN {name} SET{default_clause(out, default, default_type)}"
    collation = _collation(out, options)
    if collation:  # Ecto writes it last, wherever that is; `SET NOT NULL COLLATE "C"` is no SQL
        out.doubts.append(change.span)
    text += collation
    return text if options.complete else f"{text}, {out.hole()}"


def _modified_null(out: Rendering, name: str, options: Options) -> str:
    option = options.option("null")
    term = given(options, "null")
    match term:
        case None:
            return ""
        case Atom(name="true"):
            return f", ALTER COLUMN {name} DROP NOT NULL"
        case Atom(name="false"):
            return f", ALTER COLUMN {name} SET NOT NULL"
        case Unknown():
            return f", ALTER COLUMN {name} {out.hole()}"
    raise AdapterError(
        "CaseClauseError", f"no case clause matching: {inspect(term)}", option.span if option else None
    )


def _removed(out: Rendering, table: Table, change: Remove) -> str:
    condition = "IF EXISTS " if change.if_exists else ""
    dropped = ""
    if isinstance(change.type, Reference):
        dropped = drop_reference(out, change.type, table, change.column, condition)
    return f"{dropped}DROP COLUMN {condition}{out.name(change.column)}"


def primary_key_columns(changes: tuple[Change, ...]) -> list[Name]:
    """The columns whose change says `primary_key: true` (`pk_definition/2`), additions and `modify`."""
    return [
        change.column
        for change in changes
        if isinstance(change, Add | Modify) and truthy(change.options.get("primary_key"))
    ]


def comment_option(change: Change) -> Option | None:
    """The `comment:` that is sent as a statement of its own: of additions and `modify`, where not nil."""
    if not isinstance(change, Add | Modify) or given(change.options, "comment") is None:
        return None
    return change.options.option("comment")


def comment_on(out: Rendering, subject: str, comment: object) -> str:
    """`COMMENT ON …`. Raises AdapterError for a comment that is no string."""
    if isinstance(comment, str | Text | Unknown):
        return f"COMMENT ON {subject} IS {out.string(comment)}"
    raise AdapterError.no_clause("escape_string/1")
