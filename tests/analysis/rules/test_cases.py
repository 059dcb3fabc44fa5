"""Each rule's own cases: what it fires on, with the exact span, and what it must not fire on."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys

import pytest
from ecto_migrations_analysis import operations
from ecto_migrations_analysis.findings import Finding, Level
from ecto_migrations_analysis.operations import session, tables, unknown
from ecto_migrations_analysis.program import commands
from ecto_migrations_analysis.rules.base import Case, Rule
from ecto_migrations_analysis.rules.catalogue import CHAPTERS, ENTRIES, rules
from ecto_migrations_analysis.rules.context import MigrationContext
from ecto_migrations_analysis.rules.presence import FACTS, present
from support.cases import analysis_of, findings_of, marked

RULES = [type(rule) for rule in rules().values()]

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
        assert _names_its_table(finding, case), finding.message


def _names_its_table(finding: Finding, case: Case) -> bool:
    """Its subject, or what a statement locks (what a foreign key refers to), or an index called so."""
    table = finding.subject.get("table", "…").rpartition(".")[2]
    if table == "…":
        return True
    locked = {
        lock.relation.name or table
        for migration in analysis_of(case).migrations
        for run in (migration.up, migration.down)
        if run is not None
        for step in run.steps
        for lock in step.effect.locks
    }
    return any(name in finding.message for name in {table, *locked})


@pytest.mark.parametrize(("rule", "case"), SILENT)
def test_is_silent(rule: type[Rule], case: Case) -> None:
    _, spans = marked(case)
    assert not spans, "a silent case marks nothing"
    assert [finding.message for finding in findings_of(case) if finding.rule == rule.id] == []


def test_every_rule_module_is_in_the_catalogue() -> None:
    defined = set()
    for chapter in CHAPTERS:
        for module in pkgutil.iter_modules(chapter.__path__, chapter.__name__ + "."):
            loaded = importlib.import_module(module.name)
            for value in vars(loaded).values():
                if isinstance(value, type) and issubclass(value, Rule) and value is not Rule:
                    defined.add((value.__module__, value.id))
    assert defined == {(rule.__module__, rule.id) for rule in RULES}


@pytest.mark.slow
def test_no_rule_speaks_of_what_does_not_load_it() -> None:
    """A rule that fires without what its entry names would be silent where it is not loaded."""
    for other in RULES:
        for case in (*other.fires, *other.silent):
            analysis = analysis_of(case)
            for migration in analysis.migrations:
                there = present(analysis, migration)
                context = MigrationContext(analysis, migration, ())
                for rule in RULES:
                    needed = ENTRIES[rule.id].on
                    if analysis.project.database in rule.databases and needed and there.isdisjoint(needed):
                        assert list(rule().check(context)) == [], f"{rule.id} in a case of {other.id}"


def test_what_loads_a_rule_exists() -> None:
    classes = {
        name
        for module in (operations, commands, session, tables, unknown)
        for name, value in vars(module).items()
        if isinstance(value, type)
    }
    for entry in ENTRIES.values():
        assert set(entry.on) <= classes | FACTS, entry.id


def test_only_what_a_migration_needs_is_loaded() -> None:
    code = (
        "import sys; from ecto_migrations_analysis.engine import analyze\n"
        "from ecto_migrations_analysis.syntax.source import Source\n"
        "text = 'defmodule A do\\n  use Ecto.Migration\\n  def change, do: drop(table(:posts))\\nend'\n"
        "assert analyze(Source.from_text(text, '1_a.exs')).findings\n"
        "print(*sorted(name for name in sys.modules if '.rules.' in name))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ".drop_table\n" in done.stdout.replace(" ", "\n")
    assert "set_not_null_scan" not in done.stdout


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
