"""Edits of a migration module: attributes below `use`, a comment above it, a callback, a statement."""

from __future__ import annotations

from collections.abc import Sequence

from ..program.migration import Attribute, Migration
from ..syntax.span import Span
from ..syntax.tree import Node
from . import elixir
from .document import Document
from .model import Edit

# `SET LOCAL`: the setting ends with the migration's transaction, and does not stay behind in the pool.
_AFTER_BEGIN = """\
def after_begin do
  repo().query!("SET LOCAL lock_timeout = '{timeout}'")
end
"""


def after_begin(timeout: str) -> str:
    """The callback that bounds how long the migration waits for locks."""
    return _AFTER_BEGIN.format(timeout=timeout)


def header(document: Document, migration: Migration, comments: Sequence[str]) -> Edit:
    """Comments above the module, each beginning a line."""
    at = document.line_start(migration.span.start)
    text = "\n".join(map(elixir.comment, comments)) + "\n"
    return Edit(Span(at, at), document.lines(document.indented(text, document.indentation(at))))


def attributes(document: Document, migration: Migration, *, migration_lock: bool) -> tuple[Edit, ...] | None:
    """`@disable_ddl_transaction true`, and where `migration_lock` the other one, below `use Ecto.Migration`.

    None where that is not possible: no line of its own for `use`, or an attribute whose value is unknown.
    """
    wanted = [("disable_ddl_transaction", migration.disable_ddl_transaction)]
    if migration_lock:
        wanted.append(("disable_migration_lock", migration.disable_migration_lock))
    missing = [(name, found) for name, found in wanted if found.value is not True]
    edits: list[Edit] = []
    lines: list[str] = []
    for name, found in missing:
        if found.span is None or found.span.start < migration.use_span.start:
            # An attribute above `use` has no effect: `use` sets it anew (`Ecto.Migration.__using__/1`).
            lines.append(f"@{name} true")
        elif (edit := _made_true(document, found)) is not None:
            edits.append(edit)
        else:
            return None
    if not lines:
        return tuple(edits)
    insertion = below_use(document, migration, lines)
    return (*edits, insertion) if insertion is not None else None


def _made_true(document: Document, attribute: Attribute) -> Edit | None:
    assert attribute.span is not None
    node = document.node(attribute.span)
    values = [inner for inner in node.walk() if inner.kind == "boolean"] if node is not None else []
    return Edit(values[0].span, "true") if len(values) == 1 else None


def below_use(document: Document, migration: Migration, lines: list[str]) -> Edit | None:
    """The attributes as lines: beside the one that is there already, else as a paragraph below `use`."""
    use = migration.use_span
    there = [
        found.span
        for found in (migration.disable_ddl_transaction, migration.disable_migration_lock)
        if found.span is not None and found.span.start > use.start
    ]
    anchor = there[0] if there else use
    if not (document.starts_line(anchor.start) and document.ends_line(anchor.end)):
        return None
    at = document.line_end(anchor.end)
    indent = document.indentation(anchor.start)
    text = "".join(f"\n{indent}{line}" for line in lines)
    if not there:
        text = "\n" + text
        below = document.next_line(at)
        if document.data[below : document.line_end(below)].strip():
            text += "\n"
    return Edit(Span(at, at), document.lines(text))


def lock_timeout(document: Document, migration: Migration, timeout: str) -> Edit | None:
    """`after_begin` with a lock timeout, above the first callback.

    None where the module has an `after_begin`, where it would not run (`@disable_ddl_transaction`), or where
    the module uses something else than `Ecto.Migration`, which may bring its own.
    """
    if "after_begin" in migration.callbacks or migration.disable_ddl_transaction.value is not False:
        return None
    if document.source.text(migration.use_span).split() != ["use", "Ecto.Migration"]:
        return None
    first = min(migration.callbacks.values(), key=lambda callback: callback.span.start, default=None)
    if first is None:
        return None
    at = _above(document, first.span)
    if at is None:
        return None
    indent = document.indentation(at)
    return Edit(Span(at, at), document.lines(document.indented(after_begin(timeout) + "\n", indent)))


