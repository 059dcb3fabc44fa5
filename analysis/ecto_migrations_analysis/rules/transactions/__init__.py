"""Transactions, locks and how long they are held."""

from ..entry import Entry

RULES = (
    Entry("attribute-misspelt"),
    Entry("attribute-misplaced"),
    Entry("disable-ddl-transaction-unneeded"),
    Entry("disable-migration-lock-unneeded"),
    Entry("long-op-under-exclusive-lock"),
    Entry("multi-table-exclusive"),
    Entry("several-alters-same-table", on=("AlterTable",)),
    Entry("lock-table", on=("LockTable",)),
    Entry("missing-lock-timeout"),
    Entry("lock-timeout-ineffective"),
    Entry("session-state-leak", on=("SetParameter", "Select")),
)
