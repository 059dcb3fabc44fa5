"""Statements of the current file in place of others, forward and back."""

from __future__ import annotations

from ...analysis import Step
from ...operations import Operation, Relation, RenameTable, SetTableSchema
from ...program.commands import AlterTable, Command, Execute
from ...program.terms import Text
from ...syntax.span import Span
from ...syntax.tree import Node
from .. import elixir, module_edits
from ..context import Context
from ..document import Document
from ..layout import Call, Pair, flat, write
from ..model import Edit

_LISTS = ("do_block", "body", "else_block")
# The functions of `Ecto.Migration` that a statement may call and be written elsewhere.
_KNOWN = frozenset(
    {"execute", "alter", "table", "add", "add_if_not_exists", "modify", "remove", "remove_if_exists"}
    | {"create", "create_if_not_exists", "drop", "drop_if_exists", "index", "unique_index", "constraint"}
    | {"references", "timestamps", "rename", "fragment"}
)


def in_place_of(document: Document, command: Span, statements: list[str]) -> tuple[Edit, ...] | None:
    """The statements instead of the one that holds `command`; None where it is none of its own lines."""
    text = elixir.block(statements)
    path = document.path(command)
    number = next((number for number, node in enumerate(path) if node.span == command), 0)
    while number and path[number - 1].kind == "binary_operator" and path[number - 1].operator == "|>":
        number -= 1
    if not number:
        return None
    node, parent = path[number], path[number - 1]
    if parent.kind in _LISTS:
        if not (document.starts_line(node.start) and document.ends_line(node.end)):
            return None
        indent = document.indentation(node.start)
        lines = _set_off(document, node, parent, document.indented(text, indent))
        return (Edit(Span(document.line_start(node.start), node.end), document.lines(lines)),)
    return _opened(document, path[: number + 1], text)


def _set_off(document: Document, node: Node, parent: Node, lines: str) -> str:
    """An empty line to the neighbours that stand right above or below, as several lines have them."""
    number = parent.children.index(node)
    newline = "\n"
    if number and parent.children[number - 1].kind not in _LISTS and "\n" in lines:
        gap = document.data[parent.children[number - 1].end : node.start]
        if gap.count(b"\n") == 1:
            lines = newline + lines
    if number + 1 < len(parent.children) and parent.children[number + 1].kind not in _LISTS:
        gap = document.data[node.end : parent.children[number + 1].start]
        if gap.count(b"\n") == 1 and "\n" in lines:
            lines += newline
    return lines


def _opened(document: Document, path: list[Node], text: str) -> tuple[Edit, ...] | None:
    """`def change, do: …` with a block instead."""
    if len(path) < 5:
        return None
    owner, arguments, keywords, pair, body = path[-5:]
    if pair.kind != "pair" or owner.kind != "call" or owner.children[0].text != "def":
        return None
    if len(keywords.children) != 1 or len(arguments.children) != 2 or body.end != owner.end:
        return None
    if not (document.starts_line(owner.start) and document.ends_line(owner.end)):
        return None
    indent = document.indentation(owner.start)
    inner = document.indented(text, indent + ("\t" if "\t" in indent else "  "))
    head = arguments.children[0]
    below = document.next_line(owner.end)
    rest = document.data[below : document.line_end(below)].strip()
    # A definition of one line may stand right above another; one of several does not.
    gap = "\n" if rest and rest != b"end" else ""
    return (Edit(Span(head.end, owner.end), document.lines(f" do\n{inner}\n{indent}end{gap}")),)


def without_change(document: Document, command: AlterTable, change: Span) -> tuple[Edit, ...] | None:
    """A line of an `alter` taken out; None where it shares its lines."""
    if not command.span.encloses(change):
        return None
    if not (document.starts_line(change.start) and document.ends_line(change.end)):
        return None
    return (Edit(Span(document.line_start(change.start), document.next_line(change.end)), ""),)


def execute(up: str, down: str | None = None) -> str:
    """`execute` of one or two statements, each of any number of lines, at the indent of a callback's body."""
    given = [up] if down is None else [up, down]
    if not any("\n" in sql for sql in given):
        return write(Call("execute", tuple(map(elixir.string, given)), apart=down is not None), 4)
    texts = [elixir.literal(sql) for sql in given]
    if len(texts) == 1:
        return f"execute({texts[0]})"
    return "execute(\n" + elixir.indent(",\n".join(texts), 2) + "\n)"


