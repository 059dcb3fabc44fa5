"""Statements: put together, left out, or one more before or after."""

from __future__ import annotations

from ...findings import Finding
from ...operations import SetNotNull, TransactionControl
from ...program.commands import AlterTable, Command
from ...schema.state import Schema
from ...syntax.span import Span
from ...syntax.tree import Node
from .. import elixir, module_edits, sql_names
from ..context import Context
from ..in_place.common import execute, statement, whole_lines
from ..model import Edit
from ..options import CallOptions
from .edits import Fix, Small, deleted, enclosing_call, set_off, too_long


def _merged(context: Context, finding: Finding) -> Small | None:
    """The changes of this `alter` at the end of the one before it, of the same table."""
    document = context.document
    blocks: list[tuple[AlterTable, Node]] = []
    for _, command in context.commands(AlterTable):
        node = statement(document, command.span)
        if node is not None and node.span == command.span and context.is_plain(command):
            blocks.append((command, node))
    at = next((n for n, (item, _) in enumerate(blocks) if item.table.span == finding.span), 0)
    second = blocks[at] if at else None
    table = finding.span and context.analysis.source.text(finding.span)
    first = next(
        (item for item in reversed(blocks[:at]) if context.analysis.source.text(item[0].table.span) == table),
        None,
    )
    if first is None or second is None or first[0].callback != second[0].callback:
        return None
    columns = [change.column for command, _ in (first, second) for change in command.changes]
    if not all(isinstance(name, str) for name in columns) or len(set(columns)) < len(columns):
        return None
    inner = [node.child("do_block") for _, node in (first, second)]
    if not all(block is not None and block.children for block in inner):
        return None
    if document.indentation(first[1].start) != document.indentation(second[1].start):
        return None
    head = Span(document.next_line(second[1].start), document.line_start(second[1].end))
    if document.line_start(second[1].end) <= document.line_start(second[1].start):
        return None
    moved = document.data[head.start : head.end].decode()
    at_end = document.line_start(first[1].end)
    edits = (Edit(Span(at_end, at_end), moved), whole_lines(document, second[1].span))
    return Small(title="Put the changes into the alter above: one pass over the table", edits=edits)


def _helper(context: Context, finding: Finding) -> Small | None:
    """The CHECK dropped in a statement behind SET NOT NULL, and made again on rollback."""
    name = finding.subject.get("constraint", "")
    for step in context.steps:
        command = step.statement.command
        for operation in step.statement.operations:
            if not isinstance(operation, SetNotNull) or operation.span != finding.span or command is None:
                continue
            table = step.before.table(operation.relation)
            known = table.constraints.get(name) if table is not None else None
            expression = known.definition.expression if known is not None else None
            if not context.is_plain(command) or expression is None or expression.sql is None:
                return None
            if (
                known is None
                or not known.definition.validated
                or "down" in context.migration.migration.callbacks
            ):
                return None
            relation, constraint = sql_names.relation(operation.relation), sql_names.name(name)
            up = f"ALTER TABLE {relation} DROP CONSTRAINT {constraint}"
            down = f"ALTER TABLE {relation} ADD CONSTRAINT {constraint} CHECK ({expression.sql})"
            if command.callback != "change":
                return None
            text = execute(up, down, len(context.document.indentation(command.span.start)))
            edits = module_edits.after_statement(context.document, command.span, text)
            title = f"Drop {name} after it"
            return Small(title=title, edits=edits) if edits is not None else None
    return None


def _transaction(context: Context, finding: Finding) -> Small | None:
    """BEGIN inside of a transaction does nothing; COMMIT at the very end does what Ecto does next."""
    if not context.migration.transactional:
        return None
    for number, step in enumerate(context.steps):
        command = step.statement.command
        for operation in step.statement.operations:
            if not isinstance(operation, TransactionControl) or operation.span != finding.span:
                continue
            opens = operation.command in ("begin", "start transaction")
            ends = operation.command in ("commit", "end") and number == len(context.steps) - 1
            if command is None or not context.is_plain(command) or not (opens or ends):
                return None
            if len(step.statement.operations) != 1 or not _only(context, command):
                return None
            edit = deleted(context, command.span)
            word = operation.command.upper()
            why = "Ecto has opened the transaction" if opens else "Ecto commits at the end"
            return Small(title=f"Leave {word} out: {why}", edits=(edit,), safe=True) if edit else None
    return None


