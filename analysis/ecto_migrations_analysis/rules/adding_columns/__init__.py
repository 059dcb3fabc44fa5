"""Columns added to tables that have rows."""

from ..entry import Entry

RULES = (
    Entry("add-column-not-null-without-default", on=("AddColumn",)),
    Entry("add-column-volatile-default", on=("AddColumn",)),
    Entry("add-timestamps-not-null", on=("AddColumn",)),
    Entry("add-serial-column", on=("AddColumn",)),
    Entry("add-identity-column", on=("AddColumn",)),
    Entry("add-generated-stored-column", on=("AddColumn",)),
    Entry("add-constrained-domain-column", on=("AddColumn",)),
    Entry("add-json-column", on=("AddColumn", "AlterColumnType", "CreateTable")),
    Entry("add-primary-key-to-existing", on=("AddConstraint",)),
    Entry("add-if-not-exists-reference", on=("AddColumn",)),
    Entry("add-column-default-legacy", on=("AddColumn",)),
    # Right for one order of deploying, and said of every ordinary column with its field.
    Entry("add-column-required-by-code-too-early", on=("AddColumn",), optional=True),
)
