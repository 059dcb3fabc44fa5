"""Foreign keys, checks, uniqueness."""

from ..entry import Entry

RULES = (
    Entry("foreign-key-validated", on=("AddConstraint",)),
    Entry("check-constraint-validated", on=("AddConstraint",)),
    Entry("validate-in-same-transaction", on=("ValidateConstraint",)),
    Entry("constraint-never-validated", on=("AddConstraint",)),
    Entry("not-valid-check-before-backfill", on=("AddConstraint",)),
    Entry("constraint-validated-before-backfill", on=("ValidateConstraint",)),
    Entry("not-null-helper-leftover", on=("SetNotNull",)),
    Entry("foreign-key-type-mismatch"),
    Entry("foreign-key-missing-index"),
    Entry("missing-unique-constraint-in-changeset", on=("CreateIndex", "AddConstraint", "CreateTable")),
)
