"""Conventions a team may choose. All are off until they are selected."""

from ..entry import Entry

RULES: tuple[Entry, ...] = ()
