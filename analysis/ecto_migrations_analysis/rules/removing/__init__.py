"""Columns and tables that go away or get another name."""

from ..entry import Entry

RULES = (
    Entry("remove-column", on=("DropColumn",)),
    Entry("remove-column-still-in-schema", on=("DropColumn",)),
    Entry("recreate-column", on=("DropColumn",)),
    Entry("contract-step-not-null-trap", on=("DropColumn",)),
    Entry("remove-loses-index-or-constraint", on=("DropColumn",)),
    Entry("rename-column", on=("RenameColumn",)),
    Entry("rename-table", on=("RenameTable",)),
    Entry("rename-constraint-name-drift", on=("RenameTable", "RenameColumn", "DropIndex", "DropConstraint")),
    Entry("drop-table", on=("DropTable",)),
    Entry("drop-table-still-in-schema", on=("DropTable",)),
    Entry("drop-table-locks-parent", on=("DropTable",)),
    Entry(
        "drop-cascade",
        on=("DropTable", "DropColumn", "DropConstraint", "DropIndex", "DropView", "DropObject"),
    ),
    Entry("truncate", on=("Truncate",)),
    Entry("delete-all-rows", on=("Delete",)),
    Entry("rename-index", on=("RenameIndex",)),
    Entry("rename-schema", on=("RenameObject",)),
)
