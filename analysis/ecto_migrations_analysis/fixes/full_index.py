"""An index written in full: what the catalog has of it, in the call that only names it.

Ecto drops an index by its name, and creates on rollback what is written there.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..operations import CreateIndex
from ..schema.state import IndexState, Table
from ..syntax.tree import Node
from . import elixir
from .build_index import index_name
from .document import Document
from .model import Edit
from .options import CallOptions


def known_index(tables: Iterable[Table], name: str | None) -> IndexState | None:
    """The index of this name, where it is certain and belongs to no constraint."""
    for table in tables:
        found = table.indexes.get(name or "")
        if found is not None:
            return None if table.uncertain or found.constraint is not None else found
    return None


def in_full(document: Document, known: IndexState, call: Node) -> list[Edit] | None:
    """The edits of `index(…)`; none where nothing is missing, None where the DSL cannot say it."""
    was = known.definition
    options = CallOptions(document, call, 2)
    columns = _columns(was)
    if columns is None or options.before is None or not was.complete or not was.nulls_distinct or was.options:
        return None
    edits: list[Edit] = []
    pairs: list[str] = []
    if was.unique and call.children[0].text == "index" and "unique" not in options.pairs:
        edits.append(Edit(call.children[0].span, "unique_index"))
    # One column may stand without brackets.
    if options.before.text not in (columns, columns[1:-1]):
        edits.append(Edit(options.before.span, columns))
    if was.where is not None and "where" not in options.pairs:
        if was.where.sql is None:
            return None
        pairs.append(f"where: {elixir.string(was.where.sql)}")
    if was.method != "btree" and "using" not in options.pairs:
        pairs.append(f"using: {elixir.atom(was.method)}")
    if was.include and "include" not in options.pairs:
        pairs.append(f"include: [{', '.join(map(elixir.atom, was.include))}]")
    if pairs:
        edit = options.with_pair(", ".join(pairs))
        if edit is None or (edit.span.start != edit.span.end and edits):
            return None
        edits.append(edit)
    return edits


def call(was: CreateIndex, name: str, table: str) -> str | None:
    """`index(…)` or `unique_index(…)` with all that is known of it; None where the DSL cannot say it.

    `table`: how its table is written there, `:posts` or `"posts"`.
    """
    columns = _columns(was)
    if columns is None or not was.complete or not was.nulls_distinct or was.options:
        return None
    if was.where is not None and was.where.sql is None:
        return None
    names = tuple(element.column or "" for element in was.elements)
    pairs = [] if name == index_name(was.relation, names) else [f"name: {elixir.atom(name)}"]
    if was.relation.schema is not None:
        pairs.append(f"prefix: {elixir.string(was.relation.schema)}")
    if was.where is not None:
        pairs.append(f"where: {elixir.string(was.where.sql or '')}")
    if was.method != "btree":
        pairs.append(f"using: {elixir.atom(was.method)}")
    if was.include:
        pairs.append(f"include: [{', '.join(map(elixir.atom, was.include))}]")
    return f"{'unique_index' if was.unique else 'index'}({', '.join([table, columns, *pairs])})"


def _columns(was: CreateIndex) -> str | None:
    """The elements as the DSL has them; None where one is more than a column."""
    names = []
    for element in was.elements:
        if element.column is None or element != type(element)(column=element.column):
            return None
        names.append(elixir.atom(element.column))
    return f"[{', '.join(names)}]"


def spelled(known: IndexState) -> str | None:
    """`index(:posts, [:slug], …)` with all that the catalog has; None where the DSL cannot say it."""
    was = known.definition
    columns, relation = _columns(was), was.relation
    if columns is None or not was.complete or not was.nulls_distinct or was.options or relation.name is None:
        return None
    if known.constraint is not None or (was.where is not None and was.where.sql is None):
        return None
    names = [element.column or "" for element in was.elements]
    pairs = []
    if known.name != "_".join([relation.name, *names, "index"]):
        pairs.append(f"name: {elixir.atom(known.name)}")
    if relation.schema is not None:
        pairs.append(f"prefix: {elixir.string(relation.schema)}")
    if was.where is not None:
        pairs.append(f"where: {elixir.string(was.where.sql or '')}")
    if was.method != "btree":
        pairs.append(f"using: {elixir.atom(was.method)}")
    if was.include:
        pairs.append(f"include: [{', '.join(map(elixir.atom, was.include))}]")
    function = "unique_index" if was.unique else "index"
    return f"{function}({', '.join([elixir.atom(relation.name), columns, *pairs])})"
