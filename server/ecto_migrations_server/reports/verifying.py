"""The boxes of a report: ticked by runs that happened, with this very text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from ecto_migrations_analysis.analysis import Analysis
from ecto_migrations_analysis.project.context import ProjectContext
from ecto_migrations_analysis.report.commands import Commands, commands
from ecto_migrations_analysis.report.migration import irreversible

from ..verification import Kind, Ran
from .texts import code

Runs = Mapping[Kind, Ran]

_DONE: Final[dict[Kind, tuple[str, str]]] = {
    "rehearsal": ("Rehearsed", "The rehearsal failed"),
    "cycle": ("Cycle through mix", "The cycle through mix failed"),
    "tests": ("Tests", "The tests failed"),
}


def verification(analysis: Analysis, shown: str, runs: Runs) -> Iterator[str]:
    """The list of boxes; nothing for a file that Ecto would not run."""
    found = commands(analysis.project, analysis.source.path or shown)
    if found is None or not analysis.migrations:
        return
    yield "## Verification"
    yield "\n".join(boxes(analysis, shown, runs, found))


def boxes(analysis: Analysis, shown: str, runs: Runs, found: Commands) -> Iterator[str]:
    if modelled(analysis.project):
        yield box(
            runs.get("rehearsal"), "rehearsal", f"Rehearsal: {code(f'ecto-migrations rehearse {shown}')}"
        )
    if irreversible(analysis) is None:
        commands_of_mix = [code(f"MIX_ENV=test {command}") for command in (found.migrate, found.rollback)]
        yield box(runs.get("cycle"), "cycle", f"Cycle: {', '.join(commands_of_mix)}, both twice")
    else:
        yield box(runs.get("cycle"), "cycle", f"Migrated: {code(f'MIX_ENV=test {found.migrate}')}")
    yield box(runs.get("tests"), "tests", f"Tests: {code('mix test')}")


def box(run: Ran | None, kind: Kind, to_do: str) -> str:
    """One line: what was run, when and with which result, or what is still to be run."""
    if run is None:
        return f"- [ ] {to_do}"
    passed, failed = _DONE[kind]
    if not run.passed:
        return f"- [ ] {failed} on {run.date}: {run.result}"
    return f"- [x] {passed} on {run.date}: {run.result}"


def modelled(project: ProjectContext) -> bool:
    """Whether what the database does is known: only then can it be rehearsed."""
    return project.database == "postgres"
