"""Enums, extensions, partitions, views, triggers and other objects."""

from ..entry import Entry

RULES = (Entry("enum-values-differ-from-schema"),)