def _above(document: Document, definition: Span) -> int | None:
    """The start of the line of `definition`, or of the comments and attributes that belong to it."""
    if not document.starts_line(definition.start):
        return None
    at = document.line_start(definition.start)
    while at > 0:
        previous = document.line_start(at - 1)
        line = document.data[previous : document.line_end(previous)].strip()
        if not line.startswith((b"#", b"@doc", b"@impl", b"@spec")):
            break
        at = previous
    return at


def after_statement(document: Document, command: Span, text: str) -> tuple[Edit, ...] | None:
    """Puts the statement `text` (written at the left margin) behind the one that holds `command`.

    The body of `def …, do: …` becomes a block for that. None where the command is no statement of its own
    line.
    """
    path = document.path(command)
    number = next((number for number, node in enumerate(path) if node.span == command), 0)
    while number and path[number - 1].kind == "binary_operator" and path[number - 1].operator == "|>":
        number -= 1
    if not number:
        return None
    node, parent = path[number], path[number - 1]
    if parent.kind in ("do_block", "body", "else_block"):
        return _behind(document, node.span, text)
    if parent.kind == "pair" and parent.children[0].text.strip() == "do:" and parent.children[-1] is node:
        return _opened(document, path[: number + 1], text)
    return None


def before_statement(document: Document, command: Span, text: str) -> tuple[Edit, ...] | None:
    """Puts the statement `text` (written at the left margin) before the one that holds `command`.

    As `after_statement`; lines of one statement each stay together.
    """
    path = document.path(command)
    for number in range(len(path) - 1, 0, -1):
        node, parent = path[number], path[number - 1]
        if parent.kind in ("do_block", "body", "else_block"):
            if not (document.starts_line(node.start) and document.ends_line(node.end)):
                return None
            at = document.line_start(node.start)
            indented = document.indented(text, document.indentation(node.start))
            several = "\n" in text or document.line_end(node.start) != document.line_end(node.end)
            return (Edit(Span(at, at), document.lines(indented + ("\n\n" if several else "\n"))),)
        if parent.kind == "pair" and parent.children[0].text.strip() == "do:" and parent.children[-1] is node:
            opened = _opened(document, path[: number + 1], text, before=True)
            if opened is not None:
                return opened
    return None


def _behind(document: Document, statement: Span, text: str) -> tuple[Edit, ...] | None:
    if not (document.starts_line(statement.start) and document.ends_line(statement.end)):
        return None
    at = document.line_end(statement.end)
    indented = document.indented(text, document.indentation(statement.start))
    return (Edit(Span(at, at), document.lines("\n\n" + indented)),)


def _opened(
    document: Document, path: list[Node], text: str, *, before: bool = False
) -> tuple[Edit, ...] | None:
    """`def change, do: body` as `def change do … end` with the statement behind the body, or before it.

    `path` leads from the root to the body: …, the call of `def`, its arguments, keywords, pair, the body.
    """
    if len(path) < 5:
        return None
    owner, arguments, keywords, _, body = path[-5:]
    if owner.kind != "call" or owner.children[0].text != "def" or len(keywords.children) != 1:
        return None
    if len(arguments.children) != 2 or body.end != owner.end:
        return None
    if not (document.starts_line(owner.start) and document.ends_line(owner.end)):
        return None
    head = arguments.children[0]
    if b"#" in document.data[head.end : body.start]:
        return None
    indent = document.indentation(owner.start)
    inner = indent + ("\t" if "\t" in indent else "  ")
    # What takes several lines has an empty line behind it.
    following = document.next_line(owner.end)
    below = document.data[following : document.line_end(following)].strip()
    gap = "" if below in (b"", b"end") else "\n"
    if before:
        opening = document.lines(f" do\n{document.indented(text, inner)}\n{inner}")
        ending = document.lines(f"\n{indent}end{gap}")
        return Edit(Span(head.end, body.start), opening), Edit(Span(owner.end, owner.end), ending)
    start = Edit(Span(head.end, body.start), document.lines(f" do\n{inner}"))
    closing = "\n\n" + document.indented(text, inner) + f"\n{indent}end{gap}"
    return start, Edit(Span(owner.end, owner.end), document.lines(closing))
