"""Columns added to tables that have rows."""

from ..entry import Entry

RULES = (
    Entry("add-column-not-null-without-default", on=("AddColumn",)),
    Entry("add-column-volatile-default", on=("AddColumn",)),
    Entry("add-timestamps-not-null", on=("AddColumn",)),
)
