"""Conventions a team may choose. All are off until they are selected."""

from ..entry import Entry

_COLUMNS = ("AddColumn", "CreateTable")

RULES = (
    Entry("prefer-bigint", on=_COLUMNS, optional=True),
    Entry("prefer-identity", on=_COLUMNS, optional=True),
    Entry("prefer-text", on=(*_COLUMNS, "AlterColumnType"), optional=True),
    Entry("no-char", on=(*_COLUMNS, "AlterColumnType"), optional=True),
    Entry("prefer-timestamptz", on=_COLUMNS, optional=True),
    Entry("timestamps-consistency", on=_COLUMNS, optional=True),
)
