"""Triggers, policies, rules, functions, sequences, comments and everything else that has a name."""

from __future__ import annotations

from ....operations import (
    Comment,
    CreateFunction,
    CreateObject,
    CreatePolicy,
    CreateTrigger,
    DropObject,
    Relation,
    RenameObject,
)
from ....schema.state import Schema, Table
from ..locks import (
    ACCESS_EXCLUSIVE,
    ACCESS_SHARE,
    SHARE_ROW_EXCLUSIVE,
    SHARE_UPDATE_EXCLUSIVE,
)
from . import dependents
from .ledger import Ledger
from .sequences import alter_sequence, sequence_owner
from .situation import Situation
from .types import tables_with

# What cannot run in a transaction block (`PreventInTransactionBlock`).
_ALONE = frozenset({"database", "tablespace"})


def create_trigger(operation: CreateTrigger, situation: Situation, ledger: Ledger) -> None:
    relation = operation.relation
    if not _meets(relation, operation, situation, ledger):
        return
    if operation.replace and situation.version < 14:
        ledger.fail("CREATE OR REPLACE TRIGGER needs PostgreSQL 14", "version", operation.span)
    table = situation.table(relation)
    if table is not None and operation.name in table.triggers and not operation.replace:
        ledger.fail(
            f"trigger `{operation.name}` for relation `{relation}` already exists",
            "duplicate",
            operation.span,
        )
    ledger.lock(relation, SHARE_ROW_EXCLUSIVE, operation.span)
    if operation.for_each_row:
        ledger.lock_family_of_partitions(relation, SHARE_ROW_EXCLUSIVE, operation.span)
    if operation.constraint_from is not None:
        ledger.lock(operation.constraint_from, ACCESS_SHARE, operation.span)


def create_policy(operation: CreatePolicy, situation: Situation, ledger: Ledger) -> None:
    if not _meets(operation.relation, operation, situation, ledger):
        return
    table = situation.table(operation.relation)
    if table is not None and operation.name in table.policies:
        ledger.fail(
            f"policy `{operation.name}` for table `{operation.relation}` already exists",
            "duplicate",
            operation.span,
        )
    ledger.lock(operation.relation, ACCESS_EXCLUSIVE, operation.span)


def _meets(
    relation: Relation, operation: CreateTrigger | CreatePolicy, situation: Situation, ledger: Ledger
) -> bool:
    if situation.exists(relation) is False:
        ledger.fail(f"relation `{relation}` does not exist", "missing", operation.span)
        return False
    return True


def create_function(operation: CreateFunction, situation: Situation, ledger: Ledger) -> None:
    """No table is touched."""


def create_object(operation: CreateObject, situation: Situation, ledger: Ledger) -> None:
    kind, relation = operation.kind, operation.relation
    if kind in _ALONE and situation.transaction.open:
        ledger.fail(
            f"CREATE {kind.upper()} cannot run inside a transaction block", "transaction", operation.span
        )
    if kind == "subscription":
        if situation.transaction.open:
            ledger.unknown(
                "whether it creates a replication slot: then it cannot run inside a transaction block"
            )
        return
    if kind == "statistics" and relation is not None:
        ledger.lock(relation, SHARE_UPDATE_EXCLUSIVE, operation.span)
    elif kind == "rule" and relation is not None:
        ledger.lock(relation, ACCESS_EXCLUSIVE, operation.span)
        for other in operation.relations:
            ledger.lock(other, ACCESS_SHARE, operation.span)
    elif kind == "sequence" and relation is not None:
        ledger.lock(relation, ACCESS_SHARE, operation.span)
    elif kind == "publication":
        for other in operation.relations:
            ledger.lock(other, SHARE_UPDATE_EXCLUSIVE, operation.span)
    elif kind == "extension":
        # Its script makes its own objects.
        return


def drop_object(operation: DropObject, situation: Situation, ledger: Ledger) -> None:
    kind = operation.kind
    if kind in _ALONE and situation.transaction.open:
        ledger.fail(
            f"DROP {kind.upper()} cannot run inside a transaction block", "transaction", operation.span
        )
    if operation.relation is not None and kind in ("trigger", "policy", "rule"):
        _drop_from_table(operation, operation.relation, situation, ledger)
    elif kind in ("type", "domain"):
        _drop_type(operation, situation, ledger)
    elif kind == "function":
        _drop_function(operation, situation, ledger)
    elif kind == "sequence":
        _drop_sequence(operation, situation, ledger)
    elif kind == "schema":
        _drop_schema(operation, situation, ledger)
    elif kind == "statistics":
        _drop_statistics(operation, situation, ledger)
    elif kind == "extension":
        _drop_extension(operation, situation, ledger)
    elif kind == "foreign table":
        ledger.lock(operation.name, ACCESS_EXCLUSIVE, operation.span)
    elif operation.cascade:
        ledger.unknown(f"what depends on the {kind} `{operation.name}`: it is dropped too")


