"""A check that a column is not NULL, added or validated before anything has filled it: behind a backfill."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ...analysis import Step
from ...findings import Finding
from ...operations import AddConstraint, Relation, ValidateConstraint
from ...program.commands import Command
from ..context import Context, Proposal, offer
from ..in_steps.frame import Part, Taken, change_def, new_file_count, split, take
from ..model import Change, Files
from ..naming import snake
from ..new_migrations import Column, Target

STRATEGY = "fill-first"
ADDED = "not-valid-check-before-backfill"
VALIDATED = "constraint-validated-before-backfill"


def proposals(context: Context) -> Iterator[Proposal]:
    findings = context.findings(context.migration.migration.span, (ADDED, VALIDATED))
    for finding in findings:
        found = _found(context, finding)
        if found is None:
            continue
        step, relation, constraint = found
        column, command = finding.subject.get("column"), step.statement.command
        if not isinstance(column, str) or command is None or _filled_later(context, relation, column):
            continue
        target = _target(context, step, relation, column)
        taken = take(context, command) if command.callback == "change" else None
        if target is None or taken is None:
            continue
        what = "add" if finding.rule == ADDED else "validate"
        files = new_file_count(taken, 2) + 1
        yield Proposal(
            offer(
                context,
                STRATEGY,
                f"{relation}.{constraint}",
                f"Split into {files} migrations: {'the rest → ' if taken.lines is not None else ''}"
                f"backfill {column} in batches → {what} {constraint}",
                finding.span,
                findings=(finding,),
                preferred=True,
                new_files=files - 1,
            ),
            partial(_change, context, taken, command, finding.rule, target, constraint),
        )


def _found(context: Context, finding: Finding) -> tuple[Step, Relation, str] | None:
    """The statement with the table and the name of the constraint."""
    for step in context.steps:
        for operation in step.statement.operations:
            name: str | None = None
            if isinstance(operation, AddConstraint) and operation.constraint.span == finding.span:
                name = operation.constraint.name
            elif isinstance(operation, ValidateConstraint) and operation.span == finding.span:
                name = operation.name
            else:
                continue
            if name is None or operation.relation.name is None or len(step.statement.operations) != 1:
                return None
            return step, operation.relation, name
    return None


def _filled_later(context: Context, relation: Relation, column: str) -> bool:
    """Whether another migration fills it: then this one belongs behind that."""
    latest = context.analysis.project.latest
    table = latest().table(relation) if latest is not None else None
    found = table.columns.get(column) if table is not None else None
    return found is not None and found.backfilled


def _target(context: Context, step: Step, relation: Relation, column: str) -> Target | None:
    table = step.before.table(relation)
    known = table.columns.get(column) if table is not None else None
    if known is None:
        return None
    sql_type = str(known.type) if known.type.name else None
    return Target(
        relation=relation,
        key=context.key(step, relation),
        columns=(Column(name=column, value=None, type=sql_type),),
    )


def _change(
    context: Context,
    taken: Taken,
    command: Command,
    rule: str,
    target: Target,
    constraint: str,
    files: Files,
) -> Change:
    document = context.document
    statement = taken.lines.statement if taken.lines is not None else command.span
    text = document.data[statement.start : statement.end].decode("utf-8").replace("\r\n", "\n")
    indentation = document.indentation(statement.start)
    lines = "\n".join(line.removeprefix(indentation) for line in text.split("\n")).replace("\t", "  ")
    called = snake(constraint)
    if rule == ADDED:
        about = (
            f"{constraint}. Deploy when every node writes {target.subject} and no row is without it: from"
            " now on an UPDATE of such a row fails."
        )
    else:
        about = f"validates {constraint}. The scan lets reads and writes go on."
    parts = (
        Part(name=f"backfill_{snake(target.subject)}", fills=target),
        Part(
            name=f"add_{called}" if rule == ADDED else f"validate_{called}",
            about=about,
            callbacks=(change_def(lines),),
        ),
    )
    return split(context, taken, parts, files)
