"""`update_all` and `delete_all` of a table named by a string, as the same for the rows of a batch."""

from __future__ import annotations

import re

from ...program.commands import RepoCall
from ...project.ecto_schema_model import EctoSchema
from ...records import dataclass
from ...syntax.tree import Node
from .. import elixir
from ..context import Context

# What a query may be made of; anything else is a function of the migration or of a library.
_QUERY = frozenset(
    {
        *("and", "as", "coalesce", "count", "field", "fragment", "from", "ilike", "in", "inner_join"),
        *("is_nil", "join", "left_join", "like", "literal", "not", "on", "or", "or_where", "select"),
        *("type", "update", "where"),
    }
)
_CHANCE = re.compile(r"random|nextval|gen_|uuid_generate|clock_timestamp|timeofday")


@dataclass(frozen=True, slots=True)
class Rows:
    """The query, as it is written, what is set in it (None for a deletion), and a binding for its table."""

    query: str
    changes: str | None
    binding: str
    function: str


def batched(context: Context, call: Node, piped: Node | None, command: RepoCall) -> Rows | None:
    """The parts of a call of `update_all` or `delete_all`; `piped` is the query where one is piped in.

    None where it cannot be done in batches, or means something else in another module.
    """
    if command.function not in ("update_all", "delete_all") or command.own_schema:
        return None
    schema = _schema(context, command)
    table = schema.table.name if schema is not None else command.table
    if not isinstance(table, str) or command.columns_moved or command.offset or command.bounded:
        return None
    if command.repo not in ("repo()", context.analysis.project.repo.module):
        return None
    arguments = call.child("arguments")
    given = list(arguments.children) if arguments is not None else []
    query = piped if piped is not None else (given.pop(0) if given else None)
    if query is None or len(given) > (2 if command.function == "update_all" else 1):
        return None
    changes: str | None = None
    if command.function == "update_all":
        if not given or given[0].kind not in ("keywords", "list"):
            return None
        changes = given[0].text if given[0].kind == "list" else f"[{given[0].text}]"
        if "\n" in changes:
            return None
    parts = [query, *given[:1]] if changes is not None else [query]
    modules = [node for part in parts for node in part.walk() if node.kind == "alias"]
    if schema is not None and (len(modules) != 1 or not _means_the_same(schema, parts, command)):
        return None
    if not all(_stands_alone(part, _bindings(query), schema is not None) for part in parts):
        return None
    if any(node.text == f'"{table}"' for part in parts for node in _sources(part)):
        return None  # It reads the table that it writes.
    binding = next(iter(_bindings(query)), "p")
    if command.function == "update_all" and not _same_twice(parts, binding, command):
        return None
    text = query.text
    if schema is not None:
        start, end = modules[0].start - query.start, modules[0].end - query.start
        data = query.text.encode()
        text = (data[:start] + elixir.string(table).encode() + data[end:]).decode()
    return Rows(text, changes, binding, command.function)


def _schema(context: Context, command: RepoCall) -> EctoSchema | None:
    """The schema module of the application that the query names instead of a table."""
    read = context.analysis.project.ecto_schemas
    if command.schema is None or read is None:
        return None
    return next((item for item in read() if item.module == command.schema), None)


# What a value of these types is in a query without a schema.
_SAME = {":boolean": "boolean", ":integer": "integer", ":string": "string"}


def _means_the_same(schema: EctoSchema, parts: list[Node], command: RepoCall) -> bool:
    """Whether the query can name the table: no field has another name there, no value another form."""
    if schema.table.schema is not None:
        return False
    fields = {field.name: field for field in schema.fields}
    named = {
        node.children[-1].text
        for part in parts
        for node in part.walk()
        if node.kind == "dot" and node.children[-1].kind == "identifier"
    }
    for name in (*command.columns_set, *named):
        field = fields.get(name)
        if field is None or field.column != name:
            return False
    for part in parts:
        for node in part.walk():
            if node.kind != "pair" or node.children[0].text.strip()[:-1] not in command.columns_set:
                continue
            kind = _SAME.get(fields[node.children[0].text.strip()[:-1]].type or "")
            if node.children[-1].kind not in (kind, "nil"):
                return False
    return True


def _bindings(query: Node) -> list[str]:
    """The variables of the query, the one of its table first."""
    names: list[str] = []
    for node in query.walk():
        if node.kind == "binary_operator" and node.operator == "in" and node.children[0].kind == "identifier":
            names.append(node.children[0].text)
        elif node.kind == "list" and all(child.kind == "identifier" for child in node.children):
            names += [child.text for child in node.children]
    return list(dict.fromkeys(names))


def _sources(node: Node) -> list[Node]:
    """The tables besides the first: what is joined."""
    return [
        inner.children[1]
        for inner in node.walk()
        if inner.kind == "binary_operator" and inner.operator == "in" and inner.children[1].kind == "string"
    ][1:]


def _stands_alone(node: Node, bindings: list[str], of_schema: bool) -> bool:
    for inner in node.walk():
        if inner.kind in ("interpolation", "anonymous_function") or (inner.kind == "alias" and not of_schema):
            return False
        if inner.kind == "unary_operator" and inner.operator in ("@", "&", "^"):
            return False
        if inner.kind == "call":
            called = inner.children[0]
            if called.kind == "dot":
                if called.children[0].text not in bindings or inner.child("arguments") is not None:
                    return False
            elif called.text not in _QUERY:
                return False
    fields = {
        inner.children[-1].start
        for inner in node.walk()
        if inner.kind == "dot" and inner.children[-1].kind == "identifier"
    }
    return all(
        inner.text in bindings or inner.text in _QUERY or inner.start in fields
        for inner in node.walk()
        if inner.kind == "identifier"
    )


def _same_twice(parts: list[Node], binding: str, command: RepoCall) -> bool:
    """Whether rows that were written come out the same, or are left out by the condition."""
    columns = set(command.columns_set)
    if not columns:
        return False
    if columns & set(command.where_nil):
        return True
    for value in _values(parts):
        for node in value.walk():
            if node.kind == "dot" and node.children[-1].text in columns and node.children[0].text == binding:
                return False
            if node.kind == "atom" and node.text[1:] in columns:
                return False
            if node.kind == "string":
                text = node.text
                if _CHANCE.search(text) or (columns & set(re.findall(r"\w+", text)) and _in_fragment(value)):
                    return False
    return True


def _in_fragment(value: Node) -> bool:
    return any(node.kind == "call" and node.children[0].text == "fragment" for node in value.walk())


def _values(parts: list[Node]) -> list[Node]:
    """What is set: the values of the pairs of `set: […]`."""
    found: list[Node] = []
    for part in parts:
        for node in part.walk():
            if node.kind == "pair" and node.children[0].text.strip() == "set:":
                for pair in node.children[-1].walk():
                    if pair.kind == "pair":
                        found.append(pair.children[-1])
    return found


def written(rows: Rows, key: str, new: str | None) -> str:
    """The statement, at the left margin; the keys are `ids`. With `new`, for rows that hold nil there."""
    binding = rows.binding
    condition = f"{elixir.field(binding, key)} in ^ids"
    if new is not None:
        condition += f" and is_nil({elixir.field(binding, new)})"
    narrowed = f"where([{binding}], {condition})"
    rest = f"{rows.changes}, " if rows.changes is not None else ""
    steps = f"|> {narrowed}\n|> repo().{rows.function}({rest}timeout: :infinity)"
    return f"{rows.query}\n{steps}"
