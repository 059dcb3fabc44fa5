"""Foreign keys of `references/2` as the adapter writes them.

Source: `reference_expr/3`, `reference_name/3` and `drop_reference_expr/3` of
`Ecto.Adapters.Postgres.Connection`.
"""

from __future__ import annotations

from ...program.commands import Name, Reference, Table
from ...program.terms import Atom, ListTerm, Term, TupleTerm, Unknown, as_name
from .quoting import AdapterError
from .rendering import Rendering

# The words of SQL for the atoms of `on_delete:` and `on_update:`; `:nothing` is left out.
_ON_DELETE = {
    "nilify_all": "SET NULL",
    "default_all": "SET DEFAULT",
    "delete_all": "CASCADE",
    "restrict": "RESTRICT",
}
_ON_UPDATE = {"nilify_all": "SET NULL", "update_all": "CASCADE", "restrict": "RESTRICT"}
_ON_DELETE_COLUMNS = {"nilify": "SET NULL", "default": "SET DEFAULT"}


def reference_name(reference: Reference, table: Table, column: Name) -> Name:
    """The constraint's name: `table_column_fkey` where `references` names none."""
    if reference.name is not None:
        return reference.name
    for part in (table.name, column):
        if isinstance(part, Unknown):
            return part
    return f"{table.name}_{column}_fkey"


def reference_prefix(reference: Reference, table: Table) -> Name | None:
    """`prefix:` of `references` where it is given, even as nil; else the prefix of the referencing table."""
    return reference.prefix if reference.prefix_given else table.prefix


def reference_action(term: Term, on_delete: bool = True) -> tuple[str | None, tuple[Name, ...]] | None:
    """The SQL words of an action and the columns it is limited to; None where it is not known."""
    match term:
        case Unknown():
            return None
        case Atom(name=name):
            return (_ON_DELETE if on_delete else _ON_UPDATE).get(name), ()
        case TupleTerm((Atom(name=kind), ListTerm(columns))) if on_delete and kind in _ON_DELETE_COLUMNS:
            return _ON_DELETE_COLUMNS[kind], tuple(
                as_name(column) or Unknown("column", column.span) for column in columns
            )
        case TupleTerm((Atom(), Unknown())):
            return None
    return None, ()


def reference_clause(out: Rendering, reference: Reference, table: Table, column: Name) -> str:
    """`CONSTRAINT … FOREIGN KEY … REFERENCES …` with its actions."""
    pairs = [(column, reference.column), *reference.with_columns]
    words = [
        f"CONSTRAINT {_name(out, reference, table, column)} "
        f"FOREIGN KEY ({out.names([pair[0] for pair in pairs])}) "
        f"REFERENCES {out.qualified(reference_prefix(reference, table), reference.table)}"
        f"({out.names([pair[1] for pair in pairs])})"
    ]
    if reference.match is not None:
        if reference.match not in ("full", "simple", "partial"):
            raise AdapterError.no_clause("reference_match/1", reference.span)
        if reference.match == "partial":  # in the grammar, but "not yet implemented"
            out.doubts.append(reference.span)
        words.append(f"MATCH {reference.match.upper()}")
    words += _action(out, "ON DELETE", reference.on_delete)
    words += _action(out, "ON UPDATE", reference.on_update)
    if reference.validate is None:
        words.append(out.hole())
    elif reference.validate is False:
        words.append("NOT VALID")
    return " ".join(words)


def _action(out: Rendering, event: str, term: Term) -> list[str]:
    action = reference_action(term, on_delete=event == "ON DELETE")
    if action is None:
        return [f"{event} {out.hole()}"]
    words, columns = action
    if words is None:
        return []
    return [f"{event} {words} ({out.names(list(columns))})" if columns else f"{event} {words}"]


def drop_reference(out: Rendering, term: Term | None, table: Table, column: Name, condition: str = "") -> str:
    """`DROP CONSTRAINT …, ` where the term is a reference or a pair of one and options; else nothing."""
    reference = referenced(term)
    if isinstance(term, Unknown):
        out.certain = False
    if reference is None:
        return ""
    return f"DROP CONSTRAINT {condition}{_name(out, reference, table, column)}, "


def referenced(term: Term | None) -> Reference | None:
    """The reference in `from: references(…)` or `from: {references(…), …}`."""
    if isinstance(term, TupleTerm) and len(term.items) == 2:
        term = term.items[0]
    return term if isinstance(term, Reference) else None


def _name(out: Rendering, reference: Reference, table: Table, column: Name) -> str:
    if reference.name is None:
        # Only a part of the default name may be unknown.
        return out.name(f"{out.bare(table.name)}_{out.bare(column)}_fkey")
    return out.name(reference.name)
