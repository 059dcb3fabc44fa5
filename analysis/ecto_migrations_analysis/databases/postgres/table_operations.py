"""Commands about tables as operations on the database."""

from __future__ import annotations

from typing import Any

from ...operations import (
    AddColumn,
    AddConstraint,
    AlterColumnType,
    ConstraintDefinition,
    CreateTable,
    DataType,
    DropColumn,
    DropConstraint,
    DropNotNull,
    DropTable,
    OpaqueSQL,
    Operation,
    RenameColumn,
    RenameTable,
    SetDefault,
    SetNotNull,
)
from ...program import commands as c
from ...program.inspection import to_string
from ...program.terms import ListTerm, Options, Term, TupleTerm, Unknown, as_bool
from ...program.values import to_options
from ...records import replace
from ...syntax.span import Span
from .column_operations import column, data_type, default_expression, foreign_key, names, span_of
from .columns import primary_key_columns
from .command_names import first_span, relation, spelled
from .names import primary_key_name
from .references import reference_name, referenced
from .rendering import given, truthy
from .verification import parsed


def create_table_operation(command: c.CreateTable, sql: str | None) -> CreateTable:
    """`sql` is the statement, where it is known; the grammar reads `options:` and `modifiers:` from it."""
    table = command.table
    added = [change for change in command.columns if isinstance(change, c.Add)]
    keys = _primary_key(table, command.columns)
    foreign_keys = [
        foreign_key(change.type, table, change.column)
        for change in added
        if isinstance(change.type, c.Reference)
    ]
    operation = CreateTable(
        relation=relation(table.prefix, table.name),
        relation_span=_name_span(table, command),
        columns=tuple(column(change) for change in added),
        # In a new table there is nothing to validate: NOT VALID counts for nothing.
        constraints=tuple(replace(key, validated=True) for key in foreign_keys) + keys,
        if_not_exists=command.if_not_exists,
        complete=len(added) == len(command.columns) and all(isinstance(a.column, str) for a in added),
        span=command.span,
    )
    if table.options is None and table.modifiers is None:
        return operation
    read = [] if sql is None else [made for made in parsed(sql) if isinstance(made, CreateTable)]
    if not read:
        return replace(operation, complete=False)
    return replace(
        operation,
        temporary=read[0].temporary,
        unlogged=read[0].unlogged,
        partition_by=read[0].partition_by,
        partition_key=read[0].partition_key,
        inherits=read[0].inherits,
        complete=operation.complete and not read[0].inherits,
    )


def alter_table_operations(command: c.AlterTable) -> tuple[Operation, ...]:
    """The clauses of one ALTER TABLE, in the order in which they stand in it."""
    table = command.table
    subject = _Subject(command, table)
    operations: list[Operation] = []
    for change in command.changes:
        match change:
            case c.Add():
                operations += subject.add(change)
            case c.Modify():
                operations += subject.modify(change)
            case c.Remove():
                operations += subject.remove(change)
            case c.UnknownChange():
                operations.append(
                    OpaqueSQL(
                        reason=change.reason,
                        keywords="ALTER TABLE",
                        relations=(subject.relation,),
                        span=change.span,
                    )
                )
    operations += [
        AddConstraint(
            relation=subject.relation, relation_span=subject.name_span, constraint=key, span=key.span
        )
        for key in _primary_key(table, command.changes)
    ]
    return tuple(operations)


