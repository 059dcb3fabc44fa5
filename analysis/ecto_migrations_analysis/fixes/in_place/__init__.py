"""Fixes that one file can hold, one strategy a module; `STRATEGIES` is their order."""

from __future__ import annotations

from . import (
    attributes,
    columns,
    domain_constraint,
    flush,
    indexes,
    lock_timeout,
    modify_from,
    raw_alter,
    rerun_index,
    split_execute,
    up_down,
)

STRATEGIES = (
    raw_alter.proposals,
    columns.proposals,
    domain_constraint.proposals,
    flush.proposals,
    split_execute.proposals,
    modify_from.proposals,
    attributes.proposals,
    indexes.proposals,
    up_down.proposals,
    rerun_index.proposals,
    lock_timeout.proposals,
)
