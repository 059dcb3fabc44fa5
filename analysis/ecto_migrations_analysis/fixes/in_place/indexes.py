"""Indexes within one file: safe to run again, concurrent on the way back, named, added for a foreign key."""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding
from ...operations import CreateIndex as MakesIndex
from ...program.commands import CreateIndex, CreateTable, DropIndex
from ...syntax.span import Span
from ...syntax.tree import Node
from .. import elixir
from ..concurrent_index import CONSTRUCTORS, concurrently, index_options
from ..context import Context, Proposal
from ..model import Edit
from ..module_edits import after_statement
from ..options import CallOptions
from .common import answer, found
from .short_names import short_name

DOWN = "concurrent-down-mismatch"
TOO_LONG = "identifier-too-long"
NO_INDEX = "foreign-key-missing-index"


def proposals(context: Context) -> Iterator[Proposal]:
    for finding in found(context, DOWN):
        yield from _down(context, finding)
    for finding in found(context, TOO_LONG):
        yield from _named(context, finding)
    for finding in found(context, NO_INDEX):
        yield from _for_key(context, finding)


def _down(context: Context, finding: Finding) -> Iterator[Proposal]:
    """The index that `down` drops or builds, as `up` does it."""
    run = context.migration.down
    commands = run.program.commands if run is not None else ()
    for command in commands:
        if not isinstance(command, CreateIndex | DropIndex) or not command.span.encloses(finding.span):
            continue
        if command.via or command.repeated or not context.document.is_clean(command.span):
            continue
        if isinstance(command, DropIndex) and command.cascade is not False:
            continue
        subject = f"{command.index.table}.{command.index.name}"
        if finding.fails:
            options = index_options(context, command.span)
            cut = options.without("concurrently") if options is not None else None
            if cut is not None:
                title = "Leave concurrently: true out: down runs in a transaction"
                yield answer(context, "plain-down", subject, title, (finding,), cut)
            continue
        edit = concurrently(context, command.span)
        if edit is not None:
            verb = "Drop" if isinstance(command, DropIndex) else "Build"
            title = f"{verb} the index concurrently in down too"
            yield answer(context, "concurrent-down", subject, title, (finding,), (edit,), safe=True)


def _named(context: Context, finding: Finding) -> Iterator[Proposal]:
    """A `name:` that PostgreSQL keeps whole."""
    calls = list(context.document.calls(finding.span, *CONSTRUCTORS, "references"))
    if len(calls) != 1 or not context.document.is_clean(finding.span):
        return
    options = CallOptions(context.document, calls[0], 1 if calls[0].children[0].text == "references" else 2)
    long = finding.subject.get("index", "")
    name = short_name(long)
    if name is None or name in _taken(context):
        return
    pair = f"name: {elixir.atom(name)}"
    if calls[0].children[0].text == "references":
        edit = _key_named(context, calls[0], options, pair)
    else:
        edit = options.replace_pair("name", pair) or options.with_pair(pair)
    if edit is not None:
        title = f"Name it {name} (changesets that expect the long name need it too)"
        yield answer(context, "short-name", long, title, (finding,), (edit,))


def _key_named(context: Context, call: Node, options: CallOptions, pair: str) -> Edit | None:
    """The pair in `references(…)`, which goes to a line of its own where that of `add` gets too long."""
    document = context.document
    edit = options.replace_pair("name", pair) or options.with_pair(pair)
    start, end = document.line_start(call.start), document.line_end(call.end)
    line = document.data[start:end].decode("utf-8", "replace")
    if edit is None or len(line) + len(f", {pair}") <= elixir.WIDTH:
        return edit
    path = document.path(call.span)
    add = next((node for node in reversed(path) if node.kind == "call" and node is not call), None)
    arguments = add.child("arguments") if add is not None else None
    if add is None or arguments is None or "name" in options.pairs or arguments.children[-1] is not call:
        return None
    if len(arguments.children) != 2 or "\n" in add.text or options.before is None:
        return None
    pad = document.indentation(add.start) + " " * len(f"{add.children[0].text} ")
    pairs = [options.before.text, *(node.text for node in options.pairs.values()), pair]
    text = f"references({', '.join(pairs)})"
    if len(pad) + len(text) > elixir.WIDTH:
        inner = f",{document.newline}{pad}  "
        text = f"references({inner.join(pairs)}{document.newline}{pad})"
    return Edit(Span(arguments.children[0].end, call.end), f",{document.newline}{pad}{text}")


def _taken(context: Context) -> set[str]:
    names: set[str] = set()
    for step in context.steps[-1:]:
        for table in step.after.tables.values():
            names |= {*table.indexes, *table.constraints}
    return names


def _for_key(context: Context, finding: Finding) -> Iterator[Proposal]:
    """The index of a foreign key, where the migration itself creates the table."""
    for _, command in context.commands(CreateTable):
        if not command.span.encloses(finding.span) or not context.is_plain(command):
            continue
        if command.if_not_exists or any(
            isinstance(item, MakesIndex) and item.concurrently for item in _operations(context)
        ):
            return
        calls = list(context.document.calls(command.span, "table"))
        arguments = calls[0].child("arguments") if calls else None
        if arguments is None or not arguments.children:
            return
        options = CallOptions(context.document, calls[0], 1)
        prefix = options.value("prefix")
        column = finding.subject["column"]
        pairs = f", prefix: {prefix.text}" if prefix is not None else ""
        text = f"create index({arguments.children[0].text}, [{elixir.atom(column)}]{pairs})"
        edits = after_statement(context.document, command.span, text)
        if edits is not None:
            title = f"Add an index on {column}"
            subject = f"{finding.subject['table']}.{column}"
            yield answer(context, "index-for-key", subject, title, (finding,), edits)
        return


def _operations(context: Context) -> Iterator[object]:
    for step in context.steps:
        yield from step.statement.operations
