"""Rows that a migration reads and writes."""

from ..entry import Entry

RULES: tuple[Entry, ...] = ()
