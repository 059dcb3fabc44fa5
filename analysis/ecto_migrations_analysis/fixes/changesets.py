"""Edits of changesets: the name of an index or a constraint, where Ecto has to know it.

Ecto turns a violation into an error of the changeset only where a `…_constraint` has the name that the
database reports (`Ecto.Changeset.unique_constraint/3`). The code can be deployed before the migration: a name
that does not exist yet does no harm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from ..findings import Finding
from ..operations import CreateIndex, RenameIndex
from ..project.ecto_schema_model import EctoSchema, NamedConstraint
from ..project.ecto_schemas import read_schemas
from ..rules.application import schemas_of
from ..syntax.source import Source
from ..syntax.span import Span
from . import elixir
from .context import Context, Proposal, offer
from .document import Document
from .in_place.common import found
from .model import Change, Edit, Files, OtherEdits, StaleOffer
from .options import CallOptions

STRATEGY = "changeset"
MISSING = "missing-unique-constraint-in-changeset"
RENAMED = "rename-index"
DRIFTED = "rename-constraint-name-drift"

# The edit for the text of the file as it is by then; None where the place is gone.
Rewrite = Callable[[Document], "Edit | None"]


def proposals(context: Context) -> Iterator[Proposal]:
    for finding in found(context, MISSING):
        yield from _missing(context, finding)
    for finding in found(context, RENAMED):
        yield from _renamed(context, finding)
    for finding in found(context, DRIFTED):
        yield from _drifted(context, finding)


def _proposal(
    context: Context, finding: Finding, subject: str, title: str, path: str, rewrite: Rewrite
) -> Proposal:
    return Proposal(
        offer(context, STRATEGY, subject, title, finding.span, findings=(finding,), preferred=True),
        partial(_change, path, rewrite),
    )


def _change(path: str, rewrite: Rewrite, files: Files) -> Change:
    data = files.read(path)
    edit = rewrite(Document(Source(data, path))) if data is not None else None
    if data is None or edit is None:
        raise StaleOffer(path)
    return Change(others=(OtherEdits(path=path, before=data, edits=(edit,)),))


# --- a name that no changeset has --------------------------------------------------------------------------


def _missing(context: Context, finding: Finding) -> Iterator[Proposal]:
    name = finding.subject["index"]
    for _, operation in context.rules.forward(CreateIndex):
        if operation.name != name or operation.span != finding.span:
            continue
        schemas = [
            schema for schema, certain in schemas_of(context.rules, operation.relation) or () if certain
        ]
        schema = next((item for item in schemas if item.changeset is not None), None)
        if schema is None or schema.changeset is None:
            return
        columns = [schema.column(element.column or "") for element in operation.elements]
        fields = [column.name for column in columns if column is not None]
        if not fields or len(fields) < len(columns):
            return
        default = "_".join([schema.table.name or "", *(e.column or "" for e in operation.elements), "index"])
        call = f"unique_constraint({_fields(fields)}{_named(name) if name != default else ''})"
        title = f"Add {call} to the changeset of {schema.module}"
        path = schema.changeset.path
        yield _proposal(context, finding, name, title, path, partial(_appended, schema.module, call))
        return


def _fields(names: list[str]) -> str:
    atoms = [elixir.atom(name) for name in names]
    return atoms[0] if len(atoms) == 1 else f"[{', '.join(atoms)}]"


def _named(name: str) -> str:
    return f", name: {elixir.atom(name)}"


def _appended(module: str, call: str, document: Document) -> Edit | None:
    """`|> call` at the end of the changeset's pipeline."""
    for schema in _schemas(document):
        if schema.module == module and schema.changeset is not None:
            node = document.node(schema.changeset.span)
            if node is None:
                return None
            return _below(document, node.children[-1].start, schema.changeset.span.end, call)
    return None


def _below(document: Document, line: int, at: int, call: str) -> Edit:
    text = f"{document.newline}{document.indentation(line)}|> {call}"
    return Edit(Span(at, at), text)