def reverse_of(context: Context, command: Command, kind: type[Command]) -> Command | None:
    """The command of `down` that takes `command` back, where both callbacks hold nothing else."""
    up, down = context.migration.up, context.migration.down
    if up is None or down is None or len(up.program.commands) != 1 or len(down.program.commands) != 1:
        return None
    found = down.program.commands[0]
    plain = not found.via and found.always and not found.repeated
    return found if up.program.commands[0] is command and isinstance(found, kind) and plain else None


def reverse_in_sql(context: Context, command: Command, kind: type[Operation]) -> Command | None:
    """`reverse_of` for a command of the DSL or SQL text: what takes it back is one operation of this kind."""
    if not isinstance(command, Execute):
        return reverse_of(context, command, type(command))
    down = context.migration.down
    operations = [item for step in (down.steps if down else ()) for item in step.statement.operations]
    if len(operations) != 1 or not isinstance(operations[0], kind):
        return None
    return reverse_of(context, command, Command)


def in_text(command: Command) -> bool:
    """Whether it is `execute` of SQL that stands in the migration."""
    return isinstance(command, Execute) and isinstance(command.up, Text)


def alter(table: str, lines: list[str]) -> str:
    """`alter table(…) do … end`; `table` as the migration writes it."""
    return f"alter {table} do\n" + elixir.indent("\n".join(lines), 2) + "\nend"


def table(relation: Relation) -> str:
    """`table(:posts)`, as a migration writes it."""
    arguments: list[str | Pair] = [elixir.atom(relation.name or "")]
    if relation.schema is not None:
        arguments.append(Pair("prefix:", elixir.string(relation.schema)))
    return flat(Call("table", tuple(arguments)))


def table_of(context: Context, command: Command, relation: Relation) -> str:
    """`table(…)` as the command has it, else as a migration would write it."""
    found = getattr(command, "table", None)
    return context.document.source.text(found.span) if found is not None else table(relation)


def lines_of(document: Document, command: Span) -> Span | None:
    """The lines of the statement that holds `command`, with the comments right above it.

    None where it shares its lines or is all of its block.
    """
    path = document.path(command)
    number = next((number for number, node in enumerate(path) if node.span == command), 0)
    while number and path[number - 1].kind == "binary_operator" and path[number - 1].operator == "|>":
        number -= 1
    if not number or path[number - 1].kind not in _LISTS:
        return None
    node, parent = path[number], path[number - 1]
    if len([child for child in parent.children if child.kind not in _LISTS]) < 2:
        return None
    if not (document.starts_line(node.start) and document.ends_line(node.end)) or not _stands_alone(node):
        return None
    return document.lines_of(node.span)


def _stands_alone(node: Node) -> bool:
    """Whether nothing in it is defined elsewhere: no variable, no attribute, no function of the module."""
    for inner in node.walk():
        if inner.kind == "identifier" and inner.text not in _KNOWN:
            return False
        if inner.kind == "interpolation" or (inner.kind == "unary_operator" and inner.operator in "@^&"):
            return False
    return True


def without(document: Document, lines: Span) -> Edit:
    """The lines gone, and the empty one that set them off from what stands above."""
    start = lines.start
    above = document.line_start(start - 1) if start else 0
    if start and not document.data[above:start].strip():
        start = above
    return Edit(Span(start, lines.end), "")


def text_of(document: Document, lines: Span) -> str:
    """The lines at the left margin, their ends `\\n`."""
    text = document.data[lines.start : lines.end].decode("utf-8").replace("\r\n", "\n").strip("\n")
    indent = document.indentation(lines.start)
    moved = "\n".join(line.removeprefix(indent) for line in text.split("\n"))
    return moved.replace("\t", "  ")


def instead_of_change(
    document: Document, command: AlterTable, change: Span, made: list[str]
) -> tuple[Edit, ...] | None:
    """The statements in the place of an `alter` of one line, `change`; else behind it, without the line."""
    if len(command.changes) == 1:
        return in_place_of(document, command.span, made)
    gone = without_change(document, command, change)
    behind = module_edits.after_statement(document, command.span, elixir.block(made))
    return (*gone, *behind) if gone is not None and behind is not None else None


def named_later(context: Context, step: Step, *names: str) -> bool:
    """Whether a later statement of the migration has one of the words."""
    number = context.number(step)
    return any(context.last_mention.get(name, 0) > number for name in names)


def is_last_word(context: Context, step: Step, *columns: str) -> bool:
    """Whether no later statement of the migration names the columns, and none gives a table another name."""
    return not named_later(context, step, *columns) and not any(
        isinstance(operation, RenameTable | SetTableSchema)
        for other in context.steps
        for operation in other.statement.operations
    )
