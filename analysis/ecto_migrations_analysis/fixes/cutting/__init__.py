"""A migration taken apart: each part in a transaction of its own, rows in batches."""

from __future__ import annotations

from . import fill_first, replaced_key, superfluous_index, transactions, write_rows

STRATEGIES = (
    write_rows.proposals,
    transactions.proposals,
    replaced_key.proposals,
    superfluous_index.proposals,
    fill_first.proposals,
)
