"""A foreign key or a CHECK in two migrations: added without a look at the rows, validated later.

VALIDATE CONSTRAINT scans under SHARE UPDATE EXCLUSIVE (PostgreSQL manual, ALTER TABLE, "Notes"), and in a
transaction of its own, so that no stronger lock is held meanwhile.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial

from ..findings import Finding
from ..operations import AddConstraint
from ..program.commands import AlterTable, CreateConstraint, Execute
from ..program.terms import Text
from ..syntax.span import Span
from . import module_edits
from .build_index import build_index, index_name
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
INDEX_RULE = "foreign-key-missing-index"


def proposals(context: Context) -> Iterator[Proposal]:
    if not context.can_add_files:
        return
    yield from _foreign_keys(context)
    yield from _checks(context)
    yield from _in_sql(context)


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
            edit = _unvalidated(context, change.span, "references", 1)
            yield from _proposal(context, operation, change.span, rule, edit)


def _checks(context: Context) -> Iterator[Proposal]:
    for _, command in context.commands(CreateConstraint):
        if not context.is_plain(command):
            continue
        for operation in context.operations(command):
            if isinstance(operation, AddConstraint) and operation.constraint.kind == "check":
                edit = _unvalidated(context, command.span, "constraint", 2)
                yield from _proposal(context, operation, command.span, CHECK_RULE, edit)


def _in_sql(context: Context) -> Iterator[Proposal]:
    """`ADD CONSTRAINT …` as the last clause of an `execute`, which gets NOT VALID."""
    rules = {"foreign key": FOREIGN_KEY_RULE, "check": CHECK_RULE}
    for step, command in context.commands(Execute):
        operations = list(context.operations(command))
        last = operations[-1] if operations else None
        if not isinstance(last, AddConstraint) or last.of_new_column is not None or last.inline:
            continue
        rule = rules.get(last.constraint.kind)
        if rule is None or not isinstance(command.up, Text) or not context.is_plain(command):
            continue
        end = last.span.end
        clause = context.document.data[last.span.start : end].decode("utf-8", "replace")
        # The clause stands in one piece in the literal, and nothing follows it.
        if not step.statement.sql.rstrip(" \n\t;").endswith(clause.rstrip()):
            continue
        end -= len(clause) - len(clause.rstrip())
        yield from _proposal(context, last, command.span, rule, Edit(Span(end, end), " NOT VALID"))


def _proposal(
    context: Context, operation: AddConstraint, span: Span, rule: str, edit: Edit | None
) -> Iterator[Proposal]:
    # What fails does so whether it is validated or not.
    findings = tuple(finding for finding in context.findings(span, (rule,)) if not finding.fails)
    if not findings or operation.constraint.name is None or not operation.relation.name:
        return
    table = context.steps[-1].after.table(operation.relation) if context.steps else None
    partitioned = table is not None and table.partition_by is not None
    if edit is None or (rule != CHECK_RULE and partitioned and context.analysis.project.version.major < 18):
        return  # Before 18 a foreign key of a partitioned table cannot be NOT VALID.
    what = "constraint" if rule == CHECK_RULE else "foreign key"
    missing = _missing_index(context, operation, span) if rule != CHECK_RULE else ()
    ways = [f"add the {what} without a scan", "validate it"]
    if missing:
        ways.insert(1, "build its index concurrently")
    yield Proposal(
        offer(
            context,
            STRATEGY,
            f"{operation.relation}.{operation.constraint.name}",
            f"Split into {len(ways)} migrations: {' → '.join(ways)}",
            span,
            findings=(*findings, *missing),
            preferred=True,
            new_files=len(ways) - 1,
        ),
        partial(_change, context, operation, what, edit, bool(missing)),
    )


def _missing_index(context: Context, operation: AddConstraint, span: Span) -> tuple[Finding, ...]:
    """The finding that no index begins with the key's column, where the migration can be made for it."""
    columns = operation.constraint.columns
    found = tuple(
        finding
        for finding in context.findings(span, (INDEX_RULE,))
        if columns and finding.subject.get("column") == columns[0]
    )
    # On a partitioned table PostgreSQL has no concurrent build.
    table = context.steps[-1].after.table(operation.relation) if context.steps else None
    if (
        table is None
        or table.partition_by is not None
        or index_name(operation.relation, columns) in table.indexes
    ):
        return ()
    return found


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


def _change(
    context: Context, operation: AddConstraint, what: str, edit: Edit, indexed: bool, files: Files
) -> Change:
    document, migration = context.document, context.migration.migration
    name, steps = operation.constraint.name or "", 3 if indexed else 2
    wait = context.analysis.project.settings.lock_timeout
    comments = [
        f"Step 1 of {steps}: the {what} {name}, not validated: new rows are checked,"
        " existing ones are not yet.",
        f"Next: step {steps} (validate), when no existing row breaks it."
        if not indexed
        else "Next: step 2 (its index), then step 3 (validate), when no existing row breaks it.",
    ]
    edits = [edit, module_edits.header(document, migration, comments)]
    timeout = module_edits.lock_timeout(document, migration, wait)
    if timeout is not None:
        edits.append(timeout)
    table = snake(operation.relation.name or "")
    subject = snake(name) if snake(name).startswith(f"{table}_") else f"{table}_{snake(name)}"
    namer = context.namer(files)
    new_files = []
    if indexed:
        columns = operation.constraint.columns
        path, module = namer.next(f"create_{snake(index_name(operation.relation, columns))}")
        placing = Placing(
            module=module, step=2, steps=steps, disable_migration_lock=context.disable_migration_lock
        )
        text = build_index(operation.relation, columns, placing)
        new_files.append(NewFile(path, document.lines(text)))
    path, module = namer.next(f"validate_{subject}")
    placing = Placing(module=module, step=steps, steps=steps, lock_timeout=wait)
    text = validate(operation.relation, name, f"{what} {name}", placing)
    return Change(
        edits=tuple(sorted(edits, key=lambda edit: edit.span)),
        new_files=(*new_files, NewFile(path, document.lines(text))),
    )
