"""What a rollback needs to know, from the history: the type of `remove`, the `from:` of `modify`.

Ecto reverses `remove :a, :string, null: false` and `modify :a, :text, from: {:string, null: false}`
(`Ecto.Migration.Runner.table_reverse/2`); without them it raises, at the first one it meets. A bare `from:`
keeps the new options, so that the old ones are stated wherever there are new ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..databases.postgres.ecto_types import ecto_type
from ..findings import Finding
from ..operations import ConstraintDefinition, Relation
from ..program.commands import AlterTable, Execute, Modify, Reference, Remove
from ..program.commands import Change as Subcommand
from ..program.commands import Table as NamedTable
from ..program.reader import read
from ..program.terms import Text
from ..records import dataclass
from ..schema.state import Column, IndexState, Schema, Table
from ..syntax.source import Source
from ..syntax.span import Span
from ..syntax.tree import Node
from . import elixir, full_index
from .context import Context, Proposal, offer
from .execute_inverse import inverse
from .model import Change, Edit
from .options import CallOptions

STRATEGY = "complete-for-rollback"
TITLE = "Complete for rollback: {}"
RULE = "irreversible-change"

_STRING = re.compile(r"'((?:[^']|'')*)'")
_PLAIN = re.compile(r"-?\d+(?:\.\d+)?|true|false")
_ACTIONS = {None: None, "CASCADE": "delete_all", "SET NULL": "nilify_all", "RESTRICT": "restrict"}


def proposals(context: Context) -> Iterator[Proposal]:
    up = context.migration.up
    if up is None or up.program.callback != "change" or context.analysis.project.database != "postgres":
        return
    columns, executed = list(_incomplete(context)), list(_executed(context))
    found = [*columns, *executed]
    edits = tuple(edit for item in found for edit in item.edits)
    own = context.migration.migration.span
    findings = tuple(
        finding
        for finding in context.analysis.findings
        if finding.rule == RULE and own.encloses(finding.span) and edits
    )
    if findings and not _is_reversible(context, edits):
        # What else cannot be reversed stays: then this is no answer to the finding.
        findings = ()
    if findings and len(found) > 1:
        title = TITLE.format(f"all {len(found)} {'places' if executed else 'columns'}")
        yield _proposal(context, "all", title, findings[0].span, findings, edits)
        findings = ()
    for item in found:
        yield _proposal(context, item.subject, TITLE.format(item.words), item.span, findings, item.edits)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Completion:
    """A subcommand, the edits that complete it, and what the title says of that."""

    subject: str
    span: Span
    edits: tuple[Edit, ...]
    words: str


def _incomplete(context: Context) -> Iterator[_Completion]:
    for step, command in context.commands(AlterTable):
        table = known_table(step.before, command.table)
        if table is None or table.uncertain or not context.is_plain(command):
            continue
        told: set[str] = set()
        for change in command.changes:
            column = known_column(table, command, change)
            made = _completed(context, step.before, table, column, change) if column is not None else None
            lost = lost_calls(table, change)
            if made is None or lost is None:
                continue
            subject = f"{table.relation}.{change.column}"
            edit, words = made
            lost = {name: call for name, call in lost.items() if name not in told}
            told.update(lost)
            if lost:
                pad = context.document.newline + context.document.indentation(command.span.start)
                drops = "".join(f"drop {index}{pad}" for index in lost.values())
                drops = drops.removesuffix(pad) + context.document.newline + pad
                yield _Completion(
                    subject=subject,
                    span=change.span,
                    edits=(Edit(Span(command.span.start, command.span.start), drops), edit),
                    words=f"{words}, and {' and '.join(lost)} dropped by itself first",
                )
                continue
            yield _Completion(subject=subject, span=change.span, edits=(edit,), words=words)


def lost_indexes(table: Table, column: str) -> dict[str, IndexState] | None:
    """The indexes that go with the column, by name; None where what goes cannot be made again by the DSL.

    PostgreSQL documentation, ALTER TABLE, "DROP COLUMN": indexes and constraints involving the column go too.
    """
    found: dict[str, IndexState] = {}
    for name, index in table.indexes.items():
        was = index.definition
        texts = [element.expression.sql for element in was.elements if element.expression is not None]
        texts += [was.where.sql] if was.where is not None else []
        if column in was.include or any(element.column == column for element in was.elements):
            if index.constraint is not None:
                return None
            found[name] = index
        elif any(text is None or re.search(rf"\b{re.escape(column)}\b", text) for text in texts):
            found[name] = index
    for state in table.constraints.values():
        definition = state.definition
        if definition.kind == "foreign key":
            continue  # `references(…)`, or not said at all (`removed_arguments`).
        if column in definition.columns:
            return None
        if definition.expression is not None:
            text = definition.expression.sql
            if text is None or re.search(rf"\b{re.escape(column)}\b", text):
                return None
    return found


def lost_calls(table: Table, change: Subcommand) -> dict[str, str] | None:
    """Of a `remove`, `index(…)` of every index that goes with it, by name; None where one cannot be said."""
    if not isinstance(change, Remove) or not isinstance(change.column, str):
        return {}
    lost = lost_indexes(table, change.column)
    if lost is None:
        return None
    calls: dict[str, str] = {}
    for name, index in lost.items():
        text = full_index.call(index.definition, name, elixir.atom(table.relation.name or ""))
        if text is None:
            return None
        calls[name] = text
    return calls


def _executed(context: Context) -> Iterator[_Completion]:
    """`execute/1` of a statement whose inverse is known, as `execute/2`."""
    for _, command in context.commands(Execute):
        if command.down is not None or command.callback != "change" or not context.is_plain(command):
            continue
        node = context.document.node(command.span)
        given = node.child("arguments") if node is not None else None
        if not isinstance(command.up, Text) or given is None or len(given.children) != 1:
            continue
        if node is None or node.children[0].text != "execute":
            continue
        sql = inverse(context.steps_of(command))
        if sql is None:
            continue
        text = elixir.string(sql)
        edit = _second(context, node, given.children[0], text)
        yield _Completion(
            subject=str(command.span.start), span=command.span, edits=(edit,), words=f"execute …, {text}"
        )


def _second(context: Context, call: Node, first: Node, text: str) -> Edit:
    """The second argument behind the first, or below it where there is no room, as `mix format` has them."""
    document = context.document
    line = document.line_start(call.start)
    written = document.data[line : call.end].decode("utf-8", "replace")
    if "\n" not in written and len(written) + len(f", {text}") <= elixir.WIDTH:
        return Edit(Span(first.end, first.end), f", {text}")
    before = document.data[call.start : first.start].decode("utf-8", "replace")
    pad = document.indentation(call.start) + " " * len(before)
    own = first.text
    if own.startswith('"""'):
        # A heredoc moves to the right as a whole; its text stays the same.
        deeper = " " * len(before)
        own = "".join(
            f"{deeper}{row}" if number and row.strip() else row
            for number, row in enumerate(own.splitlines(keepends=True))
        )
    return Edit(first.span, f"{own},{document.newline}{pad}{text}")