def _only(context: Context, command: Command) -> bool:
    """Whether it is one statement, and others are left."""
    return len(context.steps_of(command)) == 1 and len(context.steps) > 1


def _pending(context: Context, finding: Finding) -> Small | None:
    for step in context.steps:
        command = step.statement.command
        if step.statement.span != finding.span or command is None or not context.is_plain(command):
            continue
        back = ', ""' if command.callback == "change" else ""
        text = f'execute "SET CONSTRAINTS ALL IMMEDIATE"{back}'
        edits = module_edits.before_statement(context.document, command.span, text)
        title = "Run the pending checks first: SET CONSTRAINTS ALL IMMEDIATE"
        return Small(title=title, edits=edits) if edits is not None else None
    return None


def _nilified(context: Context, finding: Finding) -> Small | None:
    """Of a key of several columns only the nullable ones set to NULL; else the column made nullable."""
    document = context.document
    call = enclosing_call(context, finding.span, "references")
    if call is None or call.span != finding.span:
        return None
    options = CallOptions(document, call, 1)
    if "with" in options.pairs:
        return _some(context, finding, options)
    own = _outer(context, call)
    if own is None or own.children[0].text not in ("add", "add_if_not_exists"):
        return None
    cut = CallOptions(document, own, 2)
    value = cut.value("null")
    edits = cut.without("null") if value is not None and value.text == "false" else None
    title = f"Leave null: false out: {finding.subject.get('column', 'the column')} may be empty then"
    return Small(title=title, edits=edits) if edits is not None else None


def _outer(context: Context, call: Node) -> Node | None:
    """The call that a call is an argument of."""
    path = [node for node in context.document.path(call.span) if node.kind == "call"]
    return path[-2] if len(path) > 1 and path[-1].span == call.span else None


def _some(context: Context, finding: Finding, options: CallOptions) -> Small | None:
    if context.analysis.project.version.major < 15:
        return None
    last = context.steps[-1].after if context.steps else Schema()
    for _, relation, constraint in context.rules.added_constraints("foreign key"):
        table = last.table(relation)
        if constraint.span != finding.span or table is None:
            continue
        columns = [table.columns.get(name) for name in constraint.columns]
        free = [column.name for column in columns if column is not None and not column.not_null]
        if not free or None in columns or set(free) & set(table.primary_key):
            return None
        value = f"{{:nilify, [{', '.join(map(elixir.atom, free))}]}}"
        edit = options.replace_pair("on_delete", f"on_delete: {value}")
        title = f"Set only {' and '.join(free)} to NULL: on_delete: {value}"
        if edit is None:
            return None
        above = _below(context, options.call) if too_long(context, (edit,)) else ()
        return Small(title=title, edits=(*above, edit))
    return None


def _below(context: Context, call: Node) -> tuple[Edit, ...]:
    """`references(…)` on a line of its own, below `add :name,`."""
    document = context.document
    own = _outer(context, call)
    arguments = own.child("arguments") if own is not None else None
    if own is None or arguments is None or len(arguments.children) != 2 or "\n" in own.text:
        return ()
    pad = document.indentation(own.start) + " " * len(f"{own.children[0].text} ")
    gap = Edit(Span(arguments.children[0].end, call.start), f",{document.newline}{pad}")
    return (*set_off(document, own.span), gap)


FIXES: dict[str, Fix] = {
    "several-alters-same-table": _merged,
    "not-null-helper-leftover": _helper,
    "execute-transaction-control": _transaction,
    "pending-trigger-events": _pending,
    "nilify-not-null": _nilified,
}
