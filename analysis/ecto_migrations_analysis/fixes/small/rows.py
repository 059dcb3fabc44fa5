"""Calls of the repo: another repo, a schema module of the application, batches, rows again."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...findings import Finding
from ...operations import Insert
from ...program.commands import Execute, RepoCall, RepoQuery
from ...project.ecto_schema_model import EctoSchema
from ...schema.state import Schema, Table
from ...syntax.span import Span
from ...syntax.tree import Node
from .. import elixir, module_edits
from ..context import Context
from ..in_place.common import apart, statement, whole_lines
from ..model import Edit
from ..options import CallOptions
from .edits import Fix, Small, raw

# Milliseconds, as the rule's page advises.
_PAUSE = "100"
_BATCH = re.compile(rb"\bin \^|\bANY\(|\blimit\b", re.I)
_INTO = re.compile(rb"\s*INSERT\s+INTO\s+[\w.\"]+\s*\(", re.I)
# Types whose values Ecto sends as they are, with or without a schema.
_PLAIN = frozenset(
    {":string", ":integer", ":id", ":boolean", ":float", ":decimal", ":date", ":binary"}
    | {":naive_datetime", ":naive_datetime_usec", ":utc_datetime", ":utc_datetime_usec"}
)
# What names the columns that it needs, so that a table can take the place of a schema.
_BY_NAME = frozenset({"update_all", "delete_all", "insert_all"})


def _own_repo(context: Context, finding: Finding) -> Small | None:
    """`repo()` for the name of the other repo."""
    used = finding.subject["repo"]
    text = raw(context, finding.span)
    for name in (used, used.rpartition(".")[2]):
        matches = list(re.finditer(rf"(?<![\w.]){re.escape(name)}(?=\.)".encode(), text))
        if len(matches) == 1:
            start, end = (finding.span.start + at for at in matches[0].span())
            title = "Use repo(), the repo whose migration this is"
            return Small(title=title, edits=(Edit(Span(start, end), "repo()"),))
    return None


def _as_table(context: Context, finding: Finding) -> Small | None:
    """The table's name for the schema module, where every field is what the database has."""
    call = _repo_call(context, finding)
    schema = _schema(context, finding.subject["schema"])
    if call is None or schema is None or call.repeated or call.via:
        return None
    name = call.function.rstrip("!")
    if name not in _BY_NAME and not (call.selects and name in ("all", "one", "exists?", "stream")):
        return None
    if not _is_plain(schema) or schema.table.name is None:
        return None
    document = context.document
    nodes = [
        node
        for node in (document.path(finding.span)[-1]).walk()
        if node.kind == "alias" and finding.span.encloses(node.span) and _names(node, schema.module)
    ]
    if not nodes or any(_is_part(document.path(node.span)) for node in nodes):
        return None
    table = elixir.string(schema.table.name)
    edits = [Edit(node.span, table) for node in nodes]
    unused = _unused_alias(context, schema.module, {node.span for node in nodes})
    title = f"Name the table: {table} for {schema.module}"
    return Small(title=title, edits=(*edits, *((unused,) if unused is not None else ())))


def _repo_call(context: Context, finding: Finding) -> RepoCall | None:
    for run in (context.migration.up, context.migration.down):
        for command in run.program.commands if run is not None else ():
            nested = command.up_commands if isinstance(command, Execute) else ()
            for call in (command, *nested):
                if isinstance(call, RepoCall) and call.span == finding.span:
                    return call
    return None


def _schema(context: Context, module: str) -> EctoSchema | None:
    read = context.analysis.project.ecto_schemas
    found = [item for item in (read() if read is not None else ()) if item.module == module]
    return found[0] if len(found) == 1 else None


def _is_plain(schema: EctoSchema) -> bool:
    """Whether each field is a column of its name, whose values Ecto does not convert."""
    return (
        schema.complete
        and schema.table.schema is None
        and all(
            field.name == field.column
            and (field.made_by == "timestamps" or field.type in _PLAIN)
            and not field.values
            for field in schema.fields
        )
        and schema.primary_key == ("id",)
    )


def _names(node: Node, module: str) -> bool:
    """Whether the alias is the module, in full or by its last part."""
    return node.text in (module, module.rpartition(".")[2])


def _is_part(path: list[Node]) -> bool:
    """Whether it belongs to `%Post{…}` or `Post.changeset(…)`."""
    return len(path) > 1 and path[-2].kind in ("struct", "dot", "alias")