def _proposal(
    context: Context,
    subject: str,
    title: str,
    span: Span,
    findings: tuple[Finding, ...],
    edits: tuple[Edit, ...],
) -> Proposal:
    made = Change(edits=edits)
    return Proposal(
        offer(context, STRATEGY, subject, title, span, findings=findings, preferred=True, safe=True),
        lambda files: made,
    )


def _is_reversible(context: Context, edits: tuple[Edit, ...]) -> bool:
    """Whether Ecto can reverse the migration as the edits leave it."""
    data = context.analysis.source.data
    for edit in sorted(edits, key=lambda edit: edit.span, reverse=True):
        data = data[: edit.span.start] + edit.text.encode() + data[edit.span.end :]
    project = context.analysis.project
    file = read(Source(data, context.analysis.source.path), project.repo, project.read_file)
    name = context.migration.migration.module
    return all(
        migration.down is not None and migration.down.irreversible is None
        for migration in file.migrations
        if migration.module == name
    )


def known_table(schema: Schema, table: NamedTable) -> Table | None:
    if not isinstance(table.name, str) or not (table.prefix is None or isinstance(table.prefix, str)):
        return None
    return schema.table(Relation(table.name, table.prefix))


def known_column(table: Table, command: AlterTable, change: Subcommand) -> Column | None:
    """The column as it was, where that is certain and the change is the only one of it."""
    if change.via or not change.always or not isinstance(change.column, str):
        return None
    if sum(other.column == change.column for other in command.changes) > 1:
        return None
    column = table.columns.get(change.column)
    if column is None or column.uncertain or column.collation is not None:
        return None
    return None if column.generated is not None or column.identity is not None else column


def _completed(
    context: Context, schema: Schema, table: Table, column: Column, change: Subcommand
) -> tuple[Edit, str] | None:
    """The edit, and what the title says of it."""
    if isinstance(change, Modify) and not change.options.has("from") and change.options.complete:
        return _modify(context, table, column, change)
    if isinstance(change, Remove) and change.type is None and not change.if_exists:
        return _remove(context, schema, table, column, change)
    return None