def _drop_statistics(operation: DropObject, situation: Situation, ledger: Ledger) -> None:
    table = situation.schema.statistics.get(Schema.key(operation.name))
    if table is not None:
        ledger.lock(table, SHARE_UPDATE_EXCLUSIVE, operation.span)
    elif not situation.schema.complete:
        ledger.unknown(f"which table the statistics `{operation.name}` are of: it is locked")
    elif not operation.if_exists:
        ledger.fail(f"statistics object `{operation.name}` does not exist", "missing", operation.span)


# Types of extensions that are not called as the extension.
_TYPES_OF = {
    "postgis": ("geometry", "geography", "box2d", "box3d"),
    "isn": ("isbn", "isbn13", "ean13", "upc"),
}


def _drop_extension(operation: DropObject, situation: Situation, ledger: Ledger) -> None:
    """Columns of its types keep it, or go with it; what else it made and who uses that is not known."""
    name = operation.name.name or ""
    types = [Relation(item) for item in _TYPES_OF.get(name, (name,))]
    tables = [relation for item in types for relation in tables_with(item, situation)]
    if operation.cascade:
        for relation in tables:
            ledger.lock(relation, ACCESS_EXCLUSIVE, operation.span)
        ledger.unknown(f"what else uses the extension `{operation.name}`: it is dropped too")
    elif tables:
        names = [f"a column of `{relation}`" for relation in tables]
        ledger.fail(
            f"cannot drop extension `{operation.name}`: {dependents.listed(names)} depends on it",
            "dependents",
            operation.span,
        )


def _drop_from_table(operation: DropObject, relation: Relation, situation: Situation, ledger: Ledger) -> None:
    if situation.exists(relation) is False:
        if not operation.if_exists:
            ledger.fail(f"relation `{relation}` does not exist", "missing", operation.span)
        return
    table = situation.table(relation)
    there = None
    if table is not None and table.complete and not table.uncertain and operation.kind != "rule":
        there = operation.name.name in (table.triggers if operation.kind == "trigger" else table.policies)
    if there is False:
        if not operation.if_exists:
            ledger.fail(
                f"{operation.kind} `{operation.name}` for table `{relation}` does not exist",
                "missing",
                operation.span,
            )
            return
        # The table is not locked where there is nothing to drop.
        return
    ledger.lock(relation, ACCESS_EXCLUSIVE, operation.span)
    if operation.kind == "trigger" and _is_for_each_row(operation.name, table):
        ledger.lock_family_of_partitions(relation, ACCESS_EXCLUSIVE, operation.span)


def _is_for_each_row(name: Relation, table: Table | None) -> bool:
    """Whether partitions have the trigger too; so where it is not known."""
    trigger = table.triggers.get(name.name) if table is not None and name.name is not None else None
    return trigger is None or trigger.for_each_row


def _drop_type(operation: DropObject, situation: Situation, ledger: Ledger) -> None:
    tables = tables_with(operation.name, situation)
    key = Schema.key(operation.name)
    known = key in situation.schema.enums or key in situation.schema.domains
    if operation.cascade:
        for relation in tables:
            ledger.lock(relation, ACCESS_EXCLUSIVE, operation.span)
    elif tables:
        names = [f"a column of `{relation}`" for relation in tables]
        ledger.fail(
            f"cannot drop type `{operation.name}`: {dependents.listed(names)} depends on it",
            "dependents",
            operation.span,
        )
    if not known and not situation.schema.complete:
        ledger.unknown(f"which columns are of type `{operation.name}`")


def _drop_function(operation: DropObject, situation: Situation, ledger: Ledger) -> None:
    using = [
        (relation, name)
        for relation, table in situation.schema.tables.items()
        for name, trigger in table.triggers.items()
        if trigger.function is not None and Schema.key(trigger.function) == Schema.key(operation.name)
    ]
    if operation.cascade:
        for relation, _ in using:
            ledger.lock_family(relation, ACCESS_EXCLUSIVE, operation.span)
        if not situation.schema.complete:
            ledger.unknown(f"what uses the function `{operation.name}`: it is dropped too")
    elif using:
        names = [f"the trigger `{name}` of `{relation}`" for relation, name in using]
        ledger.fail(
            f"cannot drop function `{operation.name}`: {dependents.listed(names)} depends on it",
            "dependents",
            operation.span,
        )


def _drop_sequence(operation: DropObject, situation: Situation, ledger: Ledger) -> None:
    found = sequence_owner(operation.name, situation)
    if found is None:
        if not situation.schema.complete:
            ledger.unknown(f"which column takes its default from `{operation.name}`")
    elif operation.cascade:
        ledger.lock(found[0], ACCESS_EXCLUSIVE, operation.span)
    else:
        ledger.fail(
            f"cannot drop sequence `{operation.name}`: the default of `{found[0]}.{found[1]}` depends on it",
            "dependents",
            operation.span,
        )


