"""The values of an enum type or a CHECK and those of `Ecto.Enum`: the missing ones added on one side.

Where each list has values that the other lacks, somebody has to say which spelling is meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from ...findings import Finding
from ...operations import CreateEnum, Relation
from ...project.ecto_schemas import read_schemas
from ...rules.application import FieldUse, uses_of
from ...schema.state import Schema
from ...syntax.source import Source
from ...syntax.span import Span
from .. import elixir
from ..context import Context, Proposal, offer
from ..document import Document
from ..in_place.common import apart, found
from ..model import Change, Edit, Files, OtherEdits, StaleOffer
from ..options import CallOptions

STRATEGY = "enum-values"
RULE = "enum-values-differ-from-schema"
_CREATE = re.compile(rb"CREATE\s+TYPE\b[^()]*\bAS\s+ENUM\s*\([^()]*?(?=\s*\))", re.I)


def proposals(context: Context) -> Iterator[Proposal]:
    for finding in found(context, RULE):
        relation, column = finding.subject["table"], finding.subject["column"]
        use = _use(context, finding, relation, column)
        values = _values(context, relation, column)
        if use is None or values is None:
            continue
        missing_here = [value for value in use.field.values if value not in values]
        missing_there = [value for value in values if value not in use.field.values]
        if missing_here and not missing_there:
            yield from _in_the_type(context, finding, missing_here)
        elif missing_there and not missing_here:
            yield _in_the_schema(context, finding, use, missing_there)


def _use(context: Context, finding: Finding, relation: str, column: str) -> FieldUse | None:
    places = [item.place for item in finding.related]
    schema, _, name = relation.rpartition(".")
    uses = uses_of(context.rules, Relation(name, schema or None), column)
    return next((use for use in uses if use.field.place in places), None)


def _values(context: Context, relation: str, column: str) -> tuple[str, ...] | None:
    """The values of the column's enum type after the last migration."""
    latest = context.analysis.project.latest
    schema = latest() if latest is not None else None
    for table in schema.tables.values() if schema is not None else ():
        known = table.columns.get(column) if str(table.relation) == relation else None
        if known is not None and schema is not None:
            enum = schema.enums.get(Schema.key(Relation(known.type.name, known.type.schema)))
            return enum.values if enum is not None and enum.complete else None
    return None


def _in_the_type(context: Context, finding: Finding, values: list[str]) -> Iterator[Proposal]:
    """The values at the end of the list that CREATE TYPE has, where this migration makes the type."""
    made = any(
        isinstance(operation, CreateEnum) and operation.span == finding.span
        for step in context.steps
        for operation in step.statement.operations
    )
    match = _CREATE.search(context.document.data, finding.span.start, finding.span.end)
    if not made or match is None or any("'" in value or '"' in value or "\\" in value for value in values):
        return
    text = "".join(f", '{value}'" for value in values)
    at = Span(match.end(), match.end())
    change = Change(edits=(Edit(at, text), *apart(context, finding.span, len(text))))
    title = f"Add {' and '.join(values)} to the type, as the schema has them"
    yield Proposal(
        offer(context, STRATEGY, str(finding.span.start), title, finding.span, findings=(finding,)),
        lambda files: change,
    )


def _in_the_schema(context: Context, finding: Finding, use: FieldUse, values: list[str]) -> Proposal:
    title = f"Add {' and '.join(values)} to the values of {use.schema.module}.{use.field.name}"
    return Proposal(
        offer(
            context,
            STRATEGY,
            str(finding.span.start),
            title,
            finding.span,
            findings=(finding,),
            preferred=True,
        ),
        partial(_change, use, values),
    )


def _change(use: FieldUse, values: list[str], files: Files) -> Change:
    path = use.field.place.path
    data = files.read(path)
    edit = _added(Document(Source(data, path)), use, values) if data is not None else None
    if data is None or edit is None:
        raise StaleOffer(path)
    return Change(others=(OtherEdits(path=path, before=data, edits=(edit,)),))


def _added(document: Document, use: FieldUse, values: list[str]) -> Edit | None:
    """`values: [:draft]` with more of them, as the text has the field by then."""
    for schema in read_schemas(document.data, use.field.place.path).schemas:
        field = schema.column(use.field.column) if schema.module == use.schema.module else None
        call = document.node(field.place.span) if field is not None else None
        listed = CallOptions(document, call, 2).value("values") if call is not None else None
        if listed is None or listed.kind != "list" or not listed.children:
            return None
        last = listed.children[-1]
        if any(child.kind != "atom" for child in listed.children):
            return None
        gap = " "
        if document.starts_line(last.start):
            gap = document.newline + document.indentation(last.start)
        new = "".join(f",{gap}{elixir.atom(v)}" for v in values if v not in _present(listed.text))
        return Edit(Span(last.end, last.end), new) if new else None
    return None


def _present(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))
