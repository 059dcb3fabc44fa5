"""Views of one migration."""

from __future__ import annotations

from ..analysis import Step
from ..operations import CreateView, DropView, Relation
from ..schema.state import Schema
from .context import MigrationContext


def is_new_view(context: MigrationContext, step: Step, name: Relation) -> bool:
    """Whether the migration made the view before `step`, where there was none."""
    key = Schema.key(name)
    for earlier in context.steps:
        if earlier is step:
            return False
        for operation in earlier.statement.operations:
            if isinstance(operation, CreateView) and Schema.key(operation.name) == key:
                kept = operation.if_not_exists and key in earlier.before.views
                return not kept and not _dropped_before(context, earlier, key)
    return False


def _dropped_before(context: MigrationContext, step: Step, key: Relation) -> bool:
    earlier = context.steps[: context.steps.index(step)]
    return any(
        isinstance(operation, DropView) and Schema.key(operation.name) == key
        for item in earlier
        for operation in item.statement.operations
    )


def made_again(context: MigrationContext, step: Step, name: Relation) -> Step | None:
    """The later statement that creates a view of this name, also as a materialized one."""
    key = Schema.key(name)
    after = context.steps[context.steps.index(step) + 1 :]
    return next(
        (
            later
            for later in after
            for operation in later.statement.operations
            if isinstance(operation, CreateView) and Schema.key(operation.name) == key
        ),
        None,
    )
