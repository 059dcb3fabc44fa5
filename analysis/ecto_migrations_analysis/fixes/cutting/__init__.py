"""A migration taken apart: each part in a transaction of its own, rows in batches."""

from __future__ import annotations

from . import transactions, write_rows

STRATEGIES = (write_rows.proposals, transactions.proposals)