class _Subject:
    """The table of one `alter`, and the operations that its changes are."""

    def __init__(self, command: c.AlterTable, table: c.Table) -> None:
        self.table = table
        self.relation = relation(table.prefix, table.name)
        self.name_span = _name_span(table, command)

    def add(self, change: c.Add) -> list[Operation]:
        operations: list[Operation] = [
            AddColumn(
                relation=self.relation,
                relation_span=self.name_span,
                column=column(change),
                if_not_exists=change.if_not_exists,
                span=change.span,
            )
        ]
        if isinstance(change.type, c.Reference):
            operations.append(self._foreign_key(change, change.type, of_new_column=spelled(change.column)))
        return operations

    def modify(self, change: c.Modify) -> list[Operation]:
        options = change.options
        type_span = first_span(span_of(change.type), change.span)
        from_ = options.option("from")
        dropped = referenced(from_.value) if from_ else None
        operations: list[Operation] = []
        if dropped is not None:
            operations.append(self._drop_key(change, dropped))
        default = options.option("default")
        collation = _collation(options)
        operations.append(
            AlterColumnType(
                type=data_type(change.type, options),
                collation=collation if default is None else None,
                from_modify=True,
                stated_from=None if from_ is None else _stated(from_.value),
                **self._column(change, type_span),
            )
        )
        if isinstance(change.type, c.Reference):
            operations.append(self._foreign_key(change, change.type, from_modify=True))
            default_type: Term = change.type.type
        else:
            default_type = change.type
        null = options.option("null")
        if null is not None and as_bool(null.value) is not None:
            kind = DropNotNull if as_bool(null.value) else SetNotNull
            span = first_span(null.span, change.span)
            operations.append(kind(from_modify=True, **self._column(change, span)))
        expression = default_expression(default, default_type)
        if default is not None and expression is not None:
            if collation is not None and expression.sql is not None:
                # Ecto puts the collation behind the last clause.
                sql = f'{expression.sql} COLLATE "{collation}"'
                expression = replace(expression, sql=sql, literal=False)
            span = first_span(default.span, change.span)
            operations.append(SetDefault(default=expression, from_modify=True, **self._column(change, span)))
        return operations

    def remove(self, change: c.Remove) -> list[Operation]:
        operations: list[Operation] = []
        if isinstance(change.type, c.Reference):
            operations.append(self._drop_key(change, change.type, change.if_exists))
        operations.append(
            DropColumn(
                if_exists=change.if_exists,
                stated_type=None if change.type is None else data_type(change.type, change.options),
                **self._column(change, change.span),
            )
        )
        return operations

    def _column(self, change: c.Change, span: Span) -> dict[str, Any]:
        return {
            "relation": self.relation,
            "relation_span": self.name_span,
            "column": spelled(change.column),
            "column_span": first_span(change.column_span, change.span),
            "span": span,
        }

    def _foreign_key(
        self,
        change: c.Change,
        reference: c.Reference,
        of_new_column: str | None = None,
        from_modify: bool = False,
    ) -> AddConstraint:
        return AddConstraint(
            relation=self.relation,
            relation_span=self.name_span,
            constraint=foreign_key(reference, self.table, change.column),
            of_new_column=of_new_column,
            from_modify=from_modify,
            span=first_span(reference.span, change.span),
        )

    def _drop_key(self, change: c.Change, reference: c.Reference, if_exists: bool = False) -> DropConstraint:
        return DropConstraint(
            relation=self.relation,
            relation_span=self.name_span,
            name=spelled(reference_name(reference, self.table, change.column)),
            if_exists=if_exists,
            span=first_span(reference.span, change.span),
        )


def _collation(options: Options) -> str | None:
    """`collation:` where it is known."""
    collation = given(options, "collation")
    return None if collation is None or isinstance(collation, Unknown) else to_string(collation)


def _stated(term: Term) -> DataType | None:
    """The type that `from:` states, with its own options; None where it is not known."""
    options = Options()
    if isinstance(term, TupleTerm) and len(term.items) == 2:
        first, second = term.items
        if isinstance(second, ListTerm):
            term, options = first, to_options(second)
    if isinstance(term, Unknown):
        return None
    stated = data_type(term, options)
    return None if stated.name is None else stated


def _primary_key(table: c.Table, changes: tuple[c.Change, ...]) -> tuple[ConstraintDefinition, ...]:
    """The key of every change that says `primary_key: true`, under the name PostgreSQL gives it."""
    columns = primary_key_columns(changes)
    if not columns:
        return ()
    known = names(columns)
    options = (
        change.options.option("primary_key")
        for change in changes
        if isinstance(change, c.Add | c.Modify) and truthy(change.options.get("primary_key"))
    )
    spans = [option.span for option in options if option is not None]
    return (
        ConstraintDefinition(
            kind="primary key",
            name=primary_key_name(table.name) if isinstance(table.name, str) else None,
            columns=known,
            complete=len(known) == len(columns),
            span=first_span(*spans, *(change.span for change in changes)),
        ),
    )


def drop_table_operation(command: c.DropTable) -> DropTable:
    table = command.table
    return DropTable(
        relation=relation(table.prefix, table.name),
        relation_span=_name_span(table, command),
        if_exists=command.if_exists,
        cascade=command.cascade is True,
        span=command.span,
    )


def rename_table_operation(command: c.RenameTable) -> RenameTable:
    table = command.table
    return RenameTable(
        relation=relation(table.prefix, table.name),
        relation_span=_name_span(table, command),
        to=spelled(command.to.name),
        span=command.span,
    )


def rename_column_operation(command: c.RenameColumn) -> RenameColumn:
    table = command.table
    return RenameColumn(
        relation=relation(table.prefix, table.name),
        relation_span=_name_span(table, command),
        column=spelled(command.column),
        column_span=first_span(command.column_span, command.span),
        to=spelled(command.to),
        span=command.span,
    )


def _name_span(table: c.Table, command: c.Command) -> Span:
    return first_span(table.name_span, table.span, command.span)
