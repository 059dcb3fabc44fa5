"""Constraints and indexes in several migrations, none of which blocks reads or writes."""

from __future__ import annotations

from . import set_not_null

STRATEGIES = (set_not_null.proposals,)
