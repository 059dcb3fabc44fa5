"""Other databases: what MySQL `modify` has to restate, and a CHECK that is to be enforced."""

from __future__ import annotations

import re

from ...findings import Finding
from ...program.commands import AlterTable, Modify
from ...rules.mysql.mysql_columns import table_name
from ...rules.mysql.mysql_modify_drops_attributes import columns_before
from .. import elixir
from ..context import Context
from ..in_place.subcommands import blocks
from ..model import Edit
from ..options import CallOptions
from .edits import Fix, Small, enclosing_call, raw

_PAIR = re.compile(r"(\w+): ")
# The number of arguments before the options.
_POSITIONAL = {"index": 2, "unique_index": 2, "constraint": 2, "references": 1, "table": 1}
_PLAIN_FORMS = {
    "drop_if_exists": "drop",
    "create_if_not_exists": "create",
    "add_if_not_exists": "add",
    "remove_if_exists": "remove",
}
_LITERAL = re.compile(r"'((?:[^'\\]|'')*)'")
_PLAIN = re.compile(r"-?\d+(?:\.\d+)?|true|false")


def _restated(context: Context, finding: Finding) -> Small | None:
    """NOT NULL and DEFAULT as `from:` or the history has them."""
    for command, changes in blocks(context):
        for change in changes:
            if change.span != finding.span or not isinstance(change, Modify) or change.via:
                continue
            call = context.document.node(change.span)
            if call is None or not isinstance(command, AlterTable):
                return None
            options = CallOptions(context.document, call, 2)
            pairs = _stated(options) if change.options.has("from") else None
            if pairs is None:
                pairs = _known(context, command, change)
            missing = [pair for pair in pairs or () if pair.partition(":")[0] not in options.pairs]
            edit = options.with_pair(", ".join(missing)) if missing else None
            title = f"Restate {' and '.join(missing)}"
            return Small(title=title, edits=(edit,)) if edit is not None else None
    return None


def _stated(options: CallOptions) -> list[str] | None:
    """What `from: {type, options}` says of NULL and the default; None for a bare type."""
    value = options.value("from")
    if value is None or value.kind != "tuple" or value.children[-1].kind != "keywords":
        return None
    pairs = value.children[-1].children
    return [pair.text for pair in pairs if pair.text.startswith(("null:", "default:", "comment:"))]


def _known(context: Context, command: AlterTable, change: Modify) -> list[str] | None:
    """The attributes that earlier migrations gave the column; None where one of them cannot be written."""
    columns = columns_before(context.rules, command)
    known = columns.get(table_name(command.table) or "", {}).get(str(change.column))
    if known is None or known.comment is not None:
        return None
    pairs = ["null: false"] if known.not_null else []
    if known.default is not None:
        literal = _LITERAL.fullmatch(known.default)
        if literal is not None:
            pairs.append(f"default: {elixir.string(literal[1])}")
        elif _PLAIN.fullmatch(known.default):
            pairs.append(f"default: {known.default}")
        else:
            pairs.append(f"default: {elixir.fragment(known.default)}")
    return pairs


def _enforced(context: Context, finding: Finding) -> Small | None:
    call = enclosing_call(context, finding.span, "constraint")
    cut = CallOptions(context.document, call, 2).without("validate") if call is not None else None
    title = "Leave validate: false out: the CHECK is enforced, for old rows too"
    return Small(title=title, edits=cut) if cut is not None else None


def _supported(context: Context, finding: Finding) -> Small | None:
    """Without the option or the condition that the adapter refuses, where the rest says the same."""
    text = raw(context, finding.span).decode("utf-8", "replace")
    pair = _PAIR.match(text)
    if pair is not None and (finding.advice.startswith("Leave it out") or text == "validate: false"):
        return _without(context, finding, pair[1])
    for refused, plain in _PLAIN_FORMS.items():
        call = enclosing_call(context, finding.span, refused)
        if call is not None and call.span == finding.span and f"`{refused}`" in finding.message:
            title = (
                f"Write {plain}: it fails where {'it is not there' if 'if_exists' in refused else 'it is'}"
            )
            return Small(title=title, edits=(Edit(call.children[0].span, plain),))
    return None


def _without(context: Context, finding: Finding, key: str) -> Small | None:
    call = enclosing_call(context, finding.span, *_POSITIONAL)
    if call is None:
        return None
    cut = CallOptions(context.document, call, _POSITIONAL[call.children[0].text]).without(key)
    return Small(title=f"Leave {key}: out", edits=cut) if cut is not None else None


FIXES: dict[str, Fix] = {
    "mysql-modify-drops-attributes": _restated,
    "mysql-constraint-not-enforced": _enforced,
    "unsupported-by-adapter": _supported,
}