def _modify(context: Context, table: Table, column: Column, change: Modify) -> tuple[Edit, str] | None:
    text = stated_before(table, column, change)
    call = context.document.node(change.span)
    if text is None or call is None or call.kind != "call":
        return None
    edit = CallOptions(context.document, call, 2).with_pair(text)
    return (edit, f"modify …, {text}") if edit is not None else None


def stated_before(table: Table, column: Column, change: Modify) -> str | None:
    """The `from:` that brings the column back as it was; None where that is not known, or cannot be said."""
    written = ecto_type(column.type)
    if written is None or (isinstance(change.type, Reference) and _foreign_keys(table, column.name)):
        return None
    type_, sized = written
    stated = [sized] if sized else []
    if change.options.has("null"):
        stated.append(f"null: {'false' if column.not_null else 'true'}")
    if change.options.has("default"):
        default = default_before(column)
        if default is None:
            return None
        stated.append(f"default: {default}")
    if change.options.has("comment"):
        return None
    if stated or change.options.without("from").items:
        return f"from: {{{type_}, {', '.join(stated) or '[]'}}}"
    return f"from: {type_}"


def _remove(
    context: Context, schema: Schema, table: Table, column: Column, change: Remove
) -> tuple[Edit, str] | None:
    arguments = removed_arguments(context, schema, table, column)
    call = context.document.node(change.span)
    given = call.child("arguments") if call is not None else None
    if arguments is None or given is None or len(given.children) != 1:
        return None
    end = given.children[0].end
    name = elixir.atom(column.name)
    return Edit(Span(end, end), f", {arguments}"), f"remove {name}, {arguments}"


def removed_arguments(context: Context, schema: Schema, table: Table, column: Column) -> str | None:
    """Type and options that make the column again; None where they are not known, or cannot be said."""
    written = ecto_type(column.type)
    default = default_before(column)
    if written is None or default is None or column.name in table.primary_key:
        return None
    type_, sized = written
    options = [sized] if sized else []
    keys = _foreign_keys(table, column.name)
    if keys:
        reference = _reference(context, schema, table, column.name, keys, type_) if not sized else None
        if reference is None:
            return None
        type_ = reference
    if column.not_null:
        options.append("null: false")
    if column.default is not None:
        options.append(f"default: {default}")
    if column.comment is not None:
        options.append(f"comment: {elixir.string(column.comment)}")
    return ", ".join([type_, *options])


def _foreign_keys(table: Table, column: str) -> list[ConstraintDefinition]:
    return [
        state.definition
        for state in table.constraints.values()
        if state.definition.kind == "foreign key" and column in state.definition.columns
    ]


def _reference(
    context: Context,
    schema: Schema,
    table: Table,
    column: str,
    keys: list[ConstraintDefinition],
    type_: str,
) -> str | None:
    """`references(…)` that makes the column's foreign key again; None where the DSL cannot say it."""
    key = keys[0]
    target = key.references
    simple = len(keys) == 1 and key.columns == (column,) and key.match is None and not key.deferrable
    if target is None or target.name is None or not simple or key.on_delete_columns:
        return None
    if Schema.key(target).schema != table.relation.schema:
        return None
    if key.on_delete not in _ACTIONS or key.on_update not in _ACTIONS:
        return None
    known = schema.table(target)
    columns = key.referenced_columns or (known.primary_key if known is not None else ()) or ("id",)
    options = []
    if key.name != f"{table.relation.name}_{column}_fkey" and key.name is not None:
        options.append(f"name: {elixir.string(key.name)}")
    if columns != ("id",):
        options.append(f"column: {elixir.atom(columns[0])}")
    repo = context.analysis.project.repo
    configured = repo.migration_primary_key is False or bool(getattr(repo.migration_primary_key, "items", ()))
    if type_ != ":bigint" or configured or repo.migration_foreign_key.items:
        options.append(f"type: {type_}")
    if (action := _ACTIONS[key.on_delete]) is not None:
        options.append(f"on_delete: :{action}")
    if (action := _ACTIONS[key.on_update]) is not None:
        options.append(f"on_update: :{action.replace('delete', 'update')}")
    if not key.validated:
        options.append("validate: false")
    return f"references({', '.join([elixir.atom(target.name), *options])})"


def default_before(column: Column) -> str | None:
    """The default as Elixir, `nil` without one; None where it is not known or belongs to a sequence.

    Of a column with a length limit, `default: nil` leaves a default NULL in the catalog: the same as none.
    """
    if column.default is None:
        return "nil"
    sql = column.default.sql
    if sql is None or sql.lower().startswith("nextval("):
        return None
    literal = _STRING.fullmatch(sql)
    if literal is not None and "\\" not in sql:
        return elixir.string(literal[1].replace("''", "'"))
    return sql if _PLAIN.fullmatch(sql) else elixir.fragment(sql)
