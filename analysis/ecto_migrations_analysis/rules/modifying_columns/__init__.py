"""Columns whose type, default or nullability changes."""

from ..entry import Entry

RULES = (
    Entry("modify-type-rewrite", on=("AlterColumnType",)),
    Entry("set-not-null-scan", on=("SetNotNull",)),
    Entry("modify-defeats-validated-check", on=("SetNotNull",)),
    Entry("modify-column-with-check", on=("AlterColumnType",)),
    Entry("modify-restates-type", on=("AlterColumnType",)),
    Entry("modify-blocked-by-dependents", on=("AlterColumnType",)),
    Entry("modify-foreign-key", on=("AddConstraint",)),
    Entry("modify-primary-or-fk-int-widening", on=("AlterColumnType",)),
    Entry("drop-not-null", on=("DropNotNull",)),
    Entry("change-or-drop-default", on=("DropDefault", "SetDefault")),
    Entry("modify-cached-plan", on=("AlterColumnType",)),
)
