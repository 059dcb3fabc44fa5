"""Names and words that are nearly right: the one that was meant, where it is known."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...findings import Finding, Level
from ...operations import Relation
from ...program.commands import DropConstraint, DropIndex
from ...rules.commands.unknown_table import named
from ...rules.spelling import nearest
from ...schema.state import Schema
from ...syntax.span import Span
from .. import elixir
from ..concurrent_index import index_options
from ..context import Context
from ..model import Edit
from .edits import Fix, Small, enclosing_call, raw

# Keys of `Ecto.Migration.Index` (ecto_sql 3.14).
_INDEX_OPTIONS = (
    *("comment", "concurrently", "include", "name", "nulls_distinct", "only", "options", "prefix"),
    *("unique", "using", "where"),
)
_UNKNOWN_KEY = re.compile(rb"(\w+): ")


def _table(context: Context, finding: Finding) -> Small | None:
    """The table's name, wherever the migration has the wrong one."""
    wrong, near = finding.subject["table"], finding.subject.get("near")
    if near is None:
        return None
    spans = {span for relation, span in _tables(context) if str(relation) == wrong}
    edits = [_written(context, span, wrong, near) for span in sorted(spans)]
    if finding.span not in spans or not all(edits):
        return None
    return Small(title=f"Write {near}", edits=tuple(edit for edit in edits if edit is not None))


def _tables(context: Context) -> Iterator[tuple[Relation, Span]]:
    down = context.migration.down
    for step in (*context.steps, *(down.steps if down is not None else ())):
        for operation in step.statement.operations:
            for relation, span in named(operation):
                yield Schema.key(relation), span


def _column(context: Context, finding: Finding) -> Small | None:
    near = finding.subject.get("near")
    edit = _written(context, finding.span, finding.subject["column"], near) if near is not None else None
    return Small(title=f"Write {near}", edits=(edit,)) if edit is not None else None


def _written(context: Context, span: Span, wrong: str, right: str) -> Edit | None:
    """`right` for `wrong` at `span`: an atom, a string, the first argument of a call, or a word of SQL."""
    text = raw(context, span).decode("utf-8", "replace")
    for before, after in ((elixir.atom(wrong), elixir.atom(right)), (elixir.string(wrong), None)):
        if text == before:
            return Edit(span, after if after is not None else elixir.string(right))
    if text == wrong:
        return Edit(span, right)
    node = context.document.node(span)
    arguments = node.child("arguments") if node is not None and node.kind == "call" else None
    if arguments is not None and arguments.children:
        return _written(context, arguments.children[0].span, wrong, right)
    if node is not None:
        return None
    matches = list(re.finditer(rf"\b{re.escape(wrong)}\b".encode(), raw(context, span)))
    if len(matches) != 1:
        return None
    return Edit(Span(span.start + matches[0].start(), span.start + matches[0].end()), right)


def _object(context: Context, finding: Finding) -> Small | None:
    """The name that the index or the constraint has: `name:`, or the second argument."""
    return _dropped(context, finding, finding.subject.get("near"))


def _drifted(context: Context, finding: Finding) -> Small | None:
    return _dropped(context, finding, finding.subject.get("constraint"))


def _dropped(context: Context, finding: Finding, name: str | None) -> Small | None:
    if name is None:
        return None
    for run in (context.migration.up, context.migration.down):
        for command in run.program.commands if run is not None else ():
            if command.span != finding.span or command.via or command.repeated:
                continue
            if isinstance(command, DropIndex):
                options = index_options(context, command.span)
                pair = f"name: {elixir.atom(name)}"
                edit = (options.replace_pair("name", pair) or options.with_pair(pair)) if options else None
            elif isinstance(command, DropConstraint):
                edit = _constraint(context, command.span, name)
            else:
                continue
            return Small(title=f"Drop {name}", edits=(edit,)) if edit is not None else None
    return None


def _constraint(context: Context, span: Span, name: str) -> Edit | None:
    calls = list(context.document.calls(span, "constraint"))
    arguments = calls[0].child("arguments") if len(calls) == 1 else None
    if arguments is None or len(arguments.children) < 2:
        return None
    written = arguments.children[1]
    text = elixir.string(name) if written.kind == "string" else elixir.atom(name)
    return Edit(written.span, text)


def _misused(context: Context, finding: Finding) -> Small | None:
    """What Ecto refuses and has one right form."""
    text = raw(context, finding.span)
    if b":datetime" in text and ":datetime" in finding.message:
        call = enclosing_call(context, finding.span, "add", "add_if_not_exists", "modify")
        arguments = call.child("arguments") if call is not None else None
        for node in arguments.children[1:2] if arguments is not None else ():
            if node.text == ":datetime":
                title = "Write :utc_datetime (in the database the same as :naive_datetime)"
                return Small(title=title, edits=(Edit(node.span, ":utc_datetime"),))
    if text.startswith(b"create_if_not_exists") and "constraint(" in text.decode("utf-8", "replace"):
        call = enclosing_call(context, finding.span, "create_if_not_exists")
        if call is not None and call.span == finding.span:
            return Small(
                title="Write create (there is no IF NOT EXISTS for a constraint)",
                edits=(Edit(call.children[0].span, "create"),),
            )
    match = _UNKNOWN_KEY.match(text)
    if match is not None and "KeyError" in finding.message:
        near = nearest(match[1].decode(), _INDEX_OPTIONS)
        if near is not None:
            start = finding.span.start
            key = Span(start, start + len(match[1]))
            return Small(title=f"Write {near}:", edits=(Edit(key, near),))
    return None


def _add(context: Context, finding: Finding) -> Small | None:
    """`add`, where the history says that there is no such column."""
    if finding.level is not Level.INFO:
        return None
    call = enclosing_call(context, finding.span, "add_if_not_exists")
    if call is None:
        return None
    title = "Write add: the column does not exist yet"
    return Small(title=title, edits=(Edit(call.children[0].span, "add"),))


FIXES: dict[str, Fix] = {
    "unknown-table": _table,
    "unknown-column": _column,
    "drop-unknown-object": _object,
    "rename-constraint-name-drift": _drifted,
    "dsl-misuse": _misused,
    "add-if-not-exists-reference": _add,
}
