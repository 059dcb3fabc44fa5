"""Whether a statement that has succeeded can be run once more."""

from __future__ import annotations

from ..operations import (
    AddColumn,
    AddConstraint,
    AddEnumValue,
    AddIdentity,
    AttachIndexPartition,
    AttachPartition,
    Comment,
    CreateDomain,
    CreateEnum,
    CreateFunction,
    CreateIndex,
    CreateObject,
    CreatePolicy,
    CreateTable,
    CreateTrigger,
    CreateView,
    DetachPartition,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropObject,
    DropTable,
    DropView,
    Operation,
    RenameColumn,
    RenameConstraint,
    RenameEnumValue,
    RenameIndex,
    RenameTable,
    Select,
    SessionCommand,
    SetParameter,
    SetTableSchema,
)

# Names by which a later CREATE knows that a DROP IF EXISTS stands before it.
Dropped = set[tuple[str, str | None]]

_ONCE = (
    AddIdentity
    | AttachIndexPartition
    | AttachPartition
    | CreateDomain
    | CreateEnum
    | CreatePolicy
    | DetachPartition
    | RenameColumn
    | RenameConstraint
    | RenameEnumValue
    | RenameIndex
    | RenameTable
    | SetTableSchema
)


def fails_again(operation: Operation, dropped: Dropped) -> str | None:
    """What is there (or gone) after the operation, so that it fails when it runs again; None where it does not.

    `dropped` are the objects that are dropped, if they exist, before it; it is kept up to date.
    """
    match operation:
        case DropIndex(if_exists=True):
            dropped.add(("index", operation.name.name))
        case DropConstraint(if_exists=True):
            dropped.add(("constraint", operation.name))
        case DropObject(if_exists=True):
            dropped.add((operation.kind, operation.name.name))
        case DropView(if_exists=True):
            dropped.add(("view", operation.name.name))
        case DropTable(if_exists=True):
            dropped.add(("table", operation.relation.name))
        case DropColumn(if_exists=True):
            dropped.add(("column", operation.column))
        case CreateTable(if_not_exists=False):
            return _unless(dropped, "table", operation.relation.name, f"table `{operation.relation}` exists")
        case AddColumn(if_not_exists=False):
            name = operation.column.name
            return _unless(dropped, "column", name, f"column `{operation.relation}.{name or '…'}` exists")
        case CreateIndex(if_not_exists=False):
            return _unless(dropped, "index", operation.name, f"index `{operation.name or '…'}` exists")
        case AddConstraint(of_new_column=None):
            name = operation.constraint.name
            return _unless(dropped, "constraint", name, f"constraint `{name or '…'}` exists")
        case CreateView(replace=False, if_not_exists=False):
            return _unless(dropped, "view", operation.name.name, f"view `{operation.name}` exists")
        case CreateTrigger(replace=False):
            return _unless(dropped, "trigger", operation.name, f"trigger `{operation.name or '…'}` exists")
        case CreateFunction(replace=False):
            name = operation.name.name
            return _unless(dropped, "function", name, f"function `{operation.name}` exists")
        case CreateObject(replace=False, if_not_exists=False):
            name = operation.name.name
            return _unless(dropped, operation.kind, name, f"{operation.kind} `{operation.name}` exists")
        case AddEnumValue(if_not_exists=False):
            return f"value `{operation.value or '…'}` of `{operation.name}` exists"
        case _:
            return _gone(operation, dropped)
    return None


def _gone(operation: Operation, dropped: Dropped) -> str | None:
    match operation:
        case DropTable():
            return f"table `{operation.relation}` is gone"
        case DropColumn():
            return f"column `{operation.relation}.{operation.column or '…'}` is gone"
        case DropIndex():
            return f"index `{operation.name}` is gone"
        case DropConstraint():
            return f"constraint `{operation.name or '…'}` is gone"
        case DropView():
            return f"view `{operation.name}` is gone"
        case DropObject():
            return f"{operation.kind} `{operation.name}` is gone"
        case RenameTable():
            return f"`{operation.relation}` is called `{operation.to or '…'}`"
        case RenameColumn():
            return f"`{operation.relation}.{operation.column or '…'}` is called `{operation.to or '…'}`"
        case _ if isinstance(operation, CreateEnum | CreateDomain):
            return _unless(dropped, "type", operation.name.name, f"type `{operation.name}` exists")
        case _ if isinstance(operation, _ONCE):
            return "it has happened"
    return None


def _unless(dropped: Dropped, kind: str, name: str | None, what: str) -> str | None:
    return None if (kind, name) in dropped else what


def can_fail(operation: Operation) -> bool:
    """Whether it does something that may not succeed: not what only sets, reads or describes."""
    return not isinstance(operation, SetParameter | SessionCommand | Comment | Select)
