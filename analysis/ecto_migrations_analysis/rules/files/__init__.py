"""Files, versions, names and modules."""

from ..entry import Entry

RULES = (
    Entry("duplicate-version"),
    Entry("duplicate-name"),
    Entry("duplicate-module"),
    Entry("out-of-order-version"),
)
