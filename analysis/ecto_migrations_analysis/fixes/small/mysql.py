"""MySQL: what `modify` has to restate, and a CHECK that is to be enforced."""

from __future__ import annotations

import re

from ...findings import Finding
from ...program.commands import AlterTable, Modify
from ...rules.mysql.mysql_columns import table_name
from ...rules.mysql.mysql_modify_drops_attributes import columns_before
from .. import elixir
from ..context import Context
from ..in_place.subcommands import blocks
from ..options import CallOptions
from .edits import Fix, Small, enclosing_call

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


FIXES: dict[str, Fix] = {
    "mysql-modify-drops-attributes": _restated,
    "mysql-constraint-not-enforced": _enforced,
}
