"""The transaction a statement runs in, as far as it changes what the statement does or who notices.

A `Transaction` is threaded through a program: `effect_of` looks at it, `advance` makes the next one.

 - What a transaction creates nobody else can see: no lock on it makes anybody wait, and it holds no rows.
 - A value added to an enum cannot be used before the commit (documentation of ALTER TYPE).
 - A table with deferred trigger events (a foreign key that is checked at commit) cannot be altered.
 - Locks are held until the end; `SET LOCAL` lasts as long.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...operations import (
    AddEnumValue,
    CreateDomain,
    CreateEnum,
    CreateTable,
    CreateView,
    Delete,
    DropTable,
    DropView,
    Insert,
    Operation,
    Relation,
    RenameTable,
    SetConstraints,
    SetParameter,
    SetTableSchema,
    Statement,
    TransactionControl,
    Truncate,
    Update,
)
from ...records import dataclass, field, replace
from ...schema.state import Schema
from ..effects import Effect
from .deferred import certainly_changes_rows, deferred_events
from .locks import stronger


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """`open` False: each statement commits by itself, and the rest is empty."""

    open: bool = True
    # Tables, views and partitions that it certainly created, and those of them that got rows.
    created: frozenset[Relation] = frozenset()
    filled: frozenset[Relation] = frozenset()
    created_types: frozenset[Relation] = frozenset()
    # The enum and the value that was added to it.
    enum_values: frozenset[tuple[Relation, str]] = frozenset()
    # The strongest lock held on each relation until the end.
    held: Mapping[Relation, str] = field(default_factory=dict)
    # Tables with trigger events that wait for the commit, by the constraint they check: True where it is
    # certain that a row was changed. `deferred`: the constraints that SET CONSTRAINTS deferred, None for all.
    pending: Mapping[tuple[Relation, str], bool] = field(default_factory=dict)
    deferred: frozenset[str] | None = frozenset()
    # Parameters set in it, by lower-case name.
    parameters: Mapping[str, str] = field(default_factory=dict)

    def is_new(self, relation: Relation) -> bool:
        """Whether it created the relation, so that no other session can see it."""
        return Schema.key(relation) in self.created

    def has_pending_events(self, relation: Relation) -> bool | None:
        """Whether the table has trigger events that wait for the commit; None: if a row was changed."""
        key = Schema.key(relation)
        found = [certain for (table, _), certain in self.pending.items() if table == key]
        return (True if any(found) else None) if found else False

    def is_empty(self, relation: Relation) -> bool:
        """Whether the relation certainly has no rows."""
        key = Schema.key(relation)
        return key in self.created and key not in self.filled


def begin(transactional: bool) -> Transaction:
    """The state before the first statement of a migration; False with `@disable_ddl_transaction`."""
    return Transaction(open=transactional)


def advance(transaction: Transaction, statement: Statement, effect: Effect, schema: Schema) -> Transaction:
    """The state after `statement`, which met `schema` and had `effect`."""
    if not transaction.open:
        return transaction
    for operation in statement.operations:
        transaction = _after(transaction, operation, schema)
        if not transaction.open:
            return transaction
    held = dict(transaction.held)
    for lock in effect.locks:
        key = Schema.key(lock.relation)
        held[key] = stronger(held.get(key, lock.mode), lock.mode)
    return replace(transaction, held=held)


def _after(transaction: Transaction, operation: Operation, schema: Schema) -> Transaction:
    match operation:
        case TransactionControl(command="commit" | "rollback" | "end" | "abort"):
            # Ecto goes on sending statements, each of which now commits by itself.
            return Transaction(open=False)
        case CreateTable(relation=relation) | CreateView(name=relation):
            if operation.if_not_exists and _may_exist(schema, relation):
                return transaction
            if isinstance(operation, CreateView) and operation.replace and _may_exist(schema, relation):
                return transaction
            after = replace(transaction, created=transaction.created | {Schema.key(relation)})
            filled = isinstance(operation, CreateView) or (operation.from_query and operation.with_data)
            return _filled(after, relation) if filled else after
        case RenameTable(relation=relation, to=str(name)):
            return _moved(transaction, relation, Relation(name, relation.schema))
        case SetTableSchema(relation=relation, schema=str(name)):
            return _moved(transaction, relation, Relation(relation.name, name))
        case DropTable(relation=relation) | DropView(name=relation):
            return _moved(transaction, relation, None)
        case CreateEnum(name=name) | CreateDomain(name=name):
            return replace(transaction, created_types=transaction.created_types | {Schema.key(name)})
        case AddEnumValue(name=name, value=str(value)):
            return replace(transaction, enum_values=transaction.enum_values | {(Schema.key(name), value)})
        case SetParameter(name=name, value=value):
            rest = {key: item for key, item in transaction.parameters.items() if key != name.lower()}
            return replace(transaction, parameters=rest if value is None else {**rest, name.lower(): value})
        case SetConstraints():
            return _constraints_set(transaction, operation)
        case Insert(relation=relation) | Update(relation=relation) | Delete(relation=relation):
            return _rows_changed(_filled(transaction, relation), operation, schema)
        case Truncate(relations=relations):
            return replace(transaction, filled=transaction.filled - {Schema.key(item) for item in relations})
    return transaction


def _may_exist(schema: Schema, relation: Relation) -> bool:
    key = Schema.key(relation)
    return not schema.complete or key in schema.tables or key in schema.views


def _rows_changed(
    transaction: Transaction, operation: Insert | Update | Delete, schema: Schema
) -> Transaction:
    pending = dict(transaction.pending)
    for name in deferred_events(operation, schema, transaction.deferred):
        key = (Schema.key(operation.relation), name)
        pending[key] = pending.get(key, False) or certainly_changes_rows(operation)
    return replace(transaction, pending=pending)


def _filled(transaction: Transaction, relation: Relation) -> Transaction:
    return replace(transaction, filled=transaction.filled | {Schema.key(relation)})


def _moved(transaction: Transaction, old: Relation, new: Relation | None) -> Transaction:
    """The state with a relation under another name, or without it."""

    def rename(items: frozenset[Relation]) -> frozenset[Relation]:
        if key not in items:
            return items
        return (items - {key}) | (frozenset() if new_key is None else {new_key})

    key = Schema.key(old)
    new_key = None if new is None else Schema.key(new)
    return replace(
        transaction,
        created=rename(transaction.created),
        filled=rename(transaction.filled),
        pending={
            (new_key if table == key and new_key is not None else table, name): certain
            for (table, name), certain in transaction.pending.items()
            if table != key or new_key is not None
        },
    )


def _constraints_set(transaction: Transaction, operation: SetConstraints) -> Transaction:
    if not operation.deferred:
        # IMMEDIATE runs the pending checks at once; by name only those of the named constraints.
        pending = {
            (table, name): certain
            for (table, name), certain in transaction.pending.items()
            if operation.names and name not in operation.names
        }
        left = transaction.deferred
        if not operation.names:
            left = frozenset()
        elif left is not None:
            left = left - set(operation.names)
        return replace(transaction, pending=pending, deferred=left)
    if not operation.names or transaction.deferred is None:
        return replace(transaction, deferred=None)
    return replace(transaction, deferred=transaction.deferred | set(operation.names))
