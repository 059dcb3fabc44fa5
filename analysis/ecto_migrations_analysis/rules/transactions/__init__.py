"""Transactions, locks and how long they are held."""

from ..entry import Entry

RULES: tuple[Entry, ...] = ()
