"""Counts in sentences, and the colours of levels."""

from __future__ import annotations

from typing import Final

from ecto_migrations_analysis.findings import Level

LEVEL_STYLES: Final[dict[Level, tuple[str, ...]]] = {
    Level.DANGER: ("bold", "red"),
    Level.RISK: ("bold", "yellow"),
    Level.INFO: ("bold", "cyan"),
}
CLASSIFICATION_STYLES: Final[dict[str, tuple[str, ...]]] = {
    "dangerous": LEVEL_STYLES[Level.DANGER],
    "risky": LEVEL_STYLES[Level.RISK],
    "safe": ("bold", "green"),
}


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """`1 finding`, `2 findings`."""
    return f"{number} {singular if number == 1 else plural or singular + 's'}"
