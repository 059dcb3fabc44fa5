"""A foreign key that `modify` replaces: the new one beside the old one, validated, and then in its place."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ...databases.postgres.quoting import default_name
from ...operations import AddConstraint, DropConstraint, Operation
from ...program.commands import AlterTable
from ...schema.state import Table
from .. import sql_names
from ..context import Context, Proposal, offer
from ..definitions import foreign_key
from ..enforce import execute
from ..model import Change, Files
from ..naming import snake
from .frame import Part, Taken, change_def, down_def, new_file_count, split, take, up_def
from .modified import only

STRATEGY = "replace-foreign-key"
RULE = "modify-foreign-key"


def proposals(context: Context) -> Iterator[Proposal]:
    for step, command in context.commands(AlterTable):
        operations = list(context.operations(command))
        for operation in operations:
            if not isinstance(operation, AddConstraint) or not operation.from_modify:
                continue
            findings = tuple(
                finding
                for finding in context.findings(command.span, (RULE,))
                if not finding.fails and finding.span == operation.span
            )
            table = step.before.table(operation.relation)
            if not findings or table is None or table.uncertain or table.partition_by is not None:
                continue
            columns = operation.constraint.columns
            if len(columns) != 1:
                continue
            modify = only(table, command, operations, columns[0], frozenset({"from"}))
            parts = _parts(table, operation, operations) if modify is not None else None
            taken = take(context, command, modify) if parts is not None else None
            if parts is None or taken is None:
                continue
            yield Proposal(
                offer(
                    context,
                    STRATEGY,
                    f"{operation.relation}.{operation.constraint.name}",
                    "Split into 3 migrations: add the new foreign key beside the old one, without a scan →"
                    " validate it → put it in the old one's place",
                    findings[0].span,
                    findings=findings,
                    preferred=True,
                    new_files=new_file_count(taken, len(parts)),
                ),
                partial(_change, context, taken, parts),
            )


def _change(context: Context, taken: Taken, parts: tuple[Part, ...], files: Files) -> Change:
    return split(context, taken, parts, files)


def _parts(table: Table, operation: AddConstraint, operations: list[Operation]) -> tuple[Part, ...] | None:
    new = operation.constraint
    dropped = [
        other.name
        for other in operations
        if isinstance(other, DropConstraint)
        and other.name is not None
        and other.name in table.constraints
        and table.constraints[other.name].definition.columns == new.columns
    ]
    if len(dropped) != 1 or new.name is None:
        return None
    old_name = dropped[0]
    wanted, former = foreign_key(new), foreign_key(table.constraints[old_name].definition)
    beside = default_name(new.name, None, "new")
    if wanted is None or former is None or beside in table.constraints:
        return None
    alter = f"ALTER TABLE {sql_names.relation(operation.relation)}"
    old, final, meanwhile = map(sql_names.name, (old_name, new.name, beside))
    subject = _subject(operation, new.name)
    add = f"{alter} ADD CONSTRAINT {meanwhile} {wanted} NOT VALID"
    return (
        Part(
            name=f"add_new_{subject}",
            about=f"the new foreign key, as {beside}, beside {old_name}, not validated: what is written is"
            " checked by both.",
            notes=("Next: step {next} (validate), when no row breaks it.",),
            callbacks=(change_def(execute(add, f"{alter} DROP CONSTRAINT {meanwhile}")),),
        ),
        Part(
            name=f"validate_new_{subject}",
            about="validates it, and on the way back the old one, which step 3 then has added again.",
            notes=("The scan holds SHARE UPDATE EXCLUSIVE: reads and writes go on.",),
            callbacks=(
                change_def(
                    execute(f"{alter} VALIDATE CONSTRAINT {meanwhile}", f"{alter} VALIDATE CONSTRAINT {old}")
                ),
            ),
        ),
        Part(
            name=f"replace_{subject}",
            about=f"the old foreign key goes, and the new one is {new.name} from now on.",
            callbacks=(
                up_def(
                    execute(f"{alter} DROP CONSTRAINT {old}"),
                    execute(f"{alter} RENAME CONSTRAINT {meanwhile} TO {final}"),
                ),
                down_def(
                    execute(f"{alter} RENAME CONSTRAINT {final} TO {meanwhile}"),
                    execute(f"{alter} ADD CONSTRAINT {old} {former} NOT VALID"),
                ),
            ),
        ),
    )


def _subject(operation: AddConstraint, name: str) -> str:
    table = snake(operation.relation.name or "")
    return snake(name) if snake(name).startswith(table) else f"{table}_{snake(name)}"
