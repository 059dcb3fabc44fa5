"""The migration that validates what another one added NOT VALID and none has validated.

It is the newest of its folder: the migration that adds the constraint may have run everywhere long ago.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ...operations import AddConstraint
from .. import naming, sql_names
from ..context import Context, Proposal, offer
from ..enforce import execute
from ..model import Change, Files, NewFile
from ..naming import Namer, snake
from .frame import Part, change_def, rendered

STRATEGY = "add-validation"
RULE = "constraint-never-validated"
# Until the rows are filled, no validation can succeed.
TOO_EARLY = "not-valid-check-before-backfill"


def proposals(context: Context) -> Iterator[Proposal]:
    own = context.migration.migration.span
    if not context.can_add_files or context.findings(own, (TOO_EARLY,)):
        return
    for finding in context.findings(own, (RULE,)):
        for step in context.steps:
            for operation in step.statement.operations:
                if not isinstance(operation, AddConstraint) or operation.constraint.span != finding.span:
                    continue
                name = operation.constraint.name
                if name is None or operation.relation.name is None or operation.constraint.validated:
                    continue
                yield Proposal(
                    offer(
                        context,
                        STRATEGY,
                        f"{operation.relation}.{name}",
                        f"Add a migration that validates {name}",
                        finding.span,
                        findings=(finding,),
                        preferred=True,
                        new_files=1,
                    ),
                    partial(_change, context, operation, name),
                )


def _change(context: Context, operation: AddConstraint, name: str, files: Files) -> Change:
    table = snake(operation.relation.name or "")
    subject = snake(name) if snake(name).startswith(f"{table}_") else f"{table}_{snake(name)}"
    alter = f"ALTER TABLE {sql_names.relation(operation.relation)}"
    part = Part(
        name=f"validate_{subject}",
        about=f"validates {name} on {operation.relation}. Deploy when no row breaks it any more.",
        notes=("The scan holds SHARE UPDATE EXCLUSIVE: reads and writes go on.",),
        callbacks=(change_def(execute(f"{alter} VALIDATE CONSTRAINT {sql_names.name(name)}", "")),),
    )
    path, module = _newest(context, files).next(part.name)
    return Change(new_files=(NewFile(path, context.document.lines(rendered(context, part, module, 1, 1))),))


def _newest(context: Context, files: Files) -> Namer:
    """Names behind the last migration of the folder."""
    path = context.analysis.source.path
    assert path is not None
    folder, own = naming.split_path(path)
    names = files.names(folder or ".")
    found = [(int(name.version), name) for file in (*names, own) if (name := naming.parse(file))]
    newest = str(max(found, key=lambda item: item[0])[1])
    modules = context.analysis.project.sibling_modules
    return Namer(folder + newest, context.migration.migration.module, modules, names)
