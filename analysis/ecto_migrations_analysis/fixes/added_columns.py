"""The columns that an `alter` adds, as written: what the strategies for new columns have in common."""

from __future__ import annotations

from collections.abc import Iterator

from ..analysis import Step
from ..operations import (
    AddColumn,
    AddConstraint,
    ColumnDefinition,
    DropColumn,
    DropTable,
    Relation,
    RenameColumn,
    RenameTable,
    SetTableSchema,
)
from ..program.commands import Add, AlterTable
from ..program.terms import Unknown, as_bool
from ..records import dataclass
from ..schema.state import Schema
from ..syntax.span import Span
from .context import Context
from .options import CallOptions


@dataclass(frozen=True)
class Addition:
    """One `add` (or `timestamps`, which makes several columns) of an `alter` of an existing table."""

    step: Step
    command: AlterTable
    relation: Relation
    span: Span
    columns: tuple[tuple[Add, ColumnDefinition], ...]
    options: CallOptions
    # The foreign key that comes with the column.
    foreign_key: AddConstraint | None = None

    @property
    def is_timestamps(self) -> bool:
        return self.columns[0][0].origin == "timestamps"

    @property
    def subject(self) -> str:
        names = "+".join(column.name or "" for _, column in self.columns)
        return f"{self.relation}.{names}"


def additions(context: Context, *, named_later: bool = True) -> Iterator[Addition]:
    """Every addition whose text stands for itself alone and can be edited.

    `named_later`: for fixes whose later migrations name the column; what this migration itself renames or
    drops again is left out.
    """
    for step, command in context.commands(AlterTable):
        relation = _relation(step, command)
        if relation is None or context.is_new(relation, step) or not context.is_plain(command):
            continue
        definitions: dict[str | None, ColumnDefinition] = {}
        keys: dict[str | None, AddConstraint] = {}
        for operation in context.operations(command):
            if isinstance(operation, AddColumn):
                definitions[operation.column.name] = operation.column
            elif isinstance(operation, AddConstraint) and operation.constraint.kind == "foreign key":
                keys[operation.of_new_column] = operation
        written: dict[Span, list[Add]] = {}
        for change in command.changes:
            if isinstance(change, Add):
                written.setdefault(change.span, []).append(change)
        for span, adds in written.items():
            columns = tuple(
                (add, definitions[add.column])
                for add in adds
                if isinstance(add.column, str) and add.column in definitions
            )
            node = context.document.node(span)
            once = len(adds) == 1 or adds[0].origin == "timestamps"
            if node is None or len(columns) != len(adds) or not once:
                continue
            if any(add.via or not add.always for add in adds) or not command.span.encloses(span):
                continue
            if named_later and not _keeps_its_name(context, step, relation, {add.column for add in adds}):
                continue
            positional = 0 if adds[0].origin == "timestamps" else 2
            options = CallOptions(context.document, node, positional)
            if options.editable:
                key = keys.get(columns[0][1].name)
                yield Addition(step, command, relation, span, columns, options, key)


def _keeps_its_name(context: Context, step: Step, relation: Relation, columns: set[object]) -> bool:
    """Whether the table and its columns are called the same at the end of the migration."""
    for later in context.steps[context.steps.index(step) + 1 :]:
        for operation in later.statement.operations:
            if not isinstance(
                operation, RenameTable | DropTable | RenameColumn | DropColumn | SetTableSchema
            ):
                continue
            if Schema.key(operation.relation) != Schema.key(relation):
                continue
            if not isinstance(operation, RenameColumn | DropColumn) or operation.column in columns:
                return False
    return True


def _relation(step: Step, command: AlterTable) -> Relation | None:
    """The table, in the schema that the statement names; None where a part of its name is not known."""
    if isinstance(command.table.prefix, Unknown):
        return None
    for operation in step.statement.operations:
        if isinstance(operation, AddColumn):
            return operation.relation if operation.relation.name else None
    return None


def is_ordinary(add: Add, column: ColumnDefinition) -> bool:
    """Whether the column gets its values from inserts: no key, no identity, no sequence, not generated."""
    return (
        as_bool(add.options.get("primary_key")) is not True
        and column.identity is None
        and column.generated is None
        and not column.type.serial
    )
