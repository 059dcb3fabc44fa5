"""Statements about the session and its transaction."""

from __future__ import annotations

from ..records import dataclass
from .base import Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class SetParameter(Operation):
    """`SET [LOCAL] name TO value`; `value` is None for RESET and DEFAULT, and where it is not known."""

    name: str
    value: str | None
    local: bool = False
    # False where it is set to something that the text does not tell.
    known: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SetConstraints(Operation):
    """`SET CONSTRAINTS`; no name means ALL. `deferred` False (IMMEDIATE) runs the pending checks now."""

    names: tuple[str, ...] = ()
    deferred: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCommand(Operation):
    """A statement that touches no table: "listen", "notify", "prepare", "deallocate", "discard", "load",
    "checkpoint", "explain", "show", "close", "fetch", …, lower case."""

    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionControl(Operation):
    """BEGIN, COMMIT, ROLLBACK, SAVEPOINT, …, lower case."""

    command: str
