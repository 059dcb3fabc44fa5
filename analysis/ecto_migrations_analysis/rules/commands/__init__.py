"""Commands that Ecto, its adapter or the database refuses."""

from ..entry import Entry

RULES = (
    Entry("dsl-misuse"),
    Entry("unknown-table"),
    Entry("unknown-column"),
    Entry("unsupported-by-adapter"),
)
