"""Statements that go to another migration as they are."""

from __future__ import annotations

from collections.abc import Iterable

from ...analysis import Analysis
from ...findings import Level
from ...operations import (
    AddColumn,
    ColumnDefinition,
    DropColumn,
    DropTable,
    Insert,
    Operation,
    Relation,
    ValidateConstraint,
)
from ...operations import CreateIndex as CreateIndexOperation
from ...operations import DropConstraint as DropConstraintOperation
from ...program.commands import (
    Add,
    AlterTable,
    Command,
    CreateConstraint,
    CreateIndex,
    DropConstraint,
    DropIndex,
    Remove,
    RenameColumn,
    RenameTable,
)
from ...program.commands import CreateTable as CreateTableCommand
from ...program.commands import DropTable as DropTableCommand
from ...records import replace
from ...schema.state import Schema
from ...syntax.source import Source
from .. import elixir
from ..context import Context
from ..model import Change
from ..naming import parse, snake, split_path
from .assemble import INSIDE, Part, applied
from .body import Body, Statement, written


def part(context: Context, statements: tuple[Statement, ...]) -> Part:
    """The migration of the statements, in `change`: Ecto, or they themselves, know their way back."""
    lines = _lines(context, statements)
    return Part(
        name=name(context, statements),
        about=about(_operations(statements)),
        text=lambda module: text_of(context, lines, module),
        schema=schema_before(context, statements),
        makes_indexes=any(
            isinstance(operation, CreateIndexOperation) for operation in _operations(statements)
        ),
    )


def _lines(context: Context, statements: tuple[Statement, ...]) -> str:
    return written(context.document, _but_flushes(statements))


def lines_and_schema(context: Context, statements: tuple[Statement, ...]) -> tuple[str, Schema]:
    """The statements as text, and the schema that they meet."""
    return _lines(context, statements), schema_before(context, statements) or context.migration.schema


def text_of(context: Context, lines: str, module: str) -> str:
    """The migration with these lines in `change`, run as this one is."""
    parts = ["use Ecto.Migration"]
    if not context.migration.transactional:
        flags = ["@disable_ddl_transaction true"]
        if context.migration.migration.disable_migration_lock.value is True:
            flags.append("@disable_migration_lock true")
        parts.append("\n".join(flags))
    parts.append("def change do\n" + elixir.indent(lines, 2) + "\nend")
    body = elixir.indent("\n\n".join(parts), 2)
    return f"defmodule {module} do\n{body}\nend\n"


def _but_flushes(statements: tuple[Statement, ...]) -> tuple[Statement, ...]:
    while statements and statements[0].only_flushes:
        statements = statements[1:]
    while statements and statements[-1].only_flushes:
        statements = statements[:-1]
    return statements


def schema_before(context: Context, statements: tuple[Statement, ...]) -> Schema | None:
    steps = [step for statement in statements for step in statement.steps]
    return steps[0].before if steps else None


def about(operations: Iterable[Operation]) -> str:
    """What the comment of their migration says."""
    for operation in operations:
        if isinstance(operation, DropColumn):
            return f"deploy it when no code that runs uses {operation.relation}.{operation.column} any more."
        if isinstance(operation, DropTable):
            return f"deploy it when no code that runs uses {operation.relation} any more."
    return INSIDE


def _operations(statements: tuple[Statement, ...]) -> list[Operation]:
    return [
        operation
        for statement in statements
        for step in statement.steps
        for operation in step.statement.operations
    ]


def added(statements: tuple[Statement, ...], relation: Relation, column: str) -> ColumnDefinition | None:
    """The column, where they add it."""
    for operation in _operations(statements):
        if isinstance(operation, AddColumn) and operation.column.name == column:
            if Schema.key(operation.relation) == Schema.key(relation):
                return operation.column
    return None


# --- names -------------------------------------------------------------------------------------------------


def label(statements: tuple[Statement, ...]) -> str:
    """What they do, in few words."""
    return label_of(_words(statements))


def label_of(words: list[str]) -> str:
    if not words:
        return "the SQL"
    return words[0] if len(words) == 1 else f"{words[0]}, …"


def _words(statements: tuple[Statement, ...]) -> list[str]:
    commands = [command for statement in statements for command in statement.commands]
    return words_of(commands, _operations(statements))


def words_of(commands: Iterable[Command], operations: Iterable[Operation]) -> list[str]:
    """What commands do, each in two words."""
    operations = tuple(operations)
    words = [_word(command) for command in commands]
    if not any(words):
        words += [f"drop {item.name}" for item in operations if isinstance(item, DropConstraintOperation)]
    words += [f"insert into {item.relation}" for item in operations if isinstance(item, Insert)]
    words += [f"validate {item.name}" for item in operations if isinstance(item, ValidateConstraint)]
    return list(dict.fromkeys(word for word in words if word is not None))


