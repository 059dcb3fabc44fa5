"""Transactions, locks and how long they are held."""

from ..entry import Entry

RULES = (
    Entry("attribute-misspelt", on=("attributes",)),
    Entry("attribute-misplaced", on=("attributes",)),
    Entry("disable-ddl-transaction-unneeded", on=("attributes",)),
    Entry("disable-migration-lock-unneeded", on=("attributes",)),
    Entry("long-op-under-exclusive-lock", on=("several statements",)),
    Entry("multi-table-exclusive", on=("several statements",)),
    Entry("several-alters-same-table", on=("AlterTable",)),
    Entry("lock-table", on=("LockTable",)),
    Entry("missing-lock-timeout"),
    Entry("lock-timeout-ineffective", on=("after_begin", "before_commit", "SetParameter")),
    Entry("session-state-leak", on=("SetParameter", "Select")),
)
