"""The table of all rules with their fixes, made by asking for the fixes of the rules' own cases."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from ecto_migrations_analysis.analysis import Analysis
from ecto_migrations_analysis.engine import analyze
from ecto_migrations_analysis.fixes.model import Offer
from ecto_migrations_analysis.fixes.registry import offers
from ecto_migrations_analysis.fixes.unattended import is_unattended
from ecto_migrations_analysis.project.discovery import Workspace
from ecto_migrations_analysis.rules.base import Rule
from ecto_migrations_analysis.rules.catalogue import CHAPTERS, rule
from ecto_migrations_analysis.syntax.source import Source

# Cases are read by what runs them as tests.
TESTS = Path(__file__).resolve().parents[1] / "tests"
sys.path.append(str(TESTS))

HEAD = """\
# Every rule with its fix

Written by `make docs`: the fixes are those that the examples of each rule, and the example projects, get.
Editors offer them as code actions, a terminal by `ecto-migrations expand FILE:LINE`. Every finding can be
silenced by a comment, for its line or for the file.

- *files*: how many migrations there are afterwards, the one that is changed included.
- *unasked*: `check --fix`, `check --diff` and fix all on save (`source.fixAll.ecto-migrations`) apply it.
  Such a fix decides nothing, makes no file, and is left out where the migration would have a risk afterwards
  that it has not now.
- A fix is offered where what it needs is known: a column's type from the history, a text that can be changed.
  Names and values are those of the example.
- *by hand*: what the rule advises.
"""


def table() -> str:
    """The page, Markdown."""
    lines = [HEAD]
    for chapter in CHAPTERS:
        lines.append(f"## {(chapter.__doc__ or '').strip().rstrip('.')}\n")
        lines.append("| rule | fix | files | unasked |\n|---|---|---|---|")
        for entry in chapter.RULES:
            lines += _rows(rule(entry.id))
        lines.append("")
    return "\n".join(lines)


def in_short() -> str:
    """Every rule with its first fix, for the README: a row each, Markdown."""
    lines = ["| rule | fix |", "|---|---|"]
    for chapter in CHAPTERS:
        for entry in chapter.RULES:
            found = _fixes(rule(entry.id))
            more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
            fix = _cell(found[0].title) + more if found else "*by hand*"
            lines.append(f"| [{entry.id}](docs/rules/{entry.id}.md) | {fix} |")
    return "\n".join(lines)


def _rows(known: Rule | type[Rule]) -> Iterator[str]:
    name = f"[{known.id}](rules/{known.id}.md)"
    found = _fixes(known)
    if not found:
        yield f"| {name} | *by hand*: {_cell(_advice(known))} | | |"
    for number, offer in enumerate(found):
        files = "1" if not offer.new_file_count else f"{offer.new_file_count + 1}"
        unasked = "yes" if is_unattended(offer) else ""
        yield f"| {name if not number else ''} | {_cell(offer.title)} | {files} | {unasked} |"


@cache
def _fixes(known: Rule | type[Rule]) -> list[Offer]:
    """The first offer of each strategy that answers a finding of the rule, in the order of the offers."""
    found: dict[str, Offer] = {}
    for analysis in (*_analyses(known), *_projects()):
        for offer in offers(analysis):
            if known.id in offer.rules and not offer.suppresses:
                found.setdefault(offer.id.partition(":")[0], offer)
    return list(found.values())


def _analyses(known: Rule | type[Rule]) -> Iterator[Analysis]:
    from support import cases

    for case in known.fires:
        found = cases.analysis_of(case)
        # In a folder, as files are: fixes that make new ones need one.
        path = f"/app/priv/repo/migrations/{case.file.rpartition('/')[2]}"
        yield analyze(Source(found.source.data, path), found.project)


@cache
def _projects() -> tuple[Analysis, ...]:
    """The migrations of the example projects, each in its history."""
    workspace = Workspace(settled=True)
    return tuple(
        analyze(Source(path.read_bytes(), str(path)), workspace.context_for(str(path)))
        for path in sorted((TESTS / "projects").glob("**/migrations/*.exs"))
    )


def _advice(known: Rule | type[Rule]) -> str:
    for analysis in _analyses(known):
        for finding in analysis.findings:
            if finding.rule == known.id and finding.advice:
                return finding.advice
    return "see its page"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
