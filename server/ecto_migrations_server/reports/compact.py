"""The short form of a report, for a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ecto_migrations_analysis.report.summary import lock_words

from .bundle import Bundle, Group, Item
from .planning import change_words
from .release_markdown import deadlock_lines, graded, plan_steps, separate_lines, verdict, way_back, where
from .texts import cell, code, counted, listed
from .verifying import tests_box

_MOST_FINDINGS: Final = 20
_MOST_LINES: Final = 20
_RUN: Final = {True: "✓", False: "✗"}


def compact(bundle: Bundle) -> str:
    """A table with a line for each migration, what is grave about them, and the plan to unfold."""
    parts = list(_notes(bundle))
    if not bundle.groups:
        parts.insert(0, f"### No new migrations in {code(bundle.text)}")
    for group in bundle.groups:
        parts += [
            f"### {verdict(group)}",
            "\n".join(_table(group)),
            *_grave(group),
            *_list("Not in one deploy", separate_lines(group)),
            *_list("Can deadlock with the application", deadlock_lines(group)),
            *_plan(group),
        ]
    return "\n\n".join(parts) + "\n"


def _notes(bundle: Bundle) -> Iterator[str]:
    if bundle.notes:
        yield "\n".join(f"- {note}" for note in bundle.notes)


def _table(group: Group) -> Iterator[str]:
    yield "| | migration | what it does | locks | way back | run |"
    yield "|---:|---|---|---|---|---|"
    for number, item in enumerate(group.items, 1):
        cells = (f"`{item.name}`", change_words(item.analysis, 3), _locks(item), way_back(item), _run(item))
        yield f"| {number} | {' | '.join(map(cell, cells))} |"


def _locks(item: Item) -> str:
    migration = next(iter(item.analysis.migrations), None)
    if migration is None or migration.up is None:
        return "not known"
    return lock_words(migration.up.steps, certain=migration.up.complete) or "none"


def _run(item: Item) -> str:
    """What was run of it: `rehearsal ✓, cycle ✗`."""
    return ", ".join(f"{kind} {_RUN[run.passed]}" for kind, run in item.runs.items()) or "not yet"


def _grave(group: Group) -> Iterator[str]:
    every = [(finding, number) for number, item in enumerate(group.items, 1) for finding in graded(item)]
    found = [(finding, number) for finding, number in every if finding.table is None]
    found.sort(key=lambda each: (-each[0].level, each[1]))
    lines = [
        f"- **{finding.level}** {number}, {finding.lines}: {finding.message} {finding.link}"
        for finding, number in found[:_MOST_FINDINGS]
    ]
    if len(found) > len(lines):
        lines.append(f"- {len(found) - len(lines)} more")
    tables = [f"`{finding.table}`" for finding, _ in every if finding.table is not None]
    if tables:
        lines.append(f"- {counted(len(tables), 'finding')} about {listed(tables)}, made by this release")
    if lines:
        yield "\n".join(lines)


def _list(title: str, lines: Iterator[str]) -> Iterator[str]:
    found = [f"- {line}" for line in lines]
    if len(found) > _MOST_LINES:
        found = [*found[:_MOST_LINES], f"- {len(found) - _MOST_LINES} more"]
    if found:
        yield "\n".join([f"**{title}**", "", *found])


def _plan(group: Group) -> Iterator[str]:
    steps = [f"{number}. [ ] {step}" for number, step in enumerate(plan_steps(group), 1)]
    if group.commands is None or not steps:
        return
    rollback = [f"Rollback{where(group)}: {code(group.commands.rollback)}"]
    stuck = [str(number) for number, item in enumerate(group.items, 1) if way_back(item) != "reversible"]
    if stuck:
        rollback = [
            f"Rollback: {'not as a whole' if len(group.items) > 1 else 'not possible'} ({listed(stuck)})"
        ]
    tests = tests_box([item.runs for item in group.items])
    yield "\n\n".join(
        [
            "<details><summary>Deployment plan</summary>",
            "\n".join(steps),
            *rollback,
            tests,
            "</details>",
        ]
    )
