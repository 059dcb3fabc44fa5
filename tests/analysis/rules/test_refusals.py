"""What adapters refuse, compared with what they did (tests/facts/refused_by_adapters.jsonl)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ecto_migrations_analysis.rules.base import Case
from support.cases import analysis_of

FACTS = Path(__file__).parents[2] / "facts" / "refused_by_adapters.jsonl"
MEASURED = [json.loads(line) for line in FACTS.read_text().splitlines()]


@pytest.mark.parametrize("adapter", sorted({item["adapter"] for item in MEASURED}))
def test_says_what_the_adapter_raised_and_nothing_else(adapter: str) -> None:
    wrong = []
    for item in MEASURED:
        if item["adapter"] != adapter:
            continue
        case = Case(about="", text=item["dsl"], adapter=adapter)
        said = any(finding.rule == "unsupported-by-adapter" for finding in analysis_of(case).findings)
        if said != (item["error"] is not None):
            wrong.append((item["dsl"], item["error"]))
    assert wrong == []


def test_nothing_of_postgresql_is_said_of_other_databases() -> None:
    allowed = {
        "unsupported-by-adapter",
        "mysql-modify-drops-attributes",
        "mysql-no-ddl-transaction",
        "mysql-constraint-not-enforced",
        "dsl-misuse",
        "irreversible-change",
    }
    said = {
        finding.rule
        for item in MEASURED
        for finding in analysis_of(Case(about="", text=item["dsl"], adapter=item["adapter"])).findings
    }
    assert said <= allowed
    assert "unsupported-by-adapter" in said
