"""What a team has chosen as its convention, written as the convention says.

None of it is applied unasked: each changes what the migration makes.
"""

from __future__ import annotations

import re

from ...databases.postgres.column_operations import data_type
from ...databases.postgres.ecto_types import ecto_type
from ...findings import Finding
from ...operations import AlterColumnType, ColumnDefinition
from ...program.terms import Atom, Options
from ...rules.application import uses_of
from ...rules.made_columns import made_columns
from ...syntax.span import Span
from ...syntax.tree import Node
from .. import elixir, module_edits
from ..context import Context
from ..in_place.common import apart
from ..model import Edit
from ..options import CallOptions
from .edits import Fix, Small, enclosing_call, raw, set_off

_COLUMN = ("add", "add_if_not_exists", "modify")
_VARCHAR = re.compile(r"(TYPE\s+)?(?:varchar|character\s+varying)\s*\(\s*\d+\s*\)", re.I)
_CHAR = re.compile(r"(TYPE\s+)?(?:char|character|bpchar)\s*(?:\(\s*\d+\s*\))?", re.I)
_TIMESTAMP = re.compile(r"timestamp\s*(?P<size>\(\s*\d\s*\))?(?:\s*without\s+time\s+zone)?", re.I)
_FLOAT = re.compile(r"double\s+precision|float[48]?|real", re.I)
_INTEGER = re.compile(r"smallint|integer|int[24]?", re.I)
_SERIAL = re.compile(r"(?:small|big)?serial[248]?", re.I)
# `:bigserial` is `bigint`, `:serial` is `integer`.
_SERIAL_OF = {"bigserial": "bigint", "serial8": "bigint", "smallserial": "smallint", "serial2": "smallint"}


def _text(context: Context, finding: Finding) -> Small | None:
    # What states the type again would make it another one once more.
    again = [
        operation
        for step in context.steps
        for operation in step.statement.operations
        if isinstance(operation, AlterColumnType) and operation.column == finding.subject.get("column")
    ]
    if any(not operation.span.encloses(finding.span) for operation in again):
        return None
    return _typed(context, finding, _VARCHAR, "text", "size")


def _no_char(context: Context, finding: Finding) -> Small | None:
    return _typed(context, finding, _CHAR, "text", "size")


def _decimal(context: Context, finding: Finding) -> Small | None:
    made = _typed(context, finding, _FLOAT, "numeric", ecto=":decimal")
    if made is None:
        return None
    return Small(title=made.title + ", which keeps every digit", edits=made.edits)


def _typed(
    context: Context,
    finding: Finding,
    sql: re.Pattern[str],
    becomes: str,
    *without: str,
    ecto: str = "",
) -> Small | None:
    """Another type, without the options of the old one; in SQL where `sql` is what stands there."""
    written = raw(context, finding.span).decode("utf-8", "replace")
    match = sql.fullmatch(written)
    if match is not None:
        text = f"{match[1] if match.re.groups and match[1] else ''}{becomes}"
        longer = apart(context, finding.span, len(text) - len(written))
        return Small(title=f"Make it {becomes}", edits=(Edit(finding.span, text), *longer))
    call, node = _column(context, finding.span)
    if call is None or node is None:
        return None
    name = ecto or f":{becomes}"
    text = re.sub(r":\w+(?=\}*$)", name, written) if written.startswith("{") else name
    edits = [Edit(finding.span, text)]
    cut = CallOptions(context.document, call, 2).without(*without) if without else None
    return Small(title=f"Make it {text}", edits=(*edits, *(cut or ())))


def _column(context: Context, span: Span) -> tuple[Node | None, Node | None]:
    """The call that makes the column and its second argument, where `span` is that."""
    call = enclosing_call(context, span, *_COLUMN)
    arguments = call.child("arguments") if call is not None else None
    if arguments is None or len(arguments.children) < 2 or arguments.children[1].span != span:
        return None, None
    return call, arguments.children[1]


