"""Constraints and indexes in several migrations, none of which blocks reads or writes."""

from __future__ import annotations

from . import (
    add_validation,
    attach_partition,
    detach_partition,
    foreign_key_index,
    key_from_index,
    partitioned_foreign_key,
    partitioned_index,
    replace_foreign_key,
    separate_concurrent,
    set_not_null,
)

# In the order in which they are offered.
STRATEGIES = (
    set_not_null.proposals,
    replace_foreign_key.proposals,
    key_from_index.proposals,
    partitioned_index.proposals,
    attach_partition.proposals,
    detach_partition.proposals,
    partitioned_foreign_key.proposals,
    foreign_key_index.proposals,
    separate_concurrent.proposals,
    add_validation.proposals,
)
