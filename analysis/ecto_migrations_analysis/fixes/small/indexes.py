"""Indexes: what is left out, and what has to stand before."""

from __future__ import annotations

import re

from ...findings import Finding
from ...operations import CreateIndex as MakesIndex
from ...operations import CreateTable, Operation
from ...operations import DropIndex as DropsIndex
from ...operations.tables import TableOperation
from ...program.commands import AlterTable, CreateIndex, DropIndex
from ...schema.state import Table
from ...syntax.span import Span
from .. import elixir, module_edits
from ..complete_for_rollback import known_table
from ..concurrent_index import CONSTRUCTORS
from ..context import Context
from ..full_index import in_full, known_index, spelled
from ..in_place.common import statement, whole_lines
from ..model import Edit
from ..options import CallOptions
from .edits import Fix, Small, deleted, enclosing_call, sql_replace

_USING = re.compile(rb"\s+USING\s+hash\b", re.I)


def _hash(context: Context, finding: Finding) -> Small | None:
    title = "Leave the method out: a B-tree answers = too"
    call = enclosing_call(context, finding.span, *CONSTRUCTORS)
    if call is not None:
        cut = CallOptions(context.document, call, 2).without("using")
        return Small(title=title, edits=cut) if cut is not None else None
    for step in context.steps:
        for operation in step.statement.operations:
            if isinstance(operation, MakesIndex) and operation.span.encloses(finding.span):
                whole = Finding(rule=finding.rule, level=finding.level, span=operation.span, message="")
                edits = sql_replace(context, whole, _USING, "")
                return Small(title=title, edits=tuple(edits)) if edits is not None else None
    return None


def _plain(context: Context, finding: Finding) -> Small | None:
    """`concurrently: true` left out, with the attributes that nothing else needs then."""
    call = enclosing_call(context, finding.span, *CONSTRUCTORS)
    cut = CallOptions(context.document, call, 2).without("concurrently") if call is not None else None
    if cut is None:
        return None
    migration = context.migration.migration
    gone: tuple[Edit, ...] = ()
    if "down" not in migration.callbacks and all(
        _needs_transaction_off(operation) is False for operation in _others(context, finding)
    ):
        gone = _without_attributes(context)
    title = "Leave concurrently: true out" + (" and the attributes, which nothing else needs" if gone else "")
    return Small(title=title, edits=tuple(sorted([*cut, *gone], key=lambda edit: edit.span)), safe=True)


def _others(context: Context, finding: Finding) -> list[Operation | None]:
    """What the other statements do; None for one of which that is not known."""
    return [
        operation
        for step in context.steps
        for operation in (step.statement.operations or (None,))
        if not step.statement.span.encloses(finding.span)
    ]


def _needs_transaction_off(operation: Operation | None) -> bool | None:
    """Whether it cannot run in a transaction, or may have been meant not to; None where nobody knows."""
    if isinstance(operation, MakesIndex | DropsIndex):
        return operation.concurrently
    return False if isinstance(operation, TableOperation | CreateTable) else None


def _without_attributes(context: Context) -> tuple[Edit, ...]:
    """Both attributes gone with their paragraph; nothing where one of them shares its line."""
    document, migration = context.document, context.migration.migration
    spans = sorted(
        attribute.span
        for attribute in (migration.disable_ddl_transaction, migration.disable_migration_lock)
        if attribute.value is True and attribute.span is not None
    )
    for span in spans:
        if not document.starts_line(span.start) or document.rest_of_line(span.end).strip():
            return ()
    if len(spans) == 2 and document.next_line(spans[0].end) == document.line_start(spans[1].start):
        spans = [Span(spans[0].start, spans[1].end)]
    return tuple(whole_lines(document, span) for span in spans)


def _superfluous(context: Context, finding: Finding) -> Small | None:
    """The index left out, where `change` makes it and something else."""
    for _, command in context.commands(CreateIndex):
        if command.span != finding.span or not context.is_plain(command) or command.callback != "change":
            continue
        return _left_out(context, command)
    return None


def _older(context: Context, finding: Finding) -> Small | None:
    """The shorter one left out, where this migration makes both."""
    name = finding.subject.get("index")
    for _, command in context.commands(CreateIndex):
        if command.index.name == name and context.is_plain(command) and command.callback == "change":
            return _left_out(context, command)
    return None


def _left_out(context: Context, command: CreateIndex) -> Small | None:
    if len(context.steps) < 2:
        return None
    edit = deleted(context, command.span)
    title = f"Leave {command.index.name} out"
    return Small(title=title, edits=(edit,)) if edit is not None else None