def _timestamptz(context: Context, finding: Finding) -> Small | None:
    written = raw(context, finding.span).decode("utf-8", "replace")
    if (match := _TIMESTAMP.fullmatch(written)) is not None:
        text = f"timestamptz{match['size'] or ''}"
        longer = apart(context, finding.span, len(text) - len(written))
        return Small(title=f"Make it {text}", edits=(Edit(finding.span, text), *longer))
    return _timestamp(context, finding, ":timestamptz")


def _consistent(context: Context, finding: Finding) -> Small | None:
    """The type of the repo's `timestamps()`, by the name of the same kind."""
    given = context.analysis.project.repo.migration_timestamps.get("type")
    wanted = data_type(Atom("naive_datetime") if given is None else given, Options())
    written = raw(context, finding.span).decode("utf-8", "replace")
    if re.fullmatch(r"timestamp[\w\s()]*", written, re.I):
        text = str(wanted).replace("timestamp with time zone", "timestamptz")
        text = text.replace("timestamp without time zone", "timestamp")
        longer = apart(context, finding.span, len(text) - len(written))
        return Small(title=f"Make it {text}", edits=(Edit(finding.span, text), *longer))
    named = ecto_type(wanted)
    if named is None or named[1]:
        return None
    name = named[0].replace(":naive_datetime", ":utc_datetime") if "utc" in written else named[0]
    return _timestamp(context, finding, name)


def _timestamp(context: Context, finding: Finding, name: str) -> Small | None:
    call = enclosing_call(context, finding.span, "timestamps")
    if call is not None:
        arguments = call.child("arguments")
        given = arguments.children if arguments is not None else []
        if given and given[0].kind not in ("keywords", "list"):
            return None
        options = CallOptions(context.document, call, 0)
        edit = options.replace_value("type", name) or options.with_pair(f"type: {name}")
        if edit is None:
            return None
        return Small(title=f"Give them the type {name}", edits=(edit,))
    if _column(context, finding.span)[0] is None:
        return None
    return Small(title=f"Make it {name}", edits=(Edit(finding.span, name),))


def _bigint(context: Context, finding: Finding) -> Small | None:
    written = raw(context, finding.span).decode("utf-8", "replace")
    for pattern, text in ((_INTEGER, "bigint"), (_SERIAL, "bigserial")):
        if pattern.fullmatch(written):
            longer = apart(context, finding.span, len(text) - len(written))
            return Small(title=f"Make it {text}", edits=(Edit(finding.span, text), *longer))
    becomes = {":serial": ":bigserial", ":id": ":bigint", ":integer": ":bigint", ":smallint": ":bigint"}
    if written in becomes:
        text = becomes[written]
        return Small(title=f"Make it {text}", edits=(Edit(finding.span, text),))
    call = enclosing_call(context, finding.span, "references")
    if call is None or call.span != finding.span:
        return None
    cut = CallOptions(context.document, call, 1).without("type")
    if cut is None or context.analysis.project.repo.migration_foreign_key.items:
        return None
    return Small(title="Leave type: out: the key is a bigint then", edits=cut)


def _identity(context: Context, finding: Finding) -> Small | None:
    written = raw(context, finding.span).decode("utf-8", "replace")
    if written in (":bigserial", ":serial"):
        text = ":identity" if written == ":bigserial" else ""
        return Small(title=f"Make it {text}", edits=(Edit(finding.span, text),)) if text else None
    if _SERIAL.fullmatch(written):
        integer = _SERIAL_OF.get(written.lower(), "integer")
        text = f"{integer} GENERATED BY DEFAULT AS IDENTITY"
        longer = apart(context, finding.span, len(text) - len(written))
        return Small(title=f"Make it {text}", edits=(Edit(finding.span, text), *longer))
    call = enclosing_call(context, finding.span, "table")
    if call is None or call.span != finding.span:
        return None
    options = CallOptions(context.document, call, 1)
    if "primary_key" in options.pairs:
        return None
    edit = options.with_pair("primary_key: [type: :identity]")
    return Small(title="Give it an identity as its key", edits=(edit,)) if edit is not None else None


