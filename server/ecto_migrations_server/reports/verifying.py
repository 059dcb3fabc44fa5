"""The boxes of a report: ticked by runs that happened, with this very text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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
        yield box(runs.get("cycle"), "cycle", cycle(found, shown))
    else:
        yield box(runs.get("cycle"), "cycle", f"Migrated: {code(f'MIX_ENV=test {found.migrate}')}")
    yield tests_box([runs])


def together(runs: Iterable[tuple[str, Runs]], kind: Kind, to_do: str) -> Iterator[str]:
    """One box for several migrations by name, and a line for each that was run."""
    found = [(name, each.get(kind)) for name, each in runs]
    done = [(name, run) for name, run in found if run is not None]
    passed = sum(run.passed for _, run in done)
    so_far = f" ({passed} of {len(found)})" if done else ""
    yield f"- [{'x' if passed == len(found) else ' '}] {to_do}{so_far}"
    for name, run in done:
        yield f"  - `{name}`: {'passed' if run.passed else 'failed'} on {run.date}: {run.result}"


def cycle(found: Commands, shown: str) -> str:
    """The command that runs it, from the first migration on, and what that is."""
    by_hand = " and ".join(code(f"MIX_ENV=test {command}") for command in (found.rollback, found.migrate))
    return f"Cycle: {code(f'ecto-migrations cycle {shown}')}, which runs {by_hand} twice"


def tests_box(runs: Iterable[Runs]) -> str:
    """One box for all of them: ticked where the tests were run with each, by the oldest of these runs."""
    found = [each.get("tests") for each in runs]
    known = [run for run in found if run is not None]
    failed = [run for run in known if not run.passed]
    whole = known if len(known) == len(found) else []
    oldest = min(failed or whole, key=lambda run: run.at, default=None)
    return box(oldest, "tests", f"Tests: {code('mix test')}")


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
