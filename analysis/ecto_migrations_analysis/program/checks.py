"""What Ecto accepts as the arguments of its functions, and what it raises otherwise (`Ecto.Migration`).

`Refused` says that Ecto raises, and with what; `Unfinished` that the arguments are of no kind Ecto knows and
that nothing is to be said about the call.
"""

from __future__ import annotations

from ..syntax.span import Span
from .commands import Name, Reference
from .inspection import inspect
from .terms import NIL, Atom, ListTerm, Options, Term, Text, TupleTerm, Unknown, as_bool, as_name, is_nil
from .values import to_options, truth


class Refused(Exception):
    """Ecto raises `error` with `message`."""

    def __init__(self, error: str, message: str, span: Span) -> None:
        super().__init__(message)
        self.error = error
        self.message = message
        self.span = span


class Unfinished(Exception):
    """Not a call that Ecto has a function for: half-typed, or of values that are not known."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def no_clause(function: str, span: Span) -> Refused:
    return Refused("FunctionClauseError", f"no function clause matching in Ecto.Migration.{function}", span)


def options_of(term: Term | None, function: str, span: Span) -> Options:
    """The keyword list of a call; Ecto's guards want a list."""
    if term is not None and not isinstance(term, ListTerm | Unknown):
        raise no_clause(function, span)
    return to_options(term)


def name_of(term: Term | None) -> Name | None:
    """An atom or a string as a name; None for nil and what is absent."""
    if term is None or is_nil(term):
        return None
    name = as_name(term)
    if name is not None:
        return name
    return Unknown(term.reason if isinstance(term, Unknown) else "a computed name", term.span)


def table_name(term: Term, function: str, span: Span) -> Name:
    if isinstance(term, Atom):
        return f"Elixir.{term.name}" if term.is_module else term.name
    if isinstance(term, Text):
        value = term.value
        return Unknown(f"the string {term.display()!r}", term.span) if value is None else value
    if isinstance(term, Unknown):
        return term
    raise no_clause(function, span)


def column_name(term: Term, function: str, span: Span) -> Name:
    """`column when is_atom(column)`."""
    if isinstance(term, Atom):
        return term.name
    if isinstance(term, Unknown):
        return term
    raise no_clause(function, span)


def merged(one: Options, other: Options) -> Options:
    """`Keyword.merge/2`: of the first what the second does not have, then the second."""
    if not other.items and other.complete:
        return one
    kept = tuple(item for item in one if not other.has(item.key)) if other.complete else ()
    complete = one.complete and other.complete
    return Options((*kept, *other.items), complete, other.span if other.span.end else one.span)


def validate_type(term: Term, span: Span) -> None:
    """`validate_type!/1`."""
    pending: list[tuple[Term, bool]] = [(term, True)]
    while pending:
        current, top = pending.pop()
        if isinstance(current, Unknown) or (top and isinstance(current, Reference)):
            continue
        if isinstance(current, Atom):
            if current.name == "datetime":
                raise Refused(
                    "ArgumentError",
                    "the :datetime type in migrations is not supported, "
                    "please use :utc_datetime or :naive_datetime instead",
                    span,
                )
            if not current.is_module:
                continue
        if isinstance(current, Reference):
            continue
        if isinstance(current, TupleTerm) and len(current.items) == 2:
            kind, inner = current.items
            if isinstance(kind, Atom) and isinstance(inner, TupleTerm):
                pending.extend((item, False) for item in inner.items)
                continue
            if isinstance(kind, Atom | Unknown) and isinstance(inner, Atom | Unknown):
                pending.append((inner, False))
                continue
        raise Refused("ArgumentError", f"invalid migration type: {inspect(current)}. {_TYPES}", span)


_TYPES = """Expected one of:

  * an atom, such as :string
  * a quoted atom, such as :"integer unsigned"
  * a tuple representing a composite type, such as {:array, :integer} or {:map, :string}
  * a reference, such as references(:users)

Ecto types are automatically translated to database types. All other types
are sent to the database as is.

Types defined through Ecto.Type or Ecto.ParameterizedType aren't allowed,
use their underlying types instead.
"""


def validate_precision(options: Options, column: Name, span: Span) -> None:
    """`validate_precision_opts!/2`."""
    scale = options.get("scale")
    if scale is None or truth(scale) is not True or not options.complete:
        return
    if truth(options.get("precision") or NIL) is False:
        name = column if isinstance(column, str) else "…"
        raise Refused("ArgumentError", f"column {name} is missing precision option", span)


def validate_index_options(options: Options, span: Span) -> None:
    """`validate_index_opts!/1`."""
    distinct = options.get("nulls_distinct")
    unique = options.get("unique")
    if distinct is not None and not isinstance(distinct, Unknown) and not is_nil(distinct):
        if as_bool(unique) is not True and not isinstance(unique, Unknown) and (options.complete or unique):
            message = "the `nulls_distinct` option can only be used with unique indexes"
            raise Refused("ArgumentError", message, span)
    if sum(1 for option in options if option.key == "where") > 1:
        raise Refused(
            "ArgumentError",
            "only one `where` keyword is supported when declaring a partial index. "
            "To specify multiple conditions, write a single WHERE clause using AND between them",
            span,
        )
