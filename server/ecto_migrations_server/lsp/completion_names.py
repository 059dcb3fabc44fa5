"""textDocument/completion in the arguments of the DSL: tables, columns, types, options and their values.

Functions come from the Elixir server beside this one; what no other server knows comes from here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ecto_migrations_analysis.analysis import Analysis
from ecto_migrations_analysis.databases.postgres.ecto_types import ecto_type
from ecto_migrations_analysis.operations import Relation
from ecto_migrations_analysis.project.table_sizes import TableSizes
from ecto_migrations_analysis.report.tables import column_facts
from ecto_migrations_analysis.schema.state import Schema, Table
from ecto_migrations_analysis.syntax.span import Span
from lsprotocol import types

from . import convert
from .client import Client
from .completion_argument import Argument, Call
from .documents import Document
from .dsl_options import FIRST_OPTION, OPTIONS, TYPES, OptionHelp

_TYPED_COLUMNS = frozenset({"add", "add_if_not_exists", "modify", "remove", "remove_if_exists"})
_OLD_COLUMNS = frozenset({"modify", "remove", "remove_if_exists"})
_WITH_TABLE = frozenset({"table", "index", "unique_index", "references", "constraint"})
_KINDS = types.CompletionItemKind


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is offered. `name` is bare (`title`); `code` is what is written where it is no atom."""

    name: str
    kind: types.CompletionItemKind
    detail: str = ""
    help: str = ""
    code: str | None = None
    snippet: str | None = None


def argument_items(
    analysis: Analysis, document: Document, client: Client, argument: Argument
) -> list[types.CompletionItem]:
    """The items for the argument that the caret is in; none where nothing of ours belongs."""
    schema = schema_at(analysis, argument)
    return [
        _item(candidate, number, argument, document, client)
        for number, candidate in enumerate(_candidates(argument, schema, analysis.project.settings.sizes))
        if _fits(candidate, argument)
    ]


def schema_at(analysis: Analysis, argument: Argument) -> Schema:
    """The schema that a statement at the caret meets: what stands above it has run.

    In `down` the whole migration has run.
    """
    for migration in analysis.migrations:
        up = migration.up.steps if migration.up is not None else ()
        if argument.callback == "down":
            return up[-1].after if up else migration.schema
        offset = len(analysis.source.data.decode()[: argument.start].encode())
        above = [step for step in up if step.statement.span.end <= offset]
        if above:
            return above[-1].after
    return analysis.project.schema


def _candidates(argument: Argument, schema: Schema, sizes: TableSizes) -> Iterator[Candidate]:
    call = argument.call
    if call.inside.startswith("{"):
        # `{:array, :text}`, and `from: {:string, null: true}`.
        if call.name in _TYPED_COLUMNS and (call.position == 1 or call.key == "from"):
            yield from _types(None)
    elif call.key is not None:
        yield from _values(argument, schema, call.key)
    elif call.name in _WITH_TABLE and call.position == 0:
        yield from _tables(schema, sizes)
    elif call.name in ("index", "unique_index") and call.position == 1:
        yield from _columns(_table(schema, call.arguments.get(0)))
    elif call.name == "rename" and call.position == 1 and call.table is not None:
        yield from _columns(_table(schema, call.table))
        yield Candidate("to", _KINDS.Property, "option of rename", "The new name.", "to: ", "to: ")
    elif call.name in _OLD_COLUMNS and call.position == 0:
        yield from _columns(_table(schema, argument.table))
    elif call.name in _TYPED_COLUMNS and call.position == 1:
        table = _table(schema, argument.table)
        column = table.columns.get(call.arguments.get(0, "")) if table is not None else None
        known = ecto_type(column.type) if column is not None and call.name != "add" else None
        yield from _types(known[0] if known is not None else None)
    elif not call.inside:
        yield from _options(call)


def _values(argument: Argument, schema: Schema, key: str) -> Iterator[Candidate]:
    call = argument.call
    if key in ("type", "from"):
        yield from _types(None)
    elif (key == "column" and call.name == "references") or (key == "include" and call.inside == "["):
        yield from _columns(_table(schema, call.arguments.get(0)))
    elif not call.inside:
        for option in OPTIONS.get(call.name, ()):
            for value in option.values if option.name == key else ():
                kind = _KINDS.EnumMember if value.startswith(":") else _KINDS.Value
                yield Candidate(value.removeprefix(":"), kind, f"{key} of {call.name}", option.help, value)


