"""`modify` that keeps the type, as the ALTER TABLE that does only what changes.

Every `modify` sends `ALTER COLUMN … TYPE` (`Ecto.Adapters.Postgres.Connection.column_change/2`), for which
PostgreSQL verifies the column's CHECKs again and refuses where a view or a trigger uses the column. SET NOT
NULL alone is proven by a validated CHECK, and SET DEFAULT changes the catalog only (PostgreSQL manual,
ALTER TABLE).

Never applied unasked: a prefix given to `mix ecto.migrate --prefix` reaches `alter`, and no SQL.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...analysis import Step
from ...operations import AlterColumnType, DropDefault, DropNotNull, Operation, SetDefault, SetNotNull
from ...program.commands import AlterTable, Modify, Reference
from ...schema.state import Column, Table
from .. import sql_names
from ..complete_for_rollback import known_column, known_table
from ..context import Context, Proposal
from ..model import Edit
from ..module_edits import after_statement
from .common import answer, execute, replaced, statement, whole_lines

STRATEGY = "raw-alter"
RULES = (
    "modify-defeats-validated-check",
    "modify-restates-type",
    "modify-column-with-check",
    "modify-blocked-by-dependents",
)
_OPTIONS = frozenset({"null", "default", "from", "size", "precision", "scale"})


def proposals(context: Context) -> Iterator[Proposal]:
    if context.analysis.project.database != "postgres":
        return
    for step, command in context.commands(AlterTable):
        table = known_table(step.before, command.table)
        if table is None or table.uncertain or not context.is_plain(command):
            continue
        for change in command.changes:
            findings = context.findings(change.span, RULES) if isinstance(change, Modify) else ()
            column = known_column(table, command, change) if findings else None
            if column is None or not isinstance(change, Modify):
                continue
            clauses = _clauses(context, step, command, change, column)
            edits = _edits(context, command, change, table, clauses) if clauses else None
            if edits:
                what = " and ".join(up for up, _ in clauses)
                subject = f"{table.relation}.{column.name}"
                title = f"Send only {what}, by execute"
                yield answer(context, STRATEGY, subject, title, findings, edits, span=change.span)


def _clauses(
    context: Context, step: Step, command: AlterTable, change: Modify, column: Column
) -> list[tuple[str, str]]:
    """What the `modify` changes besides the type, each with its inverse; none where it is not only that."""
    if isinstance(change.type, Reference) or not change.options.complete:
        return []
    if not {option.key for option in change.options} <= _OPTIONS:
        return []
    clauses: list[tuple[str, str]] = []
    for operation in context.operations(command):
        if getattr(operation, "column", None) != column.name:
            continue
        if isinstance(operation, AlterColumnType):
            if (
                operation.type != column.type
                or operation.using is not None
                or operation.collation is not None
            ):
                return []
            continue
        clause = _clause(operation, column)
        if clause is None:
            return []
        if clause[0] != clause[1]:
            clauses.append(clause)
    return clauses


def _clause(operation: Operation, column: Column) -> tuple[str, str] | None:
    match operation:
        case SetNotNull() | DropNotNull():
            words = ("DROP NOT NULL", "SET NOT NULL")
            return words[isinstance(operation, SetNotNull)], words[column.not_null]
        case SetDefault(default=default) if default.sql is not None:
            before = column.default.sql if column.default is not None else "NULL"
            return None if before is None else (_default(default.sql), _default(before))
        case DropDefault():
            before = column.default.sql if column.default is not None else "NULL"
            return None if before is None else (_default("NULL"), _default(before))
    return None


def _default(sql: str) -> str:
    return "DROP DEFAULT" if sql.upper() == "NULL" else f"SET DEFAULT {sql}"


def _edits(
    context: Context, command: AlterTable, change: Modify, table: Table, clauses: list[tuple[str, str]]
) -> list[Edit] | None:
    document = context.document
    alter = statement(document, command.span)
    own = document.node(change.span)
    if alter is None or own is None or alter.span != command.span:
        return None
    # In `down` of its own the migration says by itself how it comes back.
    backward = [down for _, down in clauses] if command.callback == "change" else None
    relation = sql_names.relation(table.relation)
    name = sql_names.name(change.column if isinstance(change.column, str) else "")
    up = _sql(relation, name, [forward for forward, _ in clauses])
    down = _sql(relation, name, backward) if backward is not None else None
    text = execute(up, down, len(document.indentation(alter.start)))
    if len(command.changes) == 1:
        if any(alter.start <= comment.start < alter.end for comment in document.tree.comments):
            return None
        return [replaced(document, alter, text)]
    line = statement(document, change.span)
    behind = after_statement(document, command.span, text)
    if line is None or line.span != change.span or behind is None:
        return None
    return [whole_lines(document, change.span), *behind]


def _sql(relation: str, column: str, clauses: list[str]) -> str:
    return f"ALTER TABLE {relation} " + ", ".join(f"ALTER COLUMN {column} {clause}" for clause in clauses)
