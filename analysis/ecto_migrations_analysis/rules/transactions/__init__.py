"""Transactions, locks and how long they are held."""

from ..entry import Entry

RULES = (
    Entry("attribute-misspelt"),
    Entry("attribute-misplaced"),
    Entry("disable-ddl-transaction-unneeded"),
    Entry("disable-migration-lock-unneeded"),
)
