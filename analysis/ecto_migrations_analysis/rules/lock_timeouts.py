"""The `lock_timeout` that a statement runs under."""

from __future__ import annotations

import re

from ..analysis import Step
from ..operations import SetParameter
from ..program.terms import Number, Text
from ..records import dataclass
from ..syntax.span import Span
from .context import MigrationContext

# PostgreSQL documentation, "Parameter Names and Values": units of time; a number alone is milliseconds.
_UNITS = {"us": 0.000_001, "ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_VALUE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(us|ms|s|min|h|d)?\s*", re.I)


@dataclass(frozen=True)
class LockTimeout:
    """`value` with its unit; `span` where the migration sets it, None: the repo's parameters."""

    seconds: float
    value: str
    span: Span | None = None


def lock_timeout_at(context: MigrationContext, step: Step) -> LockTimeout | None:
    """The `lock_timeout` in force when `step` runs; None where there is none, or it is not known.

    Without a transaction the statements of a migration may run on different connections of the pool: what one
    sets the next one may meet, or not.
    """
    standing = _of_repo(context)
    current = standing
    for earlier in context.steps:
        if earlier is step:
            break
        for operation in earlier.statement.operations:
            if not isinstance(operation, SetParameter) or operation.name.lower() != "lock_timeout":
                continue
            if operation.local and not (
                earlier.in_transaction and step.in_transaction and earlier.transaction == step.transaction
            ):
                continue  # outside of a transaction PostgreSQL warns and does nothing; else it ends with it
            if operation.value is None and operation.known:
                current = standing
            else:
                current = _parsed(operation.value, operation.span)
    return current


def _of_repo(context: MigrationContext) -> LockTimeout | None:
    value = context.analysis.project.repo.parameters.get("lock_timeout")
    if isinstance(value, Text):
        return _parsed(value.value, None)
    return _parsed(str(value.value), None) if isinstance(value, Number) else None


def _parsed(value: str | None, span: Span | None) -> LockTimeout | None:
    found = _VALUE.fullmatch(value or "")
    if found is None or float(found[1]) == 0:
        return None
    shown = (value or "").strip() if found[2] else f"{found[1]}ms"
    return LockTimeout(float(found[1]) * _UNITS[(found[2] or "ms").lower()], shown, span)
