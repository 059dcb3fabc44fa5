"""What a rollback does, and whether it can."""

from ..entry import Entry

RULES = (
    Entry("irreversible-change"),
    Entry("modify-from-partial", on=("Modify",)),
    Entry("modify-from-wrong-type", on=("AlterColumnType",)),
    Entry("missing-down"),
    Entry("empty-down"),
    Entry("both-change-and-up"),
    Entry("down-not-inverse"),
    Entry("down-order"),
    Entry("down-fails"),
    Entry("down-loses-data", on=("DropTable", "DropColumn", "Delete", "Truncate")),
    Entry("flush-in-change", on=("Raises",)),
    Entry("prefer-change", optional=True),
)
