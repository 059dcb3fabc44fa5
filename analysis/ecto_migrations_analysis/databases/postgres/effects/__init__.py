"""What a statement does on PostgreSQL: locks, rewrites, scans, index builds, and how it fails.

Each module knows one family of operations; `ledger` puts the effect together, `situation` answers questions
about what the statement meets. Everything here is compared with real servers by tests.
"""

from __future__ import annotations

from ..locks import blocks
from .statement import effect_of

__all__ = ["blocks", "effect_of"]
