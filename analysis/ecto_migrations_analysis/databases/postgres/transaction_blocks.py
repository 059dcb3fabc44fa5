"""Statements that PostgreSQL refuses inside a transaction block, and those it refuses outside of one.

Each name is the one in PostgreSQL's own message ("… cannot run inside a transaction block"). A test runs
every statement on a real server. Not judged: CREATE, ALTER and DROP SUBSCRIPTION, where it depends on their
options and on the replication slot.
"""

from __future__ import annotations

from ...operations import (
    AddEnumValue,
    CreateIndex,
    CreateObject,
    DetachPartition,
    DropIndex,
    DropObject,
    LockTable,
    Maintenance,
    Operation,
    Reindex,
    RenameObject,
    SessionCommand,
    SetConstraints,
    SetParameter,
    TransactionControl,
)

# ALTER TYPE … ADD VALUE in a transaction block (release notes of 12).
_ENUM_VALUE_SINCE = 12
_DATABASE_WIDE = ("database", "tablespace")


def forbidden_in_block(operation: Operation, version: int) -> str | None:
    """The command, as the server's message names it, if it cannot run inside a transaction block."""
    match operation:
        case CreateIndex(concurrently=True):
            return "CREATE INDEX CONCURRENTLY"
        case DropIndex(concurrently=True):
            return "DROP INDEX CONCURRENTLY"
        case Reindex(concurrently=True):
            return "REINDEX CONCURRENTLY"
        case Reindex(kind="schema" | "database" | "system" as kind):
            return f"REINDEX {kind.upper()}"
        case DetachPartition(concurrently=True):
            return "ALTER TABLE ... DETACH CONCURRENTLY"
        case Maintenance(command="vacuum" | "vacuum full"):
            return "VACUUM"
        case Maintenance(command="cluster", relations=()):
            return "CLUSTER"
        case CreateObject(kind=kind) if kind in _DATABASE_WIDE:
            return f"CREATE {kind.upper()}"
        case DropObject(kind=kind) if kind in _DATABASE_WIDE:
            return f"DROP {kind.upper()}"
        case RenameObject(kind="database", clause="set tablespace"):
            return "ALTER DATABASE SET TABLESPACE"
        case RenameObject(kind="system"):
            return "ALTER SYSTEM"
        case SessionCommand(command="discard all"):
            return "DISCARD ALL"
        case TransactionControl(command="commit prepared" | "rollback prepared" as command):
            return command.upper()
        case AddEnumValue() if version < _ENUM_VALUE_SINCE:
            return "ALTER TYPE ... ADD"
    return None


def required_block(operation: Operation) -> str | None:
    """The command, as the server's message names it, if it fails outside of a transaction block."""
    match operation:
        case LockTable():
            return "LOCK TABLE"
        case TransactionControl(command="savepoint"):
            return "SAVEPOINT"
        case TransactionControl(command="release"):
            return "RELEASE SAVEPOINT"
        case TransactionControl(command="rollback to"):
            return "ROLLBACK TO SAVEPOINT"
        case SessionCommand(command="declare"):
            return "DECLARE CURSOR"
    return None


def pointless_outside_block(operation: Operation) -> str | None:
    """The command if it only warns outside of a transaction block, and does nothing there."""
    match operation:
        case SetParameter(local=True):
            return "SET LOCAL"
        case SetConstraints():
            return "SET CONSTRAINTS"
    return None
