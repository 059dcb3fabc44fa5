"""Commands that Ecto, its adapter or the database refuses."""

from ..entry import Entry

RULES = (
    Entry("dsl-misuse", on=("failure", "Raises")),
    Entry("unknown-table"),
    Entry("unknown-column"),
    Entry("unknown-option", on=("Add", "Modify", "Remove")),
    Entry("drop-unknown-object", on=("DropIndex", "DropConstraint")),
    Entry("unsupported-by-adapter", on=("mysql", "sqlite", "mssql")),
    Entry("statement-fails", on=("failure",)),
)
