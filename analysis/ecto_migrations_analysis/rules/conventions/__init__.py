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
    Entry("float-for-money", on=_COLUMNS, optional=True),
    Entry("boolean-nullable", on=_COLUMNS, optional=True),
    Entry("array-or-map-without-default", on=_COLUMNS, optional=True),
    Entry("string-status-without-check", on=_COLUMNS, optional=True),
    Entry("nullable-fk", on=("CreateTable",), optional=True),
    Entry("table-without-pk", on=("CreateTable",), optional=True),
    Entry("missing-timestamps", on=("CreateTable",), optional=True),
    Entry("comment-required", on=_COLUMNS, optional=True),
    Entry("require-schema-prefix", on=("TableOperation", "CreateIndex"), optional=True),
    Entry("index-name-convention", on=("CreateIndex",), optional=True),
)
