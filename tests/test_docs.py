"""The pages that are written from the code are current (`make docs`)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture(scope="module")
def generate() -> Any:
    """docs/generate.py, which is no package."""
    sys.path.insert(0, str(DOCS))
    try:
        import generate

        return generate
    finally:
        sys.path.remove(str(DOCS))


def test_every_page_is_current(generate: Any) -> None:
    assert [path.name for path in generate.stale()] == [], "make docs"


def test_the_table_has_every_rule_and_the_fixes_that_there_are(generate: Any) -> None:
    from ecto_migrations_analysis.rules.catalogue import ENTRIES

    text = generate.FIXES.read_text("utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| [")]
    assert sorted(row.split("[")[1].split("]")[0] for row in rows) == sorted(ENTRIES)
    assert "| [flush-needed](rules/flush-needed.md) | Call flush() first" in text
    by_hand = [row for row in rows if "*by hand*" in row]
    assert 0 < len(by_hand) < len(rows)
