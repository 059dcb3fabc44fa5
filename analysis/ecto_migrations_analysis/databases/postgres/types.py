"""Types of PostgreSQL: their names, and what changing one into another costs."""

from __future__ import annotations

from .type_change import TypeChange, type_change
from .type_names import parse_type

__all__ = ["TypeChange", "parse_type", "type_change"]
