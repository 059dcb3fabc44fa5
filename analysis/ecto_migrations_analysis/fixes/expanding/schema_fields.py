"""Edits of the fields of schema modules, in files other than the migration's.

What the project's index says of them may be older than the text by now, so that each field is looked for
again in the text that the edit is for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ...operations import Relation
from ...project.ecto_schemas import read_schemas
from ...rules.application import FieldUse, uses_of
from ...rules.context import MigrationContext
from ...syntax.source import Source
from ...syntax.span import Span
from .. import elixir
from ..context import Context
from ..document import Document
from ..model import Edit, Files, OtherEdits
from ..options import CallOptions

# What is made of the call of a field; None where it cannot be done.
Rewrite = Callable[[Document, FieldUse, Span], "tuple[Edit, ...] | None"]


def uses(context: Context, relation: Relation, column: str) -> list[FieldUse]:
    """The fields of schema modules that are the column; none where `timestamps` or the like makes one."""
    found = uses_of(MigrationContext(context.analysis, context.migration), relation, column)
    return found if all(use.field.made_by in ("field", "belongs_to") for use in found) else []


def spelled(found: Iterable[FieldUse]) -> str:
    """The fields, for a title."""
    return " and ".join(f"{use.spelling.replace('`', '')} of {use.schema.module}" for use in found)


def edits(found: list[FieldUse], files: Files, rewrite: Rewrite) -> tuple[OtherEdits, ...]:
    """The edits of all schema modules; a module whose text has the field no longer is left alone."""
    by_path: dict[str, list[FieldUse]] = {}
    for use in found:
        by_path.setdefault(use.field.place.path, []).append(use)
    made = []
    for path, its in by_path.items():
        data = files.read(path)
        if data is None:
            continue
        document = Document(Source(data, path))
        changed: list[Edit] = []
        for use in its:
            span = _now(data, path, use)
            changed += (rewrite(document, use, span) or ()) if span is not None else ()
        if changed:
            ordered = tuple(sorted(changed, key=lambda edit: edit.span))
            made.append(OtherEdits(path=path, before=data, edits=ordered))
    return tuple(made)


def _now(data: bytes, path: str, use: FieldUse) -> Span | None:
    for schema in read_schemas(data, path).schemas:
        if schema.module == use.schema.module:
            field = schema.column(use.field.column)
            return field.place.span if field is not None else None
    return None


def removed(document: Document, use: FieldUse, span: Span) -> tuple[Edit, ...] | None:
    """The field's line gone."""
    if not (document.starts_line(span.start) and document.ends_line(span.end)):
        return None
    return (Edit(Span(document.line_start(span.start), document.next_line(span.end)), ""),)


def not_loaded(document: Document, use: FieldUse, span: Span) -> tuple[Edit, ...] | None:
    """`load_in_query: false`: Ecto then leaves the column out of its SELECTs."""
    options = _options(document, span)
    if options is None:
        return None
    pair = _pair(options, "load_in_query: false")
    edit = options.replace_value("load_in_query", "false") or options.with_pair(pair)
    return (edit,) if edit is not None else None


def renamed(name: str) -> Rewrite:
    """The field called `name`, and its column as it is."""

    def rewrite(document: Document, use: FieldUse, span: Span) -> tuple[Edit, ...] | None:
        options = _options(document, span)
        if options is None or options.arguments is None or use.field.made_by != "field":
            return None
        first = options.arguments.children[0]
        if first.text != elixir.atom(use.field.name):
            return None
        if use.field.column == name:
            gone = options.without("source")
            return (Edit(first.span, elixir.atom(name)), *(gone or ()))
        source = f"source: {elixir.atom(use.field.column)}"
        if "source" in options.pairs:
            return (Edit(first.span, elixir.atom(name)),)
        pair = options.with_pair(_pair(options, source))
        return (Edit(first.span, elixir.atom(name)), pair) if pair is not None else None

    return rewrite


def sourced(column: str) -> Rewrite:
    """The field as it is, and its column called `column`."""

    def rewrite(document: Document, use: FieldUse, span: Span) -> tuple[Edit, ...] | None:
        options = _options(document, span)
        if options is None or use.field.made_by != "field":
            return None
        if use.field.name == column:
            return options.without("source")
        value = elixir.atom(column)
        edit = options.replace_value("source", value) or options.with_pair(_pair(options, f"source: {value}"))
        return (edit,) if edit is not None else None

    return rewrite


def _options(document: Document, span: Span) -> CallOptions | None:
    node = document.node(span)
    if node is None or node.kind != "call" or node.has_error:
        return None
    given = node.child("arguments")
    if given is None or not given.children:
        return None
    # `field :title` is one of the type `:string`.
    return CallOptions(document, node, min(2, len(given.children)))


def _pair(options: CallOptions, text: str) -> str:
    count = len(options.arguments.children) if options.arguments is not None else 0
    return text if count > 1 else f":string, {text}"
