"""The module around the statements: what else it holds, and what of that is left without use."""

from __future__ import annotations

import re

from ...syntax.span import Span
from ...syntax.tree import STATEMENT_LISTS, Node
from ..context import Context
from ..model import Edit
from ..move_index import without_lines

_FLAGS = ("@disable_ddl_transaction", "@disable_migration_lock", "@moduledoc")
_QUERIES = re.compile(
    r"\b(from|where|or_where|join|select|select_merge|order_by|limit|offset|group_by|having|distinct|preload"
    r"|update|subquery|dynamic|first|last|exclude|lock|union|union_all|fragment|field|windows|with_cte)\b"
)


class NoFiles:
    """Where nobody has asked yet which names are free."""

    def names(self, folder: str) -> frozenset[str]:
        return frozenset()

    def read(self, path: str) -> bytes | None:
        return None


def statements(context: Context) -> list[Node] | None:
    """What stands in the module."""
    node = context.document.node(context.migration.migration.span)
    block = node.child("do_block") if node is not None else None
    if block is None:
        return None
    found = block.children
    if len(found) == 1 and found[0].kind in STATEMENT_LISTS:
        found = found[0].children
    return list(found)


def keeps_only_callbacks(context: Context) -> bool:
    """Whether the module can be written anew: it holds callbacks, and what a migration has besides."""
    migration, document = context.migration.migration, context.document
    found = statements(context)
    if found is None or not document.is_clean(migration.span) or document.indentation(migration.span.start):
        return False
    if not document.starts_line(migration.span.start) or document.rest_of_line(migration.span.end).strip():
        return False
    if document.source.text(migration.use_span).split() != ["use", "Ecto.Migration"]:
        return False
    if not set(migration.callbacks) <= {"change", "up", "down", "after_begin"}:
        return False
    begin = migration.callbacks.get("after_begin")
    if begin is not None and "lock_timeout" not in document.source.text(begin.span):
        return False
    kept = {callback.span for callback in migration.callbacks.values()} | {migration.use_span}
    return all(node.span in kept or _is_usual(node) for node in found)


def _is_usual(node: Node) -> bool:
    words = node.text.split()
    return words[0] in _FLAGS or words[0] == "alias" or words[:2] == ["import", "Ecto.Query"]


def moduledoc(context: Context) -> str | None:
    """`@moduledoc …` as it is written, for the module that is written anew."""
    for node in statements(context) or ():
        if node.text.startswith("@moduledoc"):
            indentation = context.document.indentation(node.start)
            text = node.text.replace("\r\n", "\n")
            return "\n".join(line.removeprefix(indentation) for line in text.split("\n"))
    return None


def without_unused(context: Context, gone: list[Edit]) -> list[Edit]:
    """`import Ecto.Query` and aliases that only what goes has used."""
    document = context.document
    edits: list[Edit] = []
    for node in statements(context) or ():
        words = node.text.split()
        if words[:1] not in (["import"], ["alias"]) or len(words) != 2:
            continue
        without = [*(edit.span for edit in gone), node.span]
        left = _left(context, without)
        if words[0] == "import":
            used = words[1] != "Ecto.Query" or _QUERIES.search(left) is not None
        else:
            used = re.search(rf"\b{re.escape(words[1].rpartition('.')[2])}\b", left) is not None
        if used or not document.starts_line(node.start) or document.rest_of_line(node.end).strip():
            continue
        lines = Span(document.line_start(node.start), document.next_line(node.end))
        edits.append(without_lines(document, lines))
    return edits


def _left(context: Context, without: list[Span]) -> str:
    data = bytearray(context.document.data)
    for span in without:
        data[span.start : span.end] = b" " * (span.end - span.start)
    own = context.migration.migration.span
    return bytes(data[own.start : own.end]).decode("utf-8", "replace")
