"""Options and types of columns: `:json`, options that Ecto does not know, the type of a foreign key.

What Ecto passes over in silence is written as it was meant; that changes what the migration does, so that
somebody has to want it.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...databases.postgres.ecto_types import ecto_type
from ...findings import Finding
from ...operations import AddConstraint, ConstraintDefinition, CreateTable
from ...program.commands import Add, Modify
from ...program.terms import Option, as_bool
from ...syntax.span import Span
from ..context import Context, Proposal
from ..model import Edit
from ..options import CallOptions
from .common import answer, apart, found
from .subcommands import subcommands

JSON = "add-json-column"
OPTION = "unknown-option"
KEY_TYPE = "foreign-key-type-mismatch"
# Options that say the opposite of `null:`.
_OPPOSITE = ("not_null", "required")
_OF_REFERENCES = ("on_delete", "on_update", "validate", "column", "name", "type", "with", "match", "prefix")


def proposals(context: Context) -> Iterator[Proposal]:
    for finding in found(context, JSON):
        yield from _json(context, finding)
    for finding in found(context, OPTION):
        yield from _option(context, finding)
    for finding in found(context, KEY_TYPE):
        yield from _key_type(context, finding)


def _json(context: Context, finding: Finding) -> Iterator[Proposal]:
    written = context.analysis.source.text(finding.span)
    becomes = {":json": ":map", "json": "jsonb"}.get(written.lower())
    # A `modify` from `:jsonb` has nothing to become: the migration would be empty.
    if becomes is None or any(
        isinstance(change, Modify) and change.span.encloses(finding.span) for change in subcommands(context)
    ):
        return
    shown = "jsonb" if becomes == "jsonb" else ":map (jsonb)"
    edits = [Edit(finding.span, becomes), *apart(context, finding.span, len(becomes) - len(written))]
    subject = f"{finding.span.start}"
    yield answer(context, "json-to-map", subject, f"Make it {shown}, which has equality", (finding,), edits)


def _option(context: Context, finding: Finding) -> Iterator[Proposal]:
    change, option = _written(context, finding.span)
    if change is None or option is None:
        return
    data = context.document.data
    key, near = finding.subject["option"], finding.subject.get("near")
    if near is not None:
        text = _pair(near, key, option, context)
        if text is not None and not change.options.has(near):
            yield answer(
                context,
                "respell-option",
                _subject(finding),
                f"Write {text}",
                (finding,),
                (Edit(option.span, text),),
            )
        return
    call = context.document.node(change.span)
    if call is None:
        return
    given = CallOptions(context.document, call, 0 if getattr(change, "origin", "") == "timestamps" else 2)
    cut = given.without(key)
    if cut is None:
        return
    references = list(context.document.calls(change.span, "references"))
    if key in _OF_REFERENCES and len(references) == 1:
        target = CallOptions(context.document, references[0], 1)
        pair = target.with_pair(data[option.span.start : option.span.end].decode())
        if pair is not None and key not in target.pairs:
            title = f"Move {key}: into references(…)"
            yield answer(context, "move-option", _subject(finding), title, (finding,), (*cut, pair))
        return
    title = f"Remove {key}:, which Ecto does not read here"
    yield answer(context, "remove-option", _subject(finding), title, (finding,), cut, preferred=False)


def _subject(finding: Finding) -> str:
    return f"{finding.subject['option']}:{finding.span.start}"


def _written(context: Context, span: Span) -> tuple[Add | Modify | None, Option | None]:
    """The change and its option that stand at `span`, in a text that stands for itself alone."""
    for change in subcommands(context):
        if not change.span.encloses(span) or not isinstance(change, Add | Modify):
            continue
        for option in change.options:
            if option.span == span:
                return change, option
    return None, None


def _pair(near: str, key: str, option: Option, context: Context) -> str | None:
    value = context.analysis.source.text(option.value.span) if hasattr(option.value, "span") else ""
    if key in _OPPOSITE:
        known = as_bool(option.value)
        return None if known is None else f"{near}: {'false' if known else 'true'}"
    return f"{near}: {value}" if value else None


def _key_type(context: Context, finding: Finding) -> Iterator[Proposal]:
    calls = list(context.document.calls(finding.span, "references"))
    wanted = _wanted(context, finding)
    if len(calls) != 1 or calls[0].span != finding.span or wanted is None:
        return
    options = CallOptions(context.document, calls[0], 1)
    edit = options.replace_value("type", wanted) or options.with_pair(f"type: {wanted}")
    if edit is None:
        return
    column = finding.subject.get("column", "")
    title = f"Give the key's type: references(…, type: {wanted})"
    subject = f"{finding.subject['table']}.{column}"
    yield answer(context, "key-type", subject, title, (finding,), (edit,), safe="type" not in options.pairs)


def _wanted(context: Context, finding: Finding) -> str | None:
    """The type of the one column that the key points to, as Ecto writes it."""
    for step in context.steps:
        for operation in step.statement.operations:
            for constraint in _constraints(operation):
                if constraint.span != finding.span or constraint.references is None:
                    continue
                parent = step.before.table(constraint.references)
                keys = (constraint.referenced_columns or parent.primary_key) if parent is not None else ()
                if parent is None or len(keys) != 1 or keys[0] not in parent.columns:
                    return None
                written = ecto_type(parent.columns[keys[0]].type)
                return written[0] if written is not None and not written[1] else None
    return None


def _constraints(operation: object) -> tuple[ConstraintDefinition, ...]:
    if isinstance(operation, AddConstraint):
        return (operation.constraint,)
    return operation.constraints if isinstance(operation, CreateTable) else ()