def _schemas(document: Document) -> tuple[EctoSchema, ...]:
    return read_schemas(document.data, document.source.path or "").schemas


# --- a name that is another one from now on ----------------------------------------------------------------


def _renamed(context: Context, finding: Finding) -> Iterator[Proposal]:
    """The new name beside the old one, for as long as both may be there."""
    old = finding.subject["index"]
    new = next(
        (
            operation.to
            for _, operation in context.rules.forward(RenameIndex)
            if operation.name.name == old and operation.span == finding.span
        ),
        None,
    )
    waiting = _waiting(context, old)
    if new is None or len(waiting) != 1:
        return
    title = f"Expect {new} in the changeset too, beside {old}"
    path = waiting[0].place.path
    yield _proposal(context, finding, old, title, path, partial(_both, old, new))


def _both(old: str, new: str, document: Document) -> Edit | None:
    span = _call(document, old)
    node = document.node(span) if span is not None else None
    arguments = node.child("arguments") if node is not None else None
    piped = node is not None and _piped(document, node.start)
    given = arguments.children if arguments is not None else []
    if node is None or len(given) < (1 if piped else 2):
        return None
    call = f"{node.children[0].text}({given[0 if piped else 1].text}{_named(new)})"
    if piped and not document.rest_of_line(node.end).strip():
        return _below(document, node.start, node.end, call)
    return _behind(document, Span(node.start, node.end), call)


def _behind(document: Document, span: Span, call: str) -> Edit:
    """`… |> call` in the same line; below `def …,` where that gets too long."""
    start = document.line_start(span.start)
    line = document.data[start : document.line_end(span.end)].decode("utf-8", "replace")
    before = document.data[start : span.start]
    at = before.rfind(b", do: ")
    if len(line) + len(f" |> {call}") <= elixir.WIDTH or at < 0:
        return Edit(Span(span.end, span.end), f" |> {call}")
    body = document.data[start + at + len(b", ") : span.end].decode()
    indent = document.indentation(span.start) + "  "
    return Edit(Span(start + at, span.end), f",{document.newline}{indent}{body} |> {call}")


def _drifted(context: Context, finding: Finding) -> Iterator[Proposal]:
    """The name that the index or the constraint keeps, in the changeset that makes another one up."""
    kept = finding.subject["constraint"]
    places = [item.place for item in finding.related]
    named = context.analysis.project.named_constraints
    waiting = [item for item in (named() if named is not None else ()) if item.place in places]
    if len(waiting) != 1 or waiting[0].name is None:
        return
    title = f"Give name: {elixir.atom(kept)} in the changeset"
    path = waiting[0].place.path
    yield _proposal(context, finding, kept, title, path, partial(_with_name, waiting[0].name, kept))


def _with_name(expected: str, kept: str, document: Document) -> Edit | None:
    span = _call(document, expected)
    node = document.node(span) if span is not None else None
    if node is None:
        return None
    options = CallOptions(document, node, 1 if _piped(document, node.start) else 2)
    pair = f"name: {elixir.atom(kept)}"
    return options.replace_pair("name", pair) or options.with_pair(pair)


def _waiting(context: Context, name: str) -> list[NamedConstraint]:
    named = context.analysis.project.named_constraints
    return [item for item in (named() if named is not None else ()) if item.exact and item.name == name]


def _call(document: Document, name: str) -> Span | None:
    """The one call that expects the name, in the text as it is now."""
    read = read_schemas(document.data, document.source.path or "")
    all_named = [*read.constraints, *(item for schema in read.schemas for item in schema.constraints)]
    spans = [item.place.span for item in all_named if item.exact and item.name == name]
    return spans[0] if len(spans) == 1 else None


def _piped(document: Document, start: int) -> bool:
    """Whether the call is a step of a pipeline, at the beginning of its line."""
    before = document.data[document.line_start(start) : start].strip()
    return before == b"|>"
