"""The module attributes without which a concurrent operation fails or hangs."""

from __future__ import annotations

from collections.abc import Iterator

from ..findings import Finding
from . import module_edits
from .context import Context, Proposal, offer
from .model import Change

STRATEGY = "index-attributes"
IN_TRANSACTION = "concurrent-index-in-transaction"
LOCK = "concurrent-index-migration-lock"


def proposals(context: Context) -> Iterator[Proposal]:
    migration = context.migration.migration
    findings = context.findings(migration.span, (IN_TRANSACTION, LOCK))
    if not findings or not _all_concurrent(context, findings):
        return
    edits = module_edits.attributes(
        context.document, migration, migration_lock=context.disable_migration_lock
    )
    if not edits:
        return
    names = []
    if migration.disable_ddl_transaction.value is not True:
        names.append("@disable_ddl_transaction")
    if context.disable_migration_lock and migration.disable_migration_lock.value is not True:
        names.append("@disable_migration_lock")
    made = Change(edits=edits)
    yield Proposal(
        offer(
            context,
            STRATEGY,
            "attributes",
            f"Add {' and '.join(names)}",
            findings[0].span,
            findings=findings,
            preferred=True,
            safe=True,
        ),
        lambda files: made,
    )


def _all_concurrent(context: Context, findings: tuple[Finding, ...]) -> bool:
    """Whether nothing else would lose the transaction: then it can be switched off."""
    if not context.migration.transactional:
        return True
    return all(
        any(step.statement.span.encloses(finding.span) for finding in findings) for step in context.steps
    )
