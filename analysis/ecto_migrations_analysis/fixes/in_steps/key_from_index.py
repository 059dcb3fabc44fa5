"""UNIQUE and PRIMARY KEY of an index that was built concurrently.

ADD CONSTRAINT … USING INDEX takes over what is there and builds nothing (PostgreSQL manual, ALTER TABLE).
DROP CONSTRAINT takes the index along, so the way back builds it again, concurrently too.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ...analysis import Step
from ...databases.postgres.quoting import default_name
from ...findings import Finding
from ...operations import AddConstraint
from ...program.commands import AlterTable, Command, Execute
from ...schema.state import Table
from .. import sql_names
from ..build_index import command as dsl
from ..build_index import index_call
from ..context import Context, Proposal, offer
from ..definitions import deferrable
from ..enforce import brief_lock
from ..model import Change, Files
from ..naming import snake
from . import set_not_null
from .frame import Part, Taken, down_def, new_file_count, split, take, up_def
from .modified import only

STRATEGY = "constraint-from-index"
INDEX_ONLY = "unique-index-instead"
RULES = {"unique": "unique-constraint-raw", "primary key": "add-primary-key-to-existing"}
_OPTIONS = frozenset({"primary_key", "null", "from"})
_LABELS = {"unique": "key", "primary key": "pkey"}


def proposals(context: Context) -> Iterator[Proposal]:
    for step, command in context.commands(Command):
        if not isinstance(command, AlterTable | Execute):
            continue
        operations = list(context.operations(command))
        for operation in operations:
            if not isinstance(operation, AddConstraint) or not _is_simple(operation):
                continue
            table = step.before.table(operation.relation)
            # On a partitioned table PostgreSQL has neither a concurrent build nor USING INDEX.
            if table is not None and table.partition_by is not None:
                continue
            findings = tuple(
                finding
                for finding in context.findings(command.span, (RULES[operation.constraint.kind],))
                if not finding.fails and finding.span == operation.span
            )
            if not findings:
                continue
            if isinstance(command, AlterTable):
                columns = operation.constraint.columns
                modify = only(table, command, operations, columns[0], _OPTIONS) if len(columns) == 1 else None
                taken = take(context, command, modify) if modify is not None else None
            else:
                taken = take(context, command) if len(operations) == 1 else None
            if taken is not None:
                yield from _proposals(context, step, operation, taken, findings)


def _is_simple(operation: AddConstraint) -> bool:
    constraint = operation.constraint
    if constraint.kind not in RULES or constraint.using_index is not None or constraint.temporal:
        return False
    if operation.inline or operation.of_new_column is not None or not operation.relation.name:
        return False
    plain = not constraint.include and constraint.nulls_distinct and constraint.complete
    return plain and bool(constraint.columns)


def _proposals(
    context: Context, step: Step, operation: AddConstraint, taken: Taken, findings: tuple[Finding, ...]
) -> Iterator[Proposal]:
    constraint = operation.constraint
    name = _name(operation)
    if constraint.kind == "unique" and not constraint.deferrable:
        only = _index(operation, name, "a unique index, which is all that Ecto asks for.")
        title = "Make it a unique index, built concurrently: Ecto needs no constraint"
        yield _proposal(context, INDEX_ONLY, operation, taken, (only,), title, findings, preferred=True)
    before: tuple[Part, ...] = ()
    if constraint.kind == "primary key":
        table = step.before.table(operation.relation)
        if table is None or table.uncertain:
            return
        for column in _nullable(table, constraint.columns):
            before += set_not_null.parts(context, step, operation.relation, column)
    parts = (
        *before,
        _index(operation, name, f"the index of {name}. Deploy when no two rows have the same values."),
        _constraint(operation, name),
    )
    words = (
        *(("NOT NULL without a scan",) if before else ()),
        "unique index, concurrently",
        f"{constraint.kind.upper()} USING INDEX",
    )
    title = f"Split into {len(parts)} migrations: {' → '.join(words)}"
    preferred = constraint.kind == "primary key" or constraint.deferrable
    yield _proposal(context, STRATEGY, operation, taken, parts, title, findings, preferred=preferred)


def _proposal(
    context: Context,
    strategy: str,
    operation: AddConstraint,
    taken: Taken,
    parts: tuple[Part, ...],
    title: str,
    findings: tuple[Finding, ...],
    *,
    preferred: bool,
) -> Proposal:
    return Proposal(
        offer(
            context,
            strategy,
            f"{operation.relation}.{_name(operation)}",
            title,
            findings[0].span,
            findings=findings,
            preferred=preferred,
            new_files=new_file_count(taken, len(parts)),
        ),
        partial(_change, context, taken, parts),
    )


def _change(context: Context, taken: Taken, parts: tuple[Part, ...], files: Files) -> Change:
    return split(context, taken, parts, files)


def _name(operation: AddConstraint) -> str:
    constraint, table = operation.constraint, operation.relation.name or ""
    if constraint.name is not None:
        return constraint.name
    columns = None if constraint.kind == "primary key" else "_".join(constraint.columns)
    return default_name(table, columns, _LABELS[constraint.kind])


def _nullable(table: Table, columns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        name for name in columns if (column := table.columns.get(name)) is None or not column.not_null
    )


def _index(operation: AddConstraint, name: str, about: str) -> Part:
    index = index_call(operation.relation, operation.constraint.columns, unique=True, name=name)
    return Part(
        name=f"create_{_subject(operation, name)}_index",
        about=about,
        notes=(
            "Reads and writes go on while it is built. What a build that failed has left over is dropped"
            " first.",
        ),
        callbacks=(
            up_def(dsl("drop_if_exists", index), dsl("create", index)),
            down_def(dsl("drop_if_exists", index)),
        ),
        transactional=False,
    )


def _constraint(operation: AddConstraint, name: str) -> Part:
    constraint = operation.constraint
    index = index_call(operation.relation, constraint.columns, unique=True, name=name)
    quoted = sql_names.name(name)
    alter = f"ALTER TABLE {sql_names.relation(operation.relation)}"
    kind = constraint.kind.upper()
    return Part(
        name=f"add_{_subject(operation, name)}",
        about=f"{name}, of the index that is there.",
        notes=("On the way back the constraint takes its index along, so that is built again.",),
        callbacks=(
            up_def(
                brief_lock(
                    f"{alter} ADD CONSTRAINT {quoted} {kind} USING INDEX {quoted}{deferrable(constraint)}"
                )
            ),
            down_def(
                brief_lock(f"{alter} DROP CONSTRAINT IF EXISTS {quoted}"),
                dsl("drop_if_exists", index),
                dsl("create", index),
            ),
        ),
        transactional=False,
    )


def _subject(operation: AddConstraint, name: str) -> str:
    table = snake(operation.relation.name or "")
    return snake(name) if snake(name).startswith(table) else f"{table}_{snake(name)}"
