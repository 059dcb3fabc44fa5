"""What a rollback does, and whether it can."""

from ..entry import Entry

RULES = (
    Entry("irreversible-change"),
    Entry("flush-in-change", on=("Raises",)),
)
