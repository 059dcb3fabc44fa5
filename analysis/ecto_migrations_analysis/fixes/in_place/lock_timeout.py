"""A lock_timeout, set in `after_begin`: the migration gives up instead of making everybody wait behind it.

Never applied unasked: how long a deploy may wait is for somebody to decide.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...operations import SetParameter
from .. import module_edits
from ..context import Context, Proposal
from .common import answer, found

STRATEGY = "lock-timeout"
RULE = "missing-lock-timeout"
# A foreign key that is dropped locks both tables; how long it waits for that is what the finding is about.
DROPPED = "drop-constraint"


def proposals(context: Context) -> Iterator[Proposal]:
    dropped = [item for item in found(context, DROPPED) if item.advice.endswith("with a short lock_timeout.")]
    findings = (*found(context, RULE), *dropped)
    # A setting of the migration's own would count after this one.
    own = any(
        isinstance(operation, SetParameter) and operation.name.lower() == "lock_timeout"
        for step in context.steps
        for operation in step.statement.operations
    )
    if not findings or own:
        return
    wait = context.analysis.project.settings.lock_timeout
    edit = module_edits.lock_timeout(context.document, context.migration.migration, wait)
    if edit is not None:
        title = f"Set a lock_timeout of {wait} in after_begin"
        yield answer(context, STRATEGY, "after_begin", title, findings, (edit,))
