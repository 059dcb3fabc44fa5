"""Statements about the session, its transaction and its cursors."""

from __future__ import annotations

from ..operations import (
    Operation,
    Relation,
    RenameObject,
    SessionCommand,
    SetConstraints,
    SetParameter,
    TransactionControl,
)
from .holes import is_hole
from .literals import literal_text
from .parser import Node
from .statement import Read, StatementText
from .tree import string

_TRANSACTION = {
    "TRANS_STMT_BEGIN": "begin",
    "TRANS_STMT_START": "start transaction",
    "TRANS_STMT_COMMIT": "commit",
    "TRANS_STMT_ROLLBACK": "rollback",
    "TRANS_STMT_SAVEPOINT": "savepoint",
    "TRANS_STMT_RELEASE": "release",
    "TRANS_STMT_ROLLBACK_TO": "rollback to",
    "TRANS_STMT_PREPARE": "prepare transaction",
    "TRANS_STMT_COMMIT_PREPARED": "commit prepared",
    "TRANS_STMT_ROLLBACK_PREPARED": "rollback prepared",
}


def setting(text: StatementText, node: Node) -> list[Operation]:
    """SET and RESET of a (bare) VariableSetStmt; `SET TRANSACTION …` sets one parameter for each mode."""
    kind = node.get("kind", "")
    local = bool(node.get("is_local"))
    if kind == "VAR_RESET_ALL":
        return [SetParameter(name="all", value=None, span=text.span)]
    if kind == "VAR_SET_MULTI":
        return [
            SetParameter(
                name=item["DefElem"]["defname"].lower(),
                value=_value(item["DefElem"].get("arg")),
                # The characteristics of one transaction; those of the session have a name of their own.
                local=node.get("name") == "TRANSACTION",
                span=text.span,
            )
            for item in node.get("args", [])
            if "DefElem" in item
        ]
    values = [_value(argument) for argument in node.get("args", [])]
    known = None not in values
    value = ", ".join(map(str, values)) if values and known else None
    name = str(node.get("name", "")).lower()
    return [SetParameter(name=name, value=value, local=local, known=known, span=text.span)]


def _value(argument: Node | None) -> str | None:
    """The value as the parameter gets it; None where it is not known."""
    if not argument:
        return None
    value = literal_text(argument) or string(argument)
    return None if value is None or is_hole(value) else value


def _transaction(text: StatementText, node: Node) -> list[Operation]:
    return [TransactionControl(command=_TRANSACTION.get(node.get("kind", ""), "begin"), span=text.span)]


def _constraints(text: StatementText, node: Node) -> list[Operation]:
    names = [text.relation(item["RangeVar"]).name or "…" for item in node.get("constraints", [])]
    return [SetConstraints(names=tuple(names), deferred=bool(node.get("deferred")), span=text.span)]


def _system(text: StatementText, node: Node) -> list[Operation]:
    name = text.name(node.get("setstmt", {}).get("name"))
    return [RenameObject(kind="system", name=Relation(name), clause="alter", span=text.span)]


def _command(command: str) -> Read:
    def read(text: StatementText, node: Node) -> list[Operation]:
        return [SessionCommand(command=command, span=text.span)]

    return read


def _discard(text: StatementText, node: Node) -> list[Operation]:
    target = str(node.get("target", "DISCARD_ALL")).removeprefix("DISCARD_").lower()
    return [SessionCommand(command=f"discard {target}", span=text.span)]


READERS: dict[str, Read] = {
    "VariableSetStmt": setting,
    "VariableShowStmt": _command("show"),
    "TransactionStmt": _transaction,
    "ConstraintsSetStmt": _constraints,
    "AlterSystemStmt": _system,
    "DiscardStmt": _discard,
    "ListenStmt": _command("listen"),
    "UnlistenStmt": _command("unlisten"),
    "NotifyStmt": _command("notify"),
    "LoadStmt": _command("load"),
    "CheckPointStmt": _command("checkpoint"),
    "PrepareStmt": _command("prepare"),
    "DeallocateStmt": _command("deallocate"),
    "ClosePortalStmt": _command("close"),
    "FetchStmt": _command("fetch"),
}