def _boolean(context: Context, finding: Finding) -> Small | None:
    return _required(context, finding, "false", "false")


def _collection(context: Context, finding: Finding) -> Small | None:
    column = _made(context, finding)
    if column is None:
        return None
    written = raw(context, finding.span)
    # Ecto takes a map as default for its own types alone.
    empty = "%{}" if written.startswith((b":map", b"{:map")) else elixir.fragment("'{}'")
    return _required(context, finding, "[]" if written.startswith(b"{:array") else empty, "'{}'")


def _required(context: Context, finding: Finding, default: str, sql: str) -> Small | None:
    """NOT NULL, with a default where there is none."""
    column = _made(context, finding)
    if column is None:
        return None
    call, _ = _column(context, finding.span)
    if call is None:
        if context.document.node(finding.span) is not None:
            return None
        text = " NOT NULL" + (f" DEFAULT {sql}" if column.default is None else "")
        at = Span(finding.span.end, finding.span.end)
        return Small(title=f"Make it{text}", edits=(Edit(at, text), *apart(context, finding.span, len(text))))
    options = CallOptions(context.document, call, 2)
    pairs = ["null: false"] if options.value("null") is None else []
    pairs += [f"default: {default}"] if column.default is None else []
    edits = [edit] if (edit := options.replace_value("null", "false")) is not None else []
    if pairs:
        if (added := options.with_pair(", ".join(pairs))) is None:
            return None
        edits.append(added)
    words = "null: false" + (f" and the default {default}" if column.default is None else "")
    return Small(title=f"Give it {words}", edits=tuple(edits))


def _made(context: Context, finding: Finding) -> ColumnDefinition | None:
    for _, _, column in made_columns(context.rules):
        if column.type_span == finding.span and column.name == finding.subject.get("column"):
            return column
    return None


def _foreign_key(context: Context, finding: Finding) -> Small | None:
    title = "Give it null: false (null: true where a row may have no parent)"
    call, _ = _column(context, finding.span)
    if call is not None:
        edit = CallOptions(context.document, call, 2).with_pair("null: false")
        return Small(title=title, edits=(edit,)) if edit is not None else None
    if not raw(context, finding.span).upper().startswith(b"REFERENCES"):
        return None
    text = "NOT NULL "
    start = Span(finding.span.start, finding.span.start)
    return Small(
        title="Make it NOT NULL", edits=(Edit(start, text), *apart(context, finding.span, len(text)))
    )


def _timestamps(context: Context, finding: Finding) -> Small | None:
    """`timestamps()` at the end of the table's block."""
    document = context.document
    call = enclosing_call(context, finding.span, "create", "create_if_not_exists")
    if call is None or not document.starts_line(call.start) or not document.ends_line(call.end):
        return None
    block = call.child("do_block")
    if block is None:
        head = document.data[call.start : call.end]
        if b"\n" in head or b"(" not in head or head.startswith(b"create("):
            return None
        indent = document.indentation(call.start)
        text = f" do\n{indent}  timestamps()\n{indent}end"
        edits = [Edit(Span(call.end, call.end), document.lines(text)), *set_off(document, call.span)]
        return Small(title="Add timestamps()", edits=tuple(sorted(edits, key=lambda edit: edit.span)))
    if not block.children:
        return None
    last = block.children[-1]
    added = module_edits.after_statement(document, last.span, "timestamps()")
    return Small(title="Add timestamps()", edits=added) if added is not None else None


