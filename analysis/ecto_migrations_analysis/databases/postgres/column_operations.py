"""Columns and foreign keys of commands as the database will have them."""

from __future__ import annotations

import re

from ...operations import ColumnDefinition, ConstraintDefinition, DataType, Expression, Generated, Identity
from ...program.commands import Add, Name, Reference, Table
from ...program.inspection import to_string
from ...program.terms import (
    NOWHERE,
    Atom,
    Fragment,
    ListTerm,
    Option,
    Options,
    Term,
    Text,
    TupleTerm,
    Unknown,
    as_bool,
    is_nil,
)
from ...syntax.span import Span
from .command_names import first_span, relation, spelled
from .defaults import default_literal
from .quoting import AdapterError, truncate_identifier
from .references import reference_action, reference_name, reference_prefix
from .rendering import Rendering, given
from .type_text import SEQUENCES, reference_type_name, type_name
from .types import parse_type

# SQL that is a literal: a string without backslashes, a number, a boolean.
_LITERAL = re.compile(r"'(?:[^'\\]|'')*'|[-+]?\d+(?:\.\d+)?|true|false|null", re.IGNORECASE)
_IDENTITY = re.compile(r"\s*(ALWAYS|BY\s+DEFAULT)\s+AS\s+IDENTITY\b", re.IGNORECASE)
_GENERATED = re.compile(r"\s*ALWAYS\s+AS\s*\((.*)\)\s*(STORED|VIRTUAL)?\s*", re.IGNORECASE | re.DOTALL)


def column(change: Add) -> ColumnDefinition:
    """The column of an `add`."""
    options = change.options
    null = options.option("null")
    stated = null is not None and as_bool(null.value) is False
    default_type = change.type.type if isinstance(change.type, Reference) else change.type
    default = default_expression(options.option("default"), default_type)
    if default is None and stated and not options.complete:
        default = Expression(None)  # there may be one
    identity, generated = _generation(change)
    collation = given(options, "collation")
    type_ = data_type(change.type, options)
    # Serial and identity columns are NOT NULL without saying so (`transformColumnDefinition`).
    not_null = stated or type_.serial or identity is not None
    return ColumnDefinition(
        name=spelled(change.column),
        type=type_,
        not_null=not_null,
        default=default,
        identity=identity,
        generated=generated,
        collation=None if collation is None or isinstance(collation, Unknown) else to_string(collation),
        span=change.span,
        name_span=first_span(change.column_span, change.span),
        type_span=first_span(span_of(change.type), change.span),
        not_null_span=first_span(null.span if null and stated else None, change.span)
        if not_null
        else NOWHERE,
        origin=change.origin,
    )


def data_type(type_: Term, options: Options) -> DataType:
    """The database's type of an Ecto type or a reference; one without a name where it is not known."""
    out = Rendering()
    try:
        if isinstance(type_, Reference):
            text = reference_type_name(out, type_.type, options)
        else:
            text = type_name(out, type_, options)
    except AdapterError:
        return DataType(None)
    return parse_type(text) if out.certain else DataType(None)


def default_expression(option: Option | None, type_: Term) -> Expression | None:
    """The default that an option gives, NULL included; None without the option."""
    if option is None:
        return None
    span = first_span(option.span, span_of(option.value))
    if is_nil(option.value):
        return Expression("NULL", literal=True, span=span)
    out = Rendering()
    sql = default_literal(out, option.value, type_)
    literal = not _own_sql(option.value) or _LITERAL.fullmatch(sql.strip()) is not None
    return Expression(sql if out.certain else None, literal=literal, span=span)


def _own_sql(term: Term) -> bool:
    """Whether the default is SQL of the migration's own: no literal that Ecto writes."""
    if isinstance(term, ListTerm):
        return any(_own_sql(item) for item in term.items)
    return isinstance(term, Fragment | TupleTerm | Unknown)


def _generation(change: Add) -> tuple[Identity | None, Generated | None]:
    option = change.options.option("generated")
    if isinstance(change.type, Reference) and change.type.type in SEQUENCES:
        return None, None
    if option is None or is_nil(option.value):
        identity = change.type == Atom("identity")
        return (Identity(span=span_of(change.type)) if identity else None), None
    text = option.value.value if isinstance(option.value, Text) else None
    if text is None:
        return None, Generated(Expression(None, span=option.span))
    if match := _IDENTITY.match(text):
        return Identity(always=match[1].upper() == "ALWAYS", span=option.span), None
    if match := _GENERATED.fullmatch(text):
        # Without a word it is VIRTUAL in PostgreSQL 18 and a syntax error before.
        stored = (match[2] or "").upper() == "STORED"
        sql = match[1].strip()
        literal = _LITERAL.fullmatch(sql) is not None
        return None, Generated(Expression(sql, literal=literal, span=option.span), stored=stored)
    return None, Generated(Expression(None, span=option.span))


def foreign_key(reference: Reference, table: Table, referencing: Name) -> ConstraintDefinition:
    """The constraint that `references(…)` makes."""
    columns = [referencing, *(pair[0] for pair in reference.with_columns)]
    referenced = [reference.column, *(pair[1] for pair in reference.with_columns)]
    on_delete = reference_action(reference.on_delete)
    on_update = reference_action(reference.on_update, on_delete=False)
    known = names(columns)
    return ConstraintDefinition(
        kind="foreign key",
        name=spelled(reference_name(reference, table, referencing)),
        columns=known,
        references=relation(reference_prefix(reference, table), reference.table),
        referenced_columns=names(referenced),
        on_delete=on_delete[0] if on_delete else None,
        on_delete_columns=names(list(on_delete[1])) if on_delete else (),
        on_update=on_update[0] if on_update else None,
        match=None if reference.match in (None, "simple") else reference.match.upper(),
        validated=reference.validate is not False,
        complete=len(known) == len(columns),
        span=first_span(reference.span),
    )


def names(given_names: list[Name]) -> tuple[str, ...]:
    """The names that are known, as PostgreSQL keeps them."""
    return tuple(truncate_identifier(name) for name in given_names if isinstance(name, str))


def span_of(term: Term) -> Span:
    return term.span