def _whole_definition(context: Context, finding: Finding) -> Small | None:
    """The index in full, as it was created: Ecto creates on rollback what is written here."""
    for step, command in context.commands(DropIndex):
        if command.span != finding.span or not context.is_plain(command):
            continue
        known = known_index(step.before.tables.values(), finding.subject["index"])
        calls = list(context.document.calls(command.span, *CONSTRUCTORS))
        if known is None or len(calls) != 1:
            return None
        edits = in_full(context.document, known, calls[0])
        title = "Write the definition in full, as it was created"
        return Small(title=title, edits=tuple(edits), safe=True) if edits else None
    return None


def _no_timeout(context: Context, finding: Finding) -> Small | None:
    """`lock_timeout` off before the build: it makes nobody wait."""
    for _, command in context.commands(CreateIndex):
        if not command.span.encloses(finding.span) or not context.is_plain(command):
            continue
        back = ', ""' if command.callback == "change" else ""
        text = f'execute "SET lock_timeout TO 0"{back}'
        edits = module_edits.before_statement(context.document, command.span, text)
        title = "Switch lock_timeout off before it: the build makes nobody wait"
        return Small(title=title, edits=edits) if edits is not None else None
    return None


def _locked(context: Context, finding: Finding) -> Small | None:
    """The attribute left out, where the repo's lock is one that a concurrent build does not wait for."""
    lock = context.analysis.project.repo.migration_lock or ""
    if lock.removeprefix(":") != "pg_advisory_lock":
        return None
    document = context.document
    if not document.starts_line(finding.span.start) or document.rest_of_line(finding.span.end).strip():
        return None
    title = "Remove @disable_migration_lock: the repo's lock is pg_advisory_lock"
    return Small(title=title, edits=(whole_lines(document, finding.span),), safe=True)


def _new_one_first(context: Context, finding: Finding) -> Small | None:
    """The statement that drops the old index moved behind the one that builds the new one."""
    document = context.document
    drop = statement(document, finding.span)
    if drop is None or drop.span != finding.span:
        return None
    commands = [step.statement.command for step in context.steps]
    at = next((n for n, item in enumerate(commands) if item and item.span == finding.span), None)
    if at is None or at + 1 >= len(commands):
        return None
    old, new = commands[at], commands[at + 1]
    if not isinstance(old, DropIndex) or not isinstance(new, CreateIndex):
        return None
    if not (context.is_plain(old) and context.is_plain(new)) or old.index.name == new.index.name:
        return None
    build = statement(document, new.span)
    if build is None or build.span != new.span or new.if_not_exists:
        return None
    between = document.data[drop.end : build.start]
    if between.strip():
        return None
    first = document.data[drop.start : drop.end].decode()
    second = document.data[build.start : build.end].decode()
    title = f"Build {new.index.name} first"
    return Small(title=title, edits=(Edit(drop.span, second), Edit(build.span, first)))


def _said(context: Context, finding: Finding) -> Small | None:
    """The indexes that go with a column dropped by their names first, all that they are."""
    column = finding.subject["column"]
    for step, command in context.commands(AlterTable):
        if not command.span.encloses(finding.span) or not context.is_plain(command):
            continue
        table = known_table(step.before, command.table)
        if table is None or table.uncertain or _of_several(table, column):
            return None
        lost = [
            index
            for index in table.indexes.values()
            if len(index.definition.elements) > 1
            and any(element.column == column for element in index.definition.elements)
        ]
        texts = [spelled(index) for index in lost]
        if not texts or None in texts:
            return None
        indent = len(context.document.indentation(command.span.start))
        lines = [f"drop {text}" for text in texts]
        if any(indent + len(line) > elixir.WIDTH for line in lines):
            return None
        edits = module_edits.before_statement(context.document, command.span, "\n".join(lines))
        title = f"Drop {' and '.join(index.name for index in lost)} first, so that a rollback brings it back"
        return Small(title=title, edits=edits) if edits is not None else None
    return None


def _of_several(table: Table, column: str) -> bool:
    """Whether a constraint of several columns goes too, which nothing brings back."""
    return any(
        len(state.definition.columns) > 1 and column in state.definition.columns
        for state in table.constraints.values()
        if state.definition.kind != "check"
    )


FIXES: dict[str, Fix] = {
    "hash-index": _hash,
    "concurrent-index-on-new-table": _plain,
    "duplicate-index": _superfluous,
    "redundant-index": _older,
    "drop-index-incomplete-definition": _whole_definition,
    "concurrent-index-short-lock-timeout": _no_timeout,
    "concurrent-index-unserialised": _locked,
    "replace-index-order": _new_one_first,
    "remove-loses-index-or-constraint": _said,
}