def _drop_schema(operation: DropObject, situation: Situation, ledger: Ledger) -> None:
    inside = [
        relation
        for relation in (*situation.schema.tables, *situation.schema.views)
        if relation.schema == (None if operation.name.name == "public" else operation.name.name)
    ]
    if not operation.cascade:
        if inside:
            names = [f"`{relation}`" for relation in inside]
            ledger.fail(
                f"cannot drop schema `{operation.name}`: it contains {dependents.listed(names)}",
                "dependents",
                operation.span,
            )
        return
    for relation in inside:
        ledger.lock(relation, ACCESS_EXCLUSIVE, operation.span)
        table = situation.table(relation)
        for constraint in table.constraints.values() if table is not None else ():
            if constraint.definition.references is not None:
                ledger.lock_family(constraint.definition.references, ACCESS_EXCLUSIVE, operation.span)
        for child, _ in situation.referencing(relation):
            ledger.lock_family(child.relation, ACCESS_EXCLUSIVE, operation.span)
    for view in dependents.views_upon(situation, inside):
        ledger.lock(view.name, ACCESS_EXCLUSIVE, operation.span)
    if not situation.schema.complete:
        ledger.unknown(f"what is in the schema `{operation.name}`: all of it is dropped")


def rename_object(operation: RenameObject, situation: Situation, ledger: Ledger) -> None:
    """ALTER of anything but tables and indexes."""
    kind, clause = operation.kind, operation.clause
    if kind == "database" and clause == "set tablespace" and situation.transaction.open:
        ledger.fail(
            "ALTER DATABASE SET TABLESPACE cannot run inside a transaction block",
            "transaction",
            operation.span,
        )
    if kind == "system" and situation.transaction.open:
        ledger.fail("ALTER SYSTEM cannot run inside a transaction block", "transaction", operation.span)
    if clause in ("grant", "revoke"):
        if kind == "table" and situation.version >= 18:
            ledger.lock(operation.name, ACCESS_SHARE, operation.span)
    elif kind in ("view", "materialized view"):
        _alter_view(operation, ledger)
    elif kind in ("trigger", "policy", "rule"):
        if operation.relation is not None:
            ledger.lock(operation.relation, ACCESS_EXCLUSIVE, operation.span)
            table = situation.table(operation.relation)
            if kind == "trigger" and _is_for_each_row(operation.name, table):
                ledger.lock_family_of_partitions(operation.relation, ACCESS_EXCLUSIVE, operation.span)
    elif kind == "sequence":
        alter_sequence(operation, situation, ledger)
    elif kind == "index":
        _alter_index(operation, situation, ledger)
    elif kind == "publication":
        for relation in operation.relations:
            ledger.lock(relation, SHARE_UPDATE_EXCLUSIVE, operation.span)
    elif kind in ("table", "foreign table"):
        ledger.lock(operation.name, ACCESS_EXCLUSIVE, operation.span)
    elif kind == "type" and "attribute" in clause:
        ledger.unknown(f"which tables are of the type `{operation.name}` or have columns of it")


# What ALTER INDEX SET and RESET change while the index is used.
_LIGHT_ON_INDEX = frozenset({"set", "reset", "set statistics"})


def _alter_view(operation: RenameObject, ledger: Ledger) -> None:
    light = operation.kind == "materialized view" and operation.clause in _LIGHT_ON_MATERIALIZED_VIEW
    ledger.lock(operation.name, SHARE_UPDATE_EXCLUSIVE if light else ACCESS_EXCLUSIVE, operation.span)


_LIGHT_ON_MATERIALIZED_VIEW = frozenset(
    {"set", "reset", "cluster on", "set without cluster", "set statistics"}
)


def _alter_index(operation: RenameObject, situation: Situation, ledger: Ledger) -> None:
    """Only the index is locked; a strong lock on it makes every query on its table wait."""
    owner = situation.owner_of_index(operation.name)
    if operation.clause in _LIGHT_ON_INDEX:
        return
    if owner is None:
        ledger.unknown(f"which table `{operation.name}` belongs to: queries on it wait")
    else:
        ledger.wait(owner, ACCESS_EXCLUSIVE, str(operation.name.name), operation.span)


def comment(operation: Comment, situation: Situation, ledger: Ledger) -> None:
    """The commented object is locked SHARE UPDATE EXCLUSIVE; of what belongs to a table, the table less."""
    kind = operation.kind
    if kind in ("view", "materialized view"):
        ledger.lock(operation.relation or Relation(operation.name), SHARE_UPDATE_EXCLUSIVE, operation.span)
    if operation.relation is None:
        return
    if situation.exists(operation.relation) is False:
        ledger.fail(f"relation `{operation.relation}` does not exist", "missing", operation.span)
        return
    light = kind in ("constraint", "trigger", "policy", "rule")
    ledger.lock(operation.relation, ACCESS_SHARE if light else SHARE_UPDATE_EXCLUSIVE, operation.span)
    _refuse_missing(operation, situation, ledger)


def _refuse_missing(operation: Comment, situation: Situation, ledger: Ledger) -> None:
    table = situation.table(operation.relation or Relation(None))
    if table is None or not table.complete or table.uncertain or operation.name is None:
        return
    if operation.kind == "column" and operation.name not in table.columns:
        ledger.fail(
            f"column `{operation.name}` of relation `{table.relation}` does not exist",
            "missing",
            operation.span,
        )
