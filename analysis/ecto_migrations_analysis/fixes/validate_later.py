"""A foreign key or a CHECK in two migrations: added without a look at the rows, validated later.

VALIDATE CONSTRAINT scans under SHARE UPDATE EXCLUSIVE (PostgreSQL manual, ALTER TABLE, "Notes"), and in a
transaction of its own, so that no stronger lock is held meanwhile.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial

from ..operations import AddConstraint
from ..program.commands import AlterTable, CreateConstraint
from ..syntax.span import Span
from . import module_edits
from .context import Context, Proposal, offer
from .enforce import validate
from .model import Change, Edit, Files, NewFile
from .naming import snake
from .new_migrations import Placing
from .options import CallOptions

STRATEGY = "validate-later"
FOREIGN_KEY_RULE = "foreign-key-validated"
MODIFIED_KEY_RULE = "modify-foreign-key"
CHECK_RULE = "check-constraint-validated"


def proposals(context: Context) -> Iterator[Proposal]:
    if not context.can_add_files:
        return
    yield from _foreign_keys(context)
    yield from _checks(context)


def _foreign_keys(context: Context) -> Iterator[Proposal]:
    for _, command in context.commands(AlterTable):
        if not context.is_plain(command):
            continue
        spans = Counter(change.span for change in command.changes)
        changes = {change.column: change for change in command.changes if isinstance(change.column, str)}
        for operation in context.operations(command):
            if not isinstance(operation, AddConstraint) or operation.constraint.kind != "foreign key":
                continue
            if not operation.constraint.validated:
                continue
            change = changes.get(operation.of_new_column or (operation.constraint.columns or ("",))[0])
            if change is None or change.via or not change.always or spans[change.span] != 1:
                continue
            rule = MODIFIED_KEY_RULE if operation.from_modify else FOREIGN_KEY_RULE
            yield from _proposal(context, operation, change.span, rule, "references", 1)


def _checks(context: Context) -> Iterator[Proposal]:
    for _, command in context.commands(CreateConstraint):
        if not context.is_plain(command):
            continue
        for operation in context.operations(command):
            if isinstance(operation, AddConstraint) and operation.constraint.kind == "check":
                yield from _proposal(context, operation, command.span, CHECK_RULE, "constraint", 2)


def _proposal(
    context: Context, operation: AddConstraint, span: Span, rule: str, function: str, positional: int
) -> Iterator[Proposal]:
    # What fails does so whether it is validated or not.
    findings = tuple(finding for finding in context.findings(span, (rule,)) if not finding.fails)
    if not findings or operation.constraint.name is None or not operation.relation.name:
        return
    edit = _unvalidated(context, span, function, positional)
    if edit is None:
        return
    what = "constraint" if rule == CHECK_RULE else "foreign key"
    yield Proposal(
        offer(
            context,
            STRATEGY,
            f"{operation.relation}.{operation.constraint.name}",
            f"Split into 2 migrations: add the {what} without a scan → validate it",
            span,
            findings=findings,
            preferred=True,
            new_files=1,
        ),
        partial(_change, context, operation, what, edit),
    )


def _unvalidated(context: Context, span: Span, function: str, positional: int) -> Edit | None:
    calls = list(context.document.calls(span, function))
    if len(calls) != 1:
        return None
    piped = any(
        node.kind == "binary_operator" and node.operator == "|>" and node.children[-1] is calls[0]
        for node in context.document.path(calls[0].span)
    )
    options = CallOptions(context.document, calls[0], positional - 1 if piped else positional)
    if "validate" in options.pairs:
        return options.replace_value("validate", "false")
    return options.with_pair("validate: false")


def _change(context: Context, operation: AddConstraint, what: str, edit: Edit, files: Files) -> Change:
    document, migration = context.document, context.migration.migration
    name = operation.constraint.name or ""
    wait = context.analysis.project.settings.lock_timeout
    comments = [
        f"Step 1 of 2: the {what} {name}, not validated: new rows are checked, existing ones are not yet.",
        "Next: step 2 (validate), when no existing row breaks it.",
    ]
    edits = [edit, module_edits.header(document, migration, comments)]
    timeout = module_edits.lock_timeout(document, migration, wait)
    if timeout is not None:
        edits.append(timeout)
    table = snake(operation.relation.name or "")
    subject = snake(name) if snake(name).startswith(f"{table}_") else f"{table}_{snake(name)}"
    path, module = context.namer(files).next(f"validate_{subject}")
    placing = Placing(module=module, step=2, steps=2, lock_timeout=wait)
    text = validate(operation.relation, name, f"{what} {name}", placing)
    return Change(
        edits=tuple(sorted(edits, key=lambda edit: edit.span)),
        new_files=(NewFile(path, document.lines(text)),),
    )
