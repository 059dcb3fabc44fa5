"""Files, versions, names and modules."""

from ..entry import Entry

RULES = (
    Entry("duplicate-version"),
    Entry("duplicate-name"),
    Entry("duplicate-module"),
    Entry("out-of-order-version"),
    Entry("migration-ext-ex"),
    Entry("bad-version-prefix"),
    Entry("no-migration-module"),
    Entry("future-timestamp"),
    Entry("edited-released-migration"),
    Entry("module-name-mismatch", optional=True),
)