def _table(schema: Schema, name: str | None) -> Table | None:
    return schema.table(Relation(name)) if name is not None else None


def _tables(schema: Schema, sizes: TableSizes) -> Iterator[Candidate]:
    for relation, table in sorted(schema.tables.items(), key=lambda item: str(item[0])):
        if relation.name is not None and relation.schema is None:
            count = len(table.columns)
            size = sizes.of(relation.name)
            facts = [f"table, {count} column{'s' * (count != 1)}", *([str(size)] if size else [])]
            yield Candidate(relation.name, _KINDS.Struct, ", ".join(facts))


def _columns(table: Table | None) -> Iterator[Candidate]:
    for column in table.columns.values() if table is not None else ():
        null = " NOT NULL" if column.not_null else ""
        assert table is not None
        help = column_facts(table, column, "before this place")
        yield Candidate(column.name, _KINDS.Field, f"{column.type}{null}", help)


def _types(known: str | None) -> Iterator[Candidate]:
    if known is not None and known not in dict(TYPES):
        yield Candidate(known.removeprefix(":"), _KINDS.TypeParameter, "its present type", code=known)
    elif known is not None:
        yield Candidate(known[1:], _KINDS.TypeParameter, f"{dict(TYPES)[known]}: its present type")
    for name, database in TYPES:
        if name != known:
            yield Candidate(name[1:], _KINDS.TypeParameter, database)


def _options(call: Call) -> Iterator[Candidate]:
    if call.position < FIRST_OPTION.get(call.name, 99):
        return
    for option in OPTIONS[call.name]:
        if option.name not in call.keys:
            yield _option(call.name, option)


def _option(function: str, option: OptionHelp) -> Candidate:
    plain = f"{option.name}: {option.value.replace('$1', '')}"
    # An empty pair of quotes or brackets is worse than none, where the client cannot put the caret inside.
    plain = plain if "$1" not in option.value else f"{option.name}: "
    return Candidate(
        option.name,
        _KINDS.Property,
        f"option of {function}",
        option.help,
        plain,
        f"{option.name}: {option.value}",
    )


def _fits(candidate: Candidate, argument: Argument) -> bool:
    """Whether the candidate can be what was begun: no option in a string, no value `true` behind a colon."""
    if argument.typed.startswith(":"):
        return candidate.code is None or candidate.code.startswith(":")
    if '"' in argument.typed:
        return candidate.kind in (_KINDS.Struct, _KINDS.Field)
    if argument.typed:
        return candidate.code is not None and not candidate.code.startswith((":", "{"))
    return True


def _item(
    candidate: Candidate, number: int, argument: Argument, document: Document, client: Client
) -> types.CompletionItem:
    text = _written(candidate, argument, document)
    snippet = candidate.snippet is not None and client.snippets and "$1" in candidate.snippet
    documentation: str | types.MarkupContent | None = candidate.help or None
    if documentation and client.markdown_completion:
        documentation = types.MarkupContent(types.MarkupKind.Markdown, candidate.help)
    data = document.text
    start, end = (len(data[:at].encode()) for at in (argument.start, argument.end))
    return types.CompletionItem(
        label=candidate.name,
        label_details=types.CompletionItemLabelDetails(description=convert.SOURCE)
        if client.label_details
        else None,
        kind=candidate.kind,
        detail=candidate.detail or None,
        documentation=documentation,
        filter_text=text,
        # In the order of the table or of importance, not of the alphabet.
        sort_text=f"{number:04}",
        insert_text_format=types.InsertTextFormat.Snippet if snippet else types.InsertTextFormat.PlainText,
        text_edit=types.TextEdit(
            convert.text_range(document.source, Span(start, end)),
            candidate.snippet if snippet and candidate.snippet else text,
        ),
    )


def _written(candidate: Candidate, argument: Argument, document: Document) -> str:
    if candidate.code is not None:
        return candidate.code
    if argument.typed.startswith('"'):
        return f'"{candidate.name}"'
    plain = candidate.name.isidentifier() and candidate.name.isascii()
    return f":{candidate.name}" if plain else f':"{candidate.name}"'