def _own_key(context: Context, finding: Finding) -> Small | None:
    call = enclosing_call(context, finding.span, "table")
    if call is None:
        return None
    options = CallOptions(context.document, call, 1)
    value = options.value("primary_key")
    cut = options.without("primary_key") if value is not None and value.text == "false" else None
    title = "Leave primary_key: false out: it gets a key of its own"
    return Small(title=title, edits=cut) if cut is not None else None


def _default_name(context: Context, finding: Finding) -> Small | None:
    """`name:` left out, where the migration creates the index and nothing else of it names it."""
    call = enclosing_call(context, finding.span, "index", "unique_index")
    if call is None or "change" not in context.migration.migration.callbacks:
        return None
    options = CallOptions(context.document, call, 2)
    cut = options.without("name")
    own = finding.subject.get("index", "")
    if cut is None or context.document.data.count(own.encode()) != 1 or not _is_free(context, call, own):
        return None
    title = "Leave name: out (a changeset that gives this name needs the same)"
    return Small(title=title, edits=cut)


def _is_free(context: Context, call: Node, own: str) -> bool:
    """Whether Ecto's own name of the index is not taken, and short enough."""
    from ...program.commands import CreateIndex

    for step, command in context.commands(CreateIndex):
        if not command.span.encloses(call.span) or not isinstance(command.index.table, str):
            continue
        words = [command.index.table]
        for column in command.index.columns:
            if not isinstance(column.text, str):
                return False
            words.append(re.sub(r"[^\w]", "_", column.text))
        name = re.sub(r"_+", "_", "_".join([*words, "index"]))
        taken = {known for table in step.after.tables.values() for known in table.indexes}
        return len(name.encode()) <= 63 and name not in taken - {own}
    return False


def _values(context: Context, finding: Finding) -> Small | None:
    """A CHECK with the values that `Ecto.Enum` has in the schema module, behind the table that is made."""
    document = context.document
    call = enclosing_call(context, finding.span, "create")
    column = finding.subject.get("column", "")
    if call is None or not document.starts_line(call.start):
        return None
    for step, relation, made in made_columns(context.rules):
        if made.type_span != finding.span or made.name != column or relation.name is None:
            continue
        if not context.is_new(relation, step):
            return None
        uses = [use for use in uses_of(context.rules, relation, column) if use.certain and use.field.values]
        values = {use.field.values for use in uses}
        if len(values) != 1 or (made.default is not None and made.default.sql is None):
            return None
        (known,) = values
        if any("'" in value for value in known):
            return None
        check = f"{column} IN ({', '.join(repr(value) for value in known)})"
        name = f"{relation.name}_{column}_check"
        tables = list(document.calls(call.span, "table"))
        arguments = tables[0].child("arguments") if tables else None
        if arguments is None or not re.fullmatch(r"[a-z_][a-z0-9_]*", column) or len(name) > 63:
            return None
        prefix = CallOptions(document, tables[0], 1).pairs.get("prefix")
        pairs = f"check: {elixir.string(check)}" + (f", {prefix.text}" if prefix is not None else "")
        text = f"create constraint({arguments.children[0].text}, {elixir.atom(name)}, {pairs})"
        if len(document.indentation(call.start)) + len(text) > elixir.WIDTH:
            return None
        edits = module_edits.after_statement(document, call.span, text)
        if edits is None:
            return None
        title = f"Add a CHECK with the values of {uses[0].schema.module}: {', '.join(known)}"
        return Small(title=title, edits=edits)
    return None


FIXES: dict[str, Fix] = {
    "prefer-text": _text,
    "no-char": _no_char,
    "prefer-timestamptz": _timestamptz,
    "timestamps-consistency": _consistent,
    "float-for-money": _decimal,
    "prefer-bigint": _bigint,
    "prefer-identity": _identity,
    "boolean-nullable": _boolean,
    "array-or-map-without-default": _collection,
    "nullable-fk": _foreign_key,
    "missing-timestamps": _timestamps,
    "table-without-pk": _own_key,
    "index-name-convention": _default_name,
    "string-status-without-check": _values,
}
