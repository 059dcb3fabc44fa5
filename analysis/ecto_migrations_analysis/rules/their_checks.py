"""The checks of excellent_migrations, and the rules that say what they say.

All nineteen of its README, "Checks" (release 0.1.10). Their names stand in comments and in `skip_checks`.
"""

from __future__ import annotations

# A statement whose raw SQL somebody has looked at: in a comment it stands for whatever is found there. As a
# check to skip it says only that raw SQL is nothing to report, which no rule of ours does.
RAW_SQL = "raw_sql_executed"

# Rows written by a migration. Which rows and how, these rules tell apart and those checks do not.
_WRITES = ("backfill-in-ddl-transaction", "backfill-unbatched", "repo-write-in-change")

THEIR_CHECKS: dict[str, tuple[str, ...]] = {
    "check_constraint_added": ("check-constraint-validated",),
    "column_added_with_default": ("add-column-volatile-default", "add-column-default-legacy"),
    "column_reference_added": ("foreign-key-validated", "modify-foreign-key"),
    "column_removed": ("remove-column", "remove-column-still-in-schema"),
    "column_renamed": ("rename-column",),
    "column_type_changed": (
        "modify-type-rewrite",
        "modify-primary-or-fk-int-widening",
        "modify-foreign-key",
        "modify-column-with-check",
        "modify-restates-type",
        "modify-cached-plan",
    ),
    "column_volatile_default": ("add-column-volatile-default",),
    "index_concurrently_without_disable_ddl_transaction": ("concurrent-index-in-transaction",),
    "index_concurrently_without_disable_migration_lock": ("concurrent-index-migration-lock",),
    "index_not_concurrently": ("index-not-concurrent", "drop-index-not-concurrent"),
    "json_column_added": ("add-json-column",),
    "many_columns_index": ("too-many-index-columns",),
    "not_null_added": ("set-not-null-scan", "modify-defeats-validated-check"),
    "operation_delete": ("delete-all-rows", *_WRITES),
    "operation_insert": _WRITES,
    "operation_update": _WRITES,
    RAW_SQL: (),
    "table_dropped": ("drop-table", "drop-table-still-in-schema"),
    "table_renamed": ("rename-table",),
}


def rules_of(check: str) -> tuple[str, ...]:
    """The ids of the rules that a check stands for; none for a check there is not."""
    return THEIR_CHECKS.get(check, ())
