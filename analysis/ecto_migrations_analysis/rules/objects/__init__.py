"""Enums, extensions, partitions, views, triggers and other objects."""

from ..entry import Entry

RULES = (
    Entry("enum-values-differ-from-schema", on=("CreateEnum", "AddEnumValue", "check constraint")),
    Entry("enum-add-value-used", on=("AddEnumValue",)),
    Entry("enum-add-value-irreversible", on=("AddEnumValue",)),
    Entry("enum-rename-value", on=("RenameEnumValue",)),
    Entry("enum-replace-type", on=("AlterColumnType",)),
    Entry("enum-order", on=("AddEnumValue",), optional=True),
    Entry("enum-create", on=("CreateEnum",), optional=True),
    Entry("create-extension", on=("CreateObject",)),
    Entry("partition-attach", on=("AttachPartition",)),
    Entry("partition-detach", on=("DetachPartition",)),
    Entry("partition-create-default", on=("CreateTable",)),
    Entry("create-trigger", on=("CreateTrigger",)),
    Entry("view-drop", on=("DropView",)),
    Entry("view-replace", on=("CreateView",)),
    Entry("refresh-matview", on=("RefreshMaterializedView",)),
    Entry("set-logged", on=("TableSetting",)),
    Entry("set-tablespace", on=("TableSetting",)),
    Entry("add-inherit", on=("TableSetting",)),
    Entry("create-function-search-path", on=("CreateFunction",)),
)
