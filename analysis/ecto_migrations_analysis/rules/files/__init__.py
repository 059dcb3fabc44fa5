"""Files, versions, names and modules."""

from ..entry import Entry

RULES = (
    Entry("duplicate-version", on=("same version",)),
    Entry("duplicate-name", on=("same name",)),
    Entry("duplicate-module", on=("same module",)),
    Entry("out-of-order-version", on=("not the newest",)),
    Entry("migration-ext-ex", on=("odd name",)),
    Entry("bad-version-prefix", on=("odd name",)),
    Entry("no-migration-module", on=("no use",)),
    Entry("future-timestamp"),
    Entry("edited-released-migration"),
    Entry("module-name-mismatch", optional=True),
)
