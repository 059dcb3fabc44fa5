"""Indexes built and dropped."""

from ..entry import Entry

RULES = (
    Entry("index-not-concurrent", on=("CreateIndex",)),
    Entry("drop-index-not-concurrent", on=("DropIndex",)),
    Entry("index-on-partitioned-parent", on=("CreateIndex",)),
    Entry("drop-index-incomplete-definition", on=("DropIndex",)),
    Entry("duplicate-index", on=("CreateIndex",)),
    Entry("concurrent-index-in-transaction", on=("concurrently", "failure")),
    Entry("concurrent-index-migration-lock", on=("concurrently",)),
    Entry("concurrent-index-unserialised", on=("CreateIndex",)),
    Entry("concurrent-index-on-new-table", on=("CreateIndex",)),
    Entry("concurrent-index-if-not-exists", on=("CreateIndex",)),
    Entry("concurrent-index-short-lock-timeout", on=("CreateIndex", "Reindex")),
    Entry("concurrent-mixed-operations", on=("outside of the transaction",)),
    Entry("concurrent-down-mismatch", on=("CreateIndex", "DropIndex")),
    Entry("unique-index-existing-duplicates", on=("CreateIndex", "AddConstraint")),
    Entry("replace-index-order", on=("DropIndex",)),
    Entry("redundant-index", on=("CreateIndex",)),
    Entry("too-many-index-columns", on=("CreateIndex",)),
    Entry("hash-index", on=("CreateIndex",)),
    Entry("key-replaced", on=("DropIndex", "DropConstraint")),
    Entry("drop-used-index", on=("DropIndex",)),
    Entry("identifier-too-long", on=("CreateIndex", "AddConstraint", "CreateTable")),
    Entry("reindex-not-concurrent", on=("Reindex",)),
    Entry("vacuum-full-or-cluster", on=("Maintenance",)),
)
