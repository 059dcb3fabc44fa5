"""Indexes built and dropped."""

from ..entry import Entry

RULES = (
    Entry("index-not-concurrent", on=("CreateIndex",)),
    Entry("drop-index-not-concurrent", on=("DropIndex",)),
    Entry("index-on-partitioned-parent", on=("CreateIndex",)),
    Entry("drop-index-incomplete-definition", on=("DropIndex",)),
    Entry("duplicate-index", on=("CreateIndex",)),
    Entry("concurrent-index-in-transaction"),
    Entry("concurrent-index-migration-lock"),
    Entry("concurrent-index-unserialised", on=("CreateIndex",)),
)
