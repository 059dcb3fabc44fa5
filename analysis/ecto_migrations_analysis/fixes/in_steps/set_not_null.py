"""NOT NULL on a column that exists: a constraint that is not validated, its validation, then NOT NULL.

From PostgreSQL 18 NOT NULL itself can be NOT VALID. Before, a validated CHECK proves to SET NOT NULL that no
row has to be looked at (PostgreSQL manual, ALTER TABLE). A backfill comes before either: from the moment it
is there, the constraint refuses every UPDATE of a row that has no value.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ...analysis import Step
from ...findings import Finding
from ...operations import Relation, SetNotNull
from ...program.commands import AlterTable, Command, Execute
from ...records import dataclass
from .. import sql_names, values
from ..context import Context, Proposal, offer
from ..enforce import brief_lock, execute
from ..model import Change, Files
from ..naming import snake
from ..new_migrations import Column, Target, not_null_name
from .frame import Part, Taken, change_def, down_def, new_file_count, split, take, up_def
from .modified import only

STRATEGY = "split-set-not-null"
WITH_BACKFILL = "backfill-set-not-null"
RULES = ("set-not-null-scan",)
# NOT NULL is wrong here, however it is set.
NEVER = "nilify-not-null"
_OPTIONS = frozenset({"null", "from"})


@dataclass(frozen=True, slots=True)
class _Subject:
    """The column, and the statement that sets it NOT NULL."""

    relation: Relation
    column: str
    step: Step
    taken: Taken
    findings: tuple[Finding, ...]


def proposals(context: Context) -> Iterator[Proposal]:
    for subject in _subjects(context):
        steps = parts(context, subject.step, subject.relation, subject.column)
        fill = _fill(context, subject)
        how = " → ".join(_WORDS[len(steps)])
        yield _proposal(
            context,
            STRATEGY,
            subject,
            steps,
            f"Split into {len(steps)} migrations: {how} (where no row is NULL)",
        )
        yield _proposal(
            context,
            WITH_BACKFILL,
            subject,
            (fill, *steps),
            f"Split into {len(steps) + 1} migrations: backfill in batches → {how}",
        )


_WORDS = {
    2: ("NOT NULL without a scan", "validate it"),
    3: ("CHECK without a scan", "validate it", "SET NOT NULL"),
}


def _proposal(
    context: Context, strategy: str, subject: _Subject, steps: tuple[Part, ...], title: str
) -> Proposal:
    return Proposal(
        offer(
            context,
            strategy,
            f"{subject.relation}.{subject.column}",
            title,
            subject.findings[0].span,
            findings=subject.findings,
            preferred=strategy == STRATEGY,
            new_files=new_file_count(subject.taken, len(steps)),
        ),
        partial(_change, context, subject.taken, steps),
    )


def _change(context: Context, taken: Taken, steps: tuple[Part, ...], files: Files) -> Change:
    return split(context, taken, steps, files)


def _subjects(context: Context) -> Iterator[_Subject]:
    for step, command in context.commands(Command):
        if not isinstance(command, AlterTable | Execute):
            continue
        operations = list(context.operations(command))
        for operation in operations:
            if not isinstance(operation, SetNotNull) or operation.column is None:
                continue
            findings = tuple(
                finding
                for finding in context.findings(command.span, RULES)
                if not finding.fails and finding.span == operation.span
            )
            if not findings or operation.relation.name is None or context.findings(command.span, (NEVER,)):
                continue
            if isinstance(command, AlterTable):
                table = step.before.table(operation.relation)
                modify = only(table, command, operations, operation.column, _OPTIONS)
                taken = take(context, command, modify) if modify is not None else None
            else:
                taken = take(context, command) if len(operations) == 1 else None
            if taken is not None:
                yield _Subject(operation.relation, operation.column, step, taken, findings)


# --- the migrations ----------------------------------------------------------------------------------------


def parts(context: Context, step: Step, relation: Relation, column: str) -> tuple[Part, ...]:
    """The migrations that make a column NOT NULL in which no row is NULL."""
    called = f"{snake(relation.name or '')}_{snake(column)}"
    subject = f"{relation}.{column}"
    constraint = sql_names.name(not_null_name(step.before.table(relation), relation, column))
    alter = f"ALTER TABLE {sql_names.relation(relation)}"
    name = sql_names.name(column)
    drop = f"{alter} DROP CONSTRAINT {constraint}"
    validate = Part(
        name=f"validate_{called}_not_null",
        about=f"validates it: every row has {subject}.",
        notes=("The scan holds SHARE UPDATE EXCLUSIVE: reads and writes go on.",),
        callbacks=(change_def(execute(f"{alter} VALIDATE CONSTRAINT {constraint}", "")),),
    )
    deploy = (
        f"Deploy when every node writes {subject} and no row is without it. Next: step {{next}} (validate)."
    )
    if context.analysis.project.version.major >= 18:
        add = f"{alter} ADD CONSTRAINT {constraint} NOT NULL {name} NOT VALID"
        about = f"{subject} is NOT NULL, not validated: what is written is checked, other rows are not yet."
        first = Part(
            name=f"add_{called}_not_null",
            about=about,
            notes=(deploy,),
            callbacks=(change_def(execute(add, drop)),),
        )
        return first, validate
    add = f"{alter} ADD CONSTRAINT {constraint} CHECK ({name} IS NOT NULL) NOT VALID"
    first = Part(
        name=f"check_{called}_not_null",
        about=f"a CHECK on {subject}, not validated: what is written is checked, other rows are not yet.",
        notes=(deploy,),
        callbacks=(change_def(execute(add, drop)),),
    )
    dropped = brief_lock(f"{alter} DROP CONSTRAINT IF EXISTS {constraint}")
    last = Part(
        name=f"set_{called}_not_null",
        about="NOT NULL. The validated CHECK proves it, so no row is read; then it has done its work.",
        callbacks=(
            up_def(brief_lock(f"{alter} ALTER COLUMN {name} SET NOT NULL"), dropped),
            down_def(
                dropped,
                brief_lock(add),
                execute(f"{alter} VALIDATE CONSTRAINT {constraint}"),
                brief_lock(f"{alter} ALTER COLUMN {name} DROP NOT NULL"),
            ),
        ),
        transactional=False,
    )
    return first, validate, last


def _fill(context: Context, subject: _Subject) -> Part:
    """The backfill; with the column's default where it has one, else with a value to be chosen."""
    table = subject.step.before.table(subject.relation)
    known = table.columns.get(subject.column) if table is not None else None
    default = known.default.sql if known is not None and known.default is not None else None
    value = None
    if default is not None and default.upper() != "NULL" and "nextval(" not in default.lower():
        value = values.Value(sql=default)
    target = Target(
        relation=subject.relation,
        key=context.key(subject.step, subject.relation),
        columns=(
            Column(
                name=subject.column,
                value=value,
                type=str(known.type) if known is not None and known.type.name else None,
            ),
        ),
    )
    return Part(name=f"backfill_{snake(subject.relation.name or '')}_{snake(subject.column)}", fills=target)
