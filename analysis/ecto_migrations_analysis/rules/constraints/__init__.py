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
    Entry("nilify-not-null", on=("foreign key constraint", "SetNotNull")),
    Entry("foreign-key-type-mismatch", on=("foreign key constraint",)),
    Entry("foreign-key-missing-index", on=("foreign key constraint",)),
    Entry("missing-unique-constraint-in-changeset", on=("CreateIndex", "AddConstraint", "CreateTable")),
    Entry("unique-constraint-raw", on=("AddConstraint",)),
    Entry("exclusion-constraint", on=("AddConstraint",)),
    Entry("drop-constraint", on=("DropConstraint",)),
    Entry("foreign-key-in-create-table", on=("CreateTable",)),
    Entry("multiple-foreign-keys", on=("AddConstraint",)),
    Entry("foreign-key-not-valid-partitioned", on=("AddConstraint",)),
    Entry("constraint-in-domain", on=("CreateDomain", "AlterDomain")),
)