def _unused_alias(context: Context, module: str, gone: set[Span]) -> Edit | None:
    """The line `alias MyApp.Post`, where nothing uses it any more."""
    last = module.rpartition(".")[2]
    aliases: list[Node] = []
    for node in context.document.tree.root.walk():
        if node.kind == "call" and node.children[0].text == "alias" and node.text == f"alias {module}":
            aliases.append(node)
        elif node.kind == "alias" and node.text.partition(".")[0] == last and node.span not in gone:
            return None
    own = statement(context.document, aliases[0].span) if len(aliases) == 1 else None
    return whole_lines(context.document, own.span) if own is not None else None


def _throttled(context: Context, finding: Finding) -> Small | None:
    """A pause before or behind the statement that writes a batch; not behind each row."""
    document = context.document
    if not _BATCH.search(raw(context, finding.span)):
        return None
    node = statement(document, finding.span)
    parent = document.path(node.span)[-2] if node is not None and len(document.path(node.span)) > 1 else None
    if node is None or parent is None:
        return None
    text = f"Process.sleep({_PAUSE})"
    title = f"Wait {_PAUSE} ms between the batches"
    if parent.children[-1].span == node.span:
        # What the block gives back stays the same.
        edits = module_edits.before_statement(document, node.span, text)
        return Small(title=title, edits=edits) if edits is not None else None
    at = document.line_end(node.end)
    several = document.line_start(node.start) != document.line_start(node.end)
    gap = "\n\n" if several else "\n"
    made = document.lines(gap + document.indented(text, document.indentation(node.start)))
    return Small(title=title, edits=(Edit(Span(at, at), made),))


def _again(context: Context, finding: Finding) -> Small | None:
    """ON CONFLICT DO NOTHING, where a unique key of the table is among what is inserted."""
    for step in context.steps:
        command = step.statement.command
        for operation in step.statement.operations:
            if not isinstance(operation, Insert) or operation.span != finding.span:
                continue
            table = step.before.tables.get(Schema.key(operation.relation))
            if table is None or table.uncertain:
                return None
            if isinstance(command, RepoCall):
                return _repo_insert(context, finding, command, table)
            if isinstance(command, Execute | RepoQuery) and _has_key(table, set(operation.columns)):
                return _sql_insert(context, finding)
    return None


def _has_key(table: Table, columns: set[str]) -> bool:
    """Whether the values of these columns can be there once only."""
    for index in table.indexes.values():
        own = index.definition
        if own.unique and own.where is None and own.nulls_distinct:
            names = {element.column for element in own.elements}
            # NULLs are distinct: such a row is inserted again.
            if names <= columns and all(table.columns[name].not_null for name in names if name):
                return None not in names
    return False


def _repo_insert(context: Context, finding: Finding, command: RepoCall, table: Table) -> Small | None:
    document = context.document
    call = document.node(finding.span)
    arguments = call.child("arguments") if call is not None and call.kind == "call" else None
    if call is None or arguments is None or command.function.rstrip("!") != "insert_all":
        return None
    rows = arguments.children[1] if len(arguments.children) > 1 else None
    keys = [set(_keys(row)) for row in (rows.children if rows is not None and rows.kind == "list" else ())]
    if not keys or not all(_has_key(table, columns) for columns in keys):
        return None
    edit = CallOptions(document, call, 2).with_pair("on_conflict: :nothing")
    title = "Pass over rows that are there: on_conflict: :nothing"
    return Small(title=title, edits=(edit,)) if edit is not None else None


def _keys(row: Node) -> Iterator[str]:
    """The keys of `%{name: "draft"}`."""
    if row.kind not in ("map", "list"):
        return
    for node in row.walk():
        if node.kind == "keyword":
            yield node.text.rstrip().removesuffix(":")


def _sql_insert(context: Context, finding: Finding) -> Small | None:
    text = raw(context, finding.span)
    if _INTO.match(text) is None or re.search(rb"\breturning\b", text, re.I) or text.rstrip().endswith(b";"):
        return None
    clause = " ON CONFLICT DO NOTHING"
    at = Span(finding.span.end, finding.span.end)
    edits = (Edit(at, clause), *apart(context, finding.span, len(clause)))
    return Small(title="Pass over rows that are there: ON CONFLICT DO NOTHING", edits=edits)


FIXES: dict[str, Fix] = {
    "backfill-wrong-repo": _own_repo,
    "app-schema-in-migration": _as_table,
    "backfill-no-throttle": _throttled,
    "backfill-not-idempotent": _again,
}
