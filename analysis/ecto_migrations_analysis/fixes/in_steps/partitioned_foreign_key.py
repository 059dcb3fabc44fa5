"""A foreign key of a partitioned table, before PostgreSQL 18: on each partition first, then on the parent.

NOT VALID is refused on the parent there, and a validated key reads every partition while writes wait. Keys of
the partitions that say the same become parts of the parent's without being looked at again (release notes of
PostgreSQL 12; `ATExecAddConstraint`).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ...databases.postgres.ecto_types import ecto_type
from ...findings import Finding
from ...operations import AddColumn, AddConstraint, Relation
from ...program.commands import Add, AlterTable, Command, Execute
from ...schema.state import Schema, Table
from ...syntax.span import Span
from .. import module_edits, sql_names
from ..context import Context, Proposal, offer
from ..definitions import foreign_key
from ..enforce import brief_lock, execute
from ..model import Change, Edit, Files, NewFile
from ..naming import snake
from .frame import Part, Taken, down_def, new_file_count, rendered, split, take, up_def

STRATEGY = "foreign-key-by-partition"
RULES = ("foreign-key-not-valid-partitioned", "foreign-key-validated")
# The first version that takes NOT VALID on the parent.
_SINCE = 18


def proposals(context: Context) -> Iterator[Proposal]:
    project = context.analysis.project
    if project.database != "postgres" or project.version.major >= _SINCE:
        return
    for step, command in context.commands(Command):
        if not isinstance(command, AlterTable | Execute):
            continue
        operations = list(context.operations(command))
        for operation in operations:
            if not isinstance(operation, AddConstraint) or operation.constraint.kind != "foreign key":
                continue
            findings = tuple(
                item for item in context.findings(command.span, RULES) if item.span == operation.span
            )
            part = _part(step.before, operation) if findings else None
            if part is None:
                continue
            if isinstance(command, AlterTable):
                column = next(
                    (
                        item
                        for item in operations
                        if isinstance(item, AddColumn) and item.column.name == operation.of_new_column
                    ),
                    None,
                )
                edits = _column_alone(context, command, column) if column is not None else None
                if edits is not None:
                    yield _beside(context, operation, part, findings, edits)
            elif len(operations) == 1:
                taken = take(context, command)
                if taken is not None:
                    yield _instead(context, operation, part, findings, taken)


def _instead(
    context: Context,
    operation: AddConstraint,
    part: Part,
    findings: tuple[Finding, ...],
    taken: Taken,
) -> Proposal:
    title = "Add the foreign key to each partition without a scan and validate it there, then to the parent"
    return Proposal(
        offer(
            context,
            STRATEGY,
            f"{operation.relation}.{operation.constraint.name}",
            title,
            findings[0].span,
            findings=findings,
            preferred=True,
            new_files=new_file_count(taken, 1),
        ),
        partial(_split, context, taken, part),
    )


def _split(context: Context, taken: Taken, part: Part, files: Files) -> Change:
    return split(context, taken, (part,), files)


def _beside(
    context: Context,
    operation: AddConstraint,
    part: Part,
    findings: tuple[Finding, ...],
    edits: tuple[Edit, ...],
) -> Proposal:
    return Proposal(
        offer(
            context,
            STRATEGY,
            f"{operation.relation}.{operation.constraint.name}",
            "Split into 2 migrations: add the column → add the foreign key, partition by partition",
            findings[0].span,
            findings=findings,
            preferred=True,
            new_files=1,
        ),
        partial(_second, context, part, edits),
    )


def _second(context: Context, part: Part, edits: tuple[Edit, ...], files: Files) -> Change:
    path, name = context.namer(files).next(part.name)
    text = context.document.lines(rendered(context, part, name, 2, 2))
    return Change(edits=edits, new_files=(NewFile(path, text),))


def _column_alone(context: Context, command: AlterTable, column: AddColumn) -> tuple[Edit, ...] | None:
    """The column with the type that its foreign key has, without the key."""
    document, migration = context.document, context.migration.migration
    if not context.can_add_files or command.callback != "change" or not context.is_plain(command):
        return None
    if migration.disable_ddl_transaction.value is not False:
        return None
    changes = [
        item for item in command.changes if isinstance(item, Add) and item.column == column.column.name
    ]
    written = ecto_type(column.column.type)
    if len(changes) != 1 or changes[0].via or not changes[0].always or written is None or written[1]:
        return None
    calls = list(document.calls(changes[0].span, "references"))
    if len(calls) != 1:
        return None
    name = f"{column.relation}.{column.column.name}"
    comments = [
        f"Step 1 of 2: adds {name}. Next: step 2 (its foreign key), which can follow at once.",
    ]
    edits = [
        Edit(Span(calls[0].start, calls[0].end), written[0]),
        module_edits.header(document, migration, comments),
    ]
    timeout = module_edits.lock_timeout(document, migration, context.analysis.project.settings.lock_timeout)
    if timeout is not None:
        edits.append(timeout)
    return tuple(sorted(edits, key=lambda edit: edit.span))


def _part(schema: Schema, operation: AddConstraint) -> Part | None:
    """None where a partition is not known as it is, or is partitioned itself."""
    table = schema.table(operation.relation)
    rule, name = foreign_key(operation.constraint), operation.constraint.name
    if table is None or table.partition_by is None or rule is None or name is None or table.uncertain:
        return None
    partitions = _partitions(schema, table, name)
    if not partitions:
        return None
    quoted, parent = sql_names.name(name), sql_names.relation(table.relation)
    gone = brief_lock(f"ALTER TABLE {parent} DROP CONSTRAINT IF EXISTS {quoted}")
    up = [gone]
    for relation in partitions:
        alter = f"ALTER TABLE {sql_names.relation(relation)}"
        up += [
            brief_lock(f"{alter} DROP CONSTRAINT IF EXISTS {quoted}"),
            brief_lock(f"{alter} ADD CONSTRAINT {quoted} {rule} NOT VALID"),
            execute(f"{alter} VALIDATE CONSTRAINT {quoted}"),
        ]
    up.append(brief_lock(f"ALTER TABLE {parent} ADD CONSTRAINT {quoted} {rule}"))
    return Part(
        name=f"add_{snake(name)}",
        about=f"the foreign key {name}: on each partition, then on {table.relation}, which takes them over.",
        notes=(
            "While a partition is validated, reads and writes go on. Partitions that no migration creates"
            " need their lines here too: those without the key are read by the last statement, while writes"
            " wait.",
        ),
        callbacks=(up_def(*up), down_def(gone)),
        transactional=False,
    )


def _partitions(schema: Schema, table: Table, name: str) -> list[Relation]:
    found = []
    for relation in table.children:
        partition = schema.table(relation)
        if partition is None or partition.partition_by is not None:
            return []
        if partition.partition_of is None or name in partition.constraints:
            return []
        found.append(relation)
    return found