def _word(command: Command) -> str | None:
    match command:
        case CreateTableCommand(table=table):
            return f"create {table.name}"
        case DropTableCommand(table=table):
            return f"drop {table.name}"
        case CreateIndex(index=index):
            return f"create {index.name}"
        case DropIndex(index=index):
            return f"drop {index.name}"
        case CreateConstraint(constraint=constraint):
            return f"create {constraint.name}"
        case DropConstraint(constraint=constraint):
            return f"drop {constraint.name}"
        case RenameTable(table=table) | RenameColumn(table=table):
            return f"rename in {table.name}"
        case AlterTable(table=table, changes=changes):
            if len(changes) == 1 and isinstance(changes[0].column, str):
                verb = {Add: "add", Remove: "remove"}.get(type(changes[0]), "change")
                return f"{verb} {table.name}.{changes[0].column}"
            return f"alter {table.name}"
    return None


def name(context: Context, statements: tuple[Statement, ...]) -> str:
    """A name for the file."""
    return name_of(context, _words(statements))


def name_of(context: Context, words: list[str]) -> str:
    """A name for the file of what does this."""
    if words:
        return snake(words[0])
    path = context.analysis.source.path
    found = parse(split_path(path)[1]) if path is not None else None
    return f"{found.name if found is not None else 'migration'}_continued"


# --- the way back ------------------------------------------------------------------------------------------


def is_reversible(context: Context, statements: tuple[Statement, ...]) -> bool:
    """Whether `change` of the statements can be rolled back, or could not be before either."""
    schema = schema_before(context, statements)
    if schema is None or was_irreversible(context):
        return True
    return reversal(context, _lines(context, statements), schema) is not None


def was_irreversible(context: Context) -> bool:
    """Whether rolling it back raises as it is."""
    down = context.migration.down
    return down is None or down.program.irreversible is not None


def _analysis(context: Context, lines: str, schema: Schema, rules: tuple[str, ...]) -> Analysis:
    from ...engine import analyze
    from ...records import replace

    text = text_of(context, lines, "Continued")
    known = context.analysis.project
    settings = replace(known.settings, select=rules, ignore=())
    project = replace(
        known, schema=schema, settings=settings, siblings=None, released=None, released_text=None
    )
    return analyze(Source(text.encode(), context.analysis.source.path), project)


def said_of(context: Context, lines: str, schema: Schema, rules: tuple[str, ...]) -> bool:
    """Whether one of these rules says something of the lines, as a migration that meets this schema."""
    return any(finding.forward for finding in _analysis(context, lines, schema, rules).findings)


def said_of_file(context: Context, text: str, rules: tuple[str, ...]) -> bool:
    """Whether one of these rules says something of the file, if it were this text."""
    from ...engine import analyze

    analysis = analyze(Source(text.encode(), context.analysis.source.path), context.analysis.project)
    return any(finding.forward and finding.rule in rules for finding in analysis.findings)


def is_worse(context: Context, made: Change, answered: tuple[str, ...]) -> bool:
    """Whether a new file has a danger that the migration has not now, or one that is to be answered."""
    from ...engine import analyze

    told = {finding.rule for finding in context.analysis.findings} - set(answered)
    project = replace(context.analysis.project, siblings=None, released=None, released_text=None)
    data = applied(context.analysis.source.data, made.edits)
    files = [(context.analysis.source.path, data), *((new.path, new.text.encode()) for new in made.new_files)]
    for number, (path, text) in enumerate(files):
        analysis = analyze(Source(text, path), project)
        new = [item for item in analysis.findings if item.level is Level.DANGER and item.rule not in told]
        if number and new:
            return True
        run = analysis.migrations[0].up if analysis.migrations else None
        if run is not None and run.steps:
            project = replace(project, schema=run.steps[-1].after)
    return False


def reversal(context: Context, lines: str, schema: Schema) -> list[str] | None:
    """The SQL of the way back of `change`; None where Ecto raises, or something is not known."""
    analysis = _analysis(context, lines, schema, ("none",))
    alone = len(analysis.migrations) == 1 and not analysis.broken
    down = analysis.migrations[0].down if alone else None
    if down is None or down.program.irreversible is not None:
        return None
    return [step.statement.sql for step in down.steps]


def reversed_in(
    context: Context, groups: list[tuple[str, Schema]], back: Body | None
) -> tuple[Statement, ...] | None:
    """The statements that `down` begins with and that undo the groups; None where they do not undo them all.

    What else `down` does runs after the new migrations are rolled back.
    """
    if back is None:
        return None
    wanted: list[str] = []
    for lines, schema in groups:
        found = reversal(context, lines, schema)
        if found is None:
            return None
        wanted += found
    gone: list[Statement] = []
    for statement in back.statements:
        sent = [step.statement.sql for step in statement.steps]
        if not sent and statement.only_flushes:
            continue
        if not sent or not all(sql in wanted for sql in sent):
            break
        gone.append(statement)
        for sql in sent:
            wanted.remove(sql)
    return tuple(gone) if not wanted else None
