"""Columns whose type, default or nullability changes."""

from ..entry import Entry

RULES = (
    Entry("modify-type-rewrite", on=("AlterColumnType",)),
    Entry("set-not-null-scan", on=("SetNotNull",)),
    Entry("modify-defeats-validated-check", on=("SetNotNull",)),
    Entry("modify-column-with-check", on=("AlterColumnType",)),
    Entry("modify-restates-type", on=("AlterColumnType",)),
    Entry("modify-blocked-by-dependents", on=("AlterColumnType",)),
)
