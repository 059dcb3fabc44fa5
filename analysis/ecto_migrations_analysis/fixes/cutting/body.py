"""The statements of a migration's callback, one below the other, and what each of them sends."""

from __future__ import annotations

from ...analysis import Step
from ...program.commands import Command, Execute, Flush, Raises
from ...program.migration import Program
from ...records import dataclass
from ...syntax.span import Span
from ...syntax.tree import STATEMENT_LISTS, Node
from ..context import Context
from ..document import Document

# What a statement may call to mean the same in another migration.
_DSL = frozenset(
    {
        *("add", "add_if_not_exists", "alter", "constraint", "create", "create_if_not_exists", "drop"),
        *("drop_if_exists", "execute", "fragment", "index", "modify", "references", "remove"),
        *("remove_if_exists", "rename", "table", "timestamps", "unique_index"),
    }
)


@dataclass(frozen=True, slots=True)
class Statement:
    """`lines` are those of the statement and of the comments right above it."""

    node: Node
    lines: Span
    commands: tuple[Command, ...]
    steps: tuple[Step, ...]

    @property
    def binds(self) -> str | None:
        """The variable that it gives a text, where it does nothing else."""
        if self.commands or self.node.kind != "binary_operator" or self.node.operator != "=":
            return None
        name, value = self.node.children
        interpolated = any(inner.kind == "interpolation" for inner in value.walk())
        return (
            name.text if name.kind == "identifier" and value.kind == "string" and not interpolated else None
        )

    @property
    def names(self) -> frozenset[str]:
        """The variables and functions that it names."""
        return frozenset(node.text for node in self.node.walk() if node.kind == "identifier")

    @property
    def only_flushes(self) -> bool:
        return bool(self.commands) and all(isinstance(command, Flush) for command in self.commands)


@dataclass(frozen=True, slots=True)
class Body:
    """`def change` or `def up`, the statements that stand between `do` and `end`."""

    callback: str
    definition: Node
    statements: tuple[Statement, ...]


def forward(context: Context) -> Body | None:
    """What migrating runs; None where statements share lines, or do not run in the order of the text."""
    up = context.migration.up
    if up is None or up.program.callback not in ("change", "up") or not up.complete:
        return None
    return read(context, up.program, up.steps)


def backward(context: Context) -> Body | None:
    """`def down` in the same way."""
    down = context.migration.down
    if down is None or down.program.callback != "down" or not down.complete:
        return None
    return read(context, down.program, down.steps)


def read(context: Context, program: Program, steps: tuple[Step, ...]) -> Body | None:
    document = context.document
    callback = context.migration.migration.callbacks.get(program.callback)
    definition = document.node(callback.span) if callback is not None else None
    if definition is None or definition.has_error or not document.is_clean(definition.span):
        return None
    nodes = _nodes(definition)
    if nodes is None:
        return None
    by_place: list[list[Command]] = [[] for _ in nodes]
    last = 0
    for command in program.commands:
        if command.callback != program.callback:
            continue
        place = command.via[0] if command.via else command.span
        number = next((number for number, node in enumerate(nodes) if node.span.encloses(place)), None)
        if number is None or number < last:
            return None
        last = number
        by_place[number].append(command)
    of_command: dict[int, list[Step]] = {}
    for step in steps:
        of_command.setdefault(id(step.statement.command), []).append(step)
    statements = []
    for node, commands in zip(nodes, by_place, strict=True):
        lines = _lines(document, node, definition)
        if lines is None:
            return None
        sent = [
            step
            for command in commands
            for inner in (command, *(command.up_commands if isinstance(command, Execute) else ()))
            for step in of_command.get(id(inner), ())
        ]
        statements.append(Statement(node, lines, tuple(commands), tuple(sent)))
    return Body(program.callback, definition, tuple(statements))


def _nodes(definition: Node) -> list[Node] | None:
    """The statements; None where there is a `rescue` or the like."""
    block = definition.child("do_block")
    if block is None:
        arguments = definition.child("arguments")
        keywords = arguments.child("keywords") if arguments is not None else None
        pairs = keywords.children if keywords is not None else []
        return [pairs[0].children[-1]] if len(pairs) == 1 else None
    nodes = block.children
    if len(nodes) == 1 and nodes[0].kind in STATEMENT_LISTS:
        nodes = nodes[0].children
    return None if any(node.kind in STATEMENT_LISTS for node in nodes) else list(nodes)


def _lines(document: Document, node: Node, definition: Node) -> Span | None:
    if definition.child("do_block") is None:
        return node.span
    if not (document.starts_line(node.start) and document.ends_line(node.end)):
        return None
    return document.lines_of(node.span)


def stands_alone(context: Context, statement: Statement) -> bool:
    """Whether it means the same in another module: no variable, attribute or helper of this one."""
    if not statement.commands or not all(_is_plain(command) for command in statement.commands):
        return False
    for node in statement.node.walk():
        if node.kind in ("interpolation", "anonymous_function", "alias"):
            return False
        if node.kind == "unary_operator" and node.operator in ("@", "&", "^"):
            return False
        if node.kind == "call" and node.children[0].text not in _DSL:
            return False
        if node.kind == "identifier" and node.text not in _DSL:
            return False
    return True


def _is_plain(command: Command) -> bool:
    return not command.via and command.always and not command.repeated and not isinstance(command, Raises)


def written(document: Document, statements: tuple[Statement, ...]) -> str:
    """The statements as they are written, at the left margin, with the comments and empty lines of theirs."""
    first, last = statements[0], statements[-1]
    start, end = first.lines.start, max(last.lines.end, last.node.end)
    text = document.data[start:end].decode("utf-8").replace("\r\n", "\n")
    indentation = document.indentation(first.node.start)
    lines = [line.removeprefix(indentation) for line in text.strip("\n").split("\n")]
    return "\n".join(lines).replace("\t", "  ")


def comments(document: Document, within: Span) -> tuple[str, ...]:
    """The comments in a part of the text, as they are."""
    return tuple(
        document.data[comment.start : comment.end].decode("utf-8").strip()
        for comment in document.tree.comments
        if within.encloses(comment)
    )
