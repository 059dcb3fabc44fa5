"""What a rollback does, and whether it can."""

from ..entry import Entry

RULES = (
    Entry("irreversible-change", on=("irreversible",)),
    Entry("modify-from-partial", on=("Modify",)),
    Entry("modify-from-wrong-type", on=("AlterColumnType",)),
    Entry("missing-down", on=("up",)),
    Entry("empty-down", on=("down", "execute with a way back")),
    Entry("both-change-and-up", on=("up", "down")),
    Entry("down-not-inverse", on=("down", "execute with a way back")),
    Entry("down-order", on=("down",)),
    Entry("down-fails", on=("failure",)),
    Entry("down-loses-data", on=("DropTable", "DropColumn", "Delete", "Truncate")),
    Entry("flush-in-change", on=("Raises",)),
    Entry("prefer-change", optional=True),
)
