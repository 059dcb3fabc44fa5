"""Each rule's own cases: what it fires on, with the exact span, and what it must not fire on."""

from __future__ import annotations

import importlib
import pkgutil

import pytest
from ecto_migrations_analysis import rules as rules_package
from ecto_migrations_analysis.findings import Level
from ecto_migrations_analysis.rules.base import Case, Rule
from ecto_migrations_analysis.rules.catalogue import RULES
from support.cases import findings_of, marked

FIRES = [pytest.param(rule, case, id=f"{rule.id}: {case.about}") for rule in RULES for case in rule.fires]
SILENT = [pytest.param(rule, case, id=f"{rule.id}: {case.about}") for rule in RULES for case in rule.silent]


@pytest.mark.parametrize(("rule", "case"), FIRES)
def test_fires(rule: type[Rule], case: Case) -> None:
    text, spans = marked(case)
    found = [finding for finding in findings_of(case) if finding.rule == rule.id]
    assert [text[finding.span.start : finding.span.end].decode() for finding in found] == [
        text[span.start : span.end].decode() for span in spans
    ]
    assert [finding.span for finding in found] == spans
    for finding in found:
        assert finding.message and "\n" not in finding.message
        assert finding.level <= rule.level
        assert finding.reason and finding.advice


@pytest.mark.parametrize(("rule", "case"), SILENT)
def test_is_silent(rule: type[Rule], case: Case) -> None:
    _, spans = marked(case)
    assert not spans, "a silent case marks nothing"
    assert [finding.message for finding in findings_of(case) if finding.rule == rule.id] == []


def test_every_rule_module_is_in_the_catalogue() -> None:
    listed = {rule.__module__ for rule in RULES}
    defined = set()
    for module in pkgutil.iter_modules(rules_package.__path__, rules_package.__name__ + "."):
        loaded = importlib.import_module(module.name)
        for value in vars(loaded).values():
            if isinstance(value, type) and issubclass(value, Rule) and value is not Rule:
                defined.add(value.__module__)
    assert defined == listed


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_is_documented(rule: type[Rule]) -> None:
    assert rule.id == rule.__module__.rpartition(".")[2].replace("_", "-")
    assert rule.fires and rule.silent
    assert rule.level in Level
    page = rule.page()
    for heading in ("## What happens", "## When it is silent", "## Instead", "## Measured", "## References"):
        assert heading in page, f"{rule.id}: {heading} is missing"
    assert rule.title() and len(rule.title()) < 100


def test_ids_are_unique() -> None:
    ids = [rule.id for rule in RULES]
    assert len(ids) == len(set(ids))
    for rule in RULES:
        assert set(rule.silences) <= set(ids)
