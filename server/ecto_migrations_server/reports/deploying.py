"""The deployment plan of a report: code, migration, rows, clean-up, the way back, and what may go wrong."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from ecto_migrations_analysis.analysis import Analysis
from ecto_migrations_analysis.report.commands import Commands, commands
from ecto_migrations_analysis.report.demands import Demand, grouped_codes
from ecto_migrations_analysis.report.deployment import WHO_BLOCKS, Deployment, deployment
from ecto_migrations_analysis.report.migration import MigrationReport
from ecto_migrations_analysis.report.statements import StatementReport
from ecto_migrations_analysis.syntax.source import Source

from .planning import splits
from .texts import code, counted, fenced, listed, one_line
from .verifying import modelled


def deployment_plan(analysis: Analysis, whole: MigrationReport, shown: str) -> Iterator[str]:
    """The section; nothing for a file that Ecto would not run."""
    found = commands(analysis.project, analysis.source.path or shown)
    if found is None or not analysis.migrations:
        return
    known = deployment(analysis.migrations[0])
    yield "## Deployment Plan"
    steps = [*_before(analysis, known, shown), _migrate(analysis, whole, found), *_after(known)]
    yield "\n".join(f"{number}. [ ] {step}" for number, step in enumerate(steps, 1))
    yield "### Rollback"
    yield from _rollback(whole, known, found)
    yield from trouble(analysis, whole.transaction, known.left)
    yield from from_a_release(found, reversible=whole.irreversible is None)


def _before(analysis: Analysis, known: Deployment, shown: str) -> Iterator[str]:
    ways = splits(analysis)
    if ways:
        command = code(f"ecto-migrations expand {shown}:{ways[0].line}")
        yield (
            f"Split it into {counted(ways[0].files, 'migration')} first ({command}), each with a plan of its"
            " own; what follows is the plan of the migration as it is."
        )
    if known.demands:
        asked = "".join(f"\n   - {text}" for text in demand_list(analysis, known.demands))
        yield f"Code first: before it migrates, every node runs code that{asked}"


def demand_list(analysis: Analysis, asked: Iterable[Demand]) -> list[str]:
    """What the code has to do, and where it does not do it yet."""
    asked = tuple(asked)
    gone = [demand for demand in asked if demand.kind == "gone"]
    found = grouped_codes(asked)
    places = [place for demand in gone for place in _used_in(analysis, demand)]
    if gone and places:
        found[0] += f" (still in {listed(places, 4)})"
    return found


def _used_in(analysis: Analysis, demand: Demand) -> list[str]:
    """Places of the application's code that findings name."""
    span = demand.operation.span
    return [
        place_words(related.place.path, related.place.span.start, analysis.project.root)
        for finding in analysis.findings
        if finding.span.start <= span.end and span.start <= finding.span.end
        for related in finding.related
        if related.place.path != analysis.source.path and f"{os.sep}priv{os.sep}" not in related.place.path
    ]


def place_words(path: str, offset: int, root: str | None) -> str:
    """`lib/blog/post.ex:7`, the path from the project's root."""
    shown = path
    if root is not None and path.startswith(root + os.sep):
        shown = path[len(root) + 1 :].replace(os.sep, "/")
    try:
        with open(path, "rb") as file:
            line = Source(file.read(), path).lines.line_of(offset) + 1
    except OSError:
        return code(shown)
    return code(f"{shown}:{line}")


def _migrate(analysis: Analysis, whole: MigrationReport, found: Commands) -> str:
    text = f"Migrate: {code(found.migrate)}"
    if not whole.modelled:
        return f"{text}. What waits meanwhile is not known for {whole.database}"
    failing = [statement.fails for statement in whole.up if statement.fails]
    if failing:
        return f"{text}. **It fails**: {one_line(failing[0])}"
    longest = [statement for statement in whole.up if statement.blocks and _takes_long(statement)]
    if longest:
        sentences = dict.fromkeys(one_line(statement.sentence) for statement in longest[:3])
        return f"{text}. Choose a quiet hour: {' '.join(sentences)}"
    if any(statement.blocks for statement in whole.up):
        text += ". Its locks are held for an instant; while it waits for them, others wait behind it"
    return text


def _takes_long(statement: StatementReport) -> bool:
    return bool(statement.rewrite or statement.scans or statement.rebuilds or statement.unknown)


def _after(known: Deployment) -> Iterator[str]:
    if known.written:
        yield f"Backfill: it writes rows of {listed(known.written)} itself. Look at the rows before going on"
    if known.empty:
        old = "rows from before have NULL there until something fills them"
        yield f"Backfill {listed(known.empty)} where the code needs values: {old}"
    if known.new:
        yield f"Deploy the code that uses {listed(known.new)}"
    for name, table in known.unvalidated:
        yield f"Clean up: validate {name} of {table} in a later migration; it holds for new rows only so far"


def _rollback(whole: MigrationReport, known: Deployment, found: Commands) -> Iterator[str]:
    if whole.irreversible is not None:
        yield f"Cannot be rolled back: {one_line(whole.irreversible)}"
        yield "Mend what is wrong with a new migration, or from a backup."
        return
    yield "\n".join(fenced(found.rollback, "sh"))
    yield " ".join(rollback_notes(known))


def rollback_notes(known: Deployment, *, several: bool = False) -> Iterator[str]:
    yield f"It takes back {'these migrations' if several else 'this migration'} and every one that ran after."
    if known.new:
        yield f"Take back the code that uses {listed(known.new)} first."
    if known.loses:
        yield f"What was written to {listed(known.loses)} since is lost."
    if known.returns_empty:
        verb = "comes" if len(known.returns_empty) == 1 else "come"
        yield f"{listed(known.returns_empty)} {verb} back empty."


def trouble(
    analysis: Analysis, transaction: bool, left: tuple[str, ...], *, several: bool = False
) -> Iterator[str]:
    """What to do where a migration fails, or waits for a lock."""
    yield "### If it fails"
    if not modelled(analysis.project):
        yield (
            "Its version stays pending. Look at what was done of it before it is run again: not every"
            " database takes back changes of the schema with a transaction."
        )
        return
    if several:
        yield (
            "Those before the one that failed stay, and the others stay pending. Of the one that failed"
            " PostgreSQL takes back all where it runs in a transaction; else what ran of it stays. Mend the"
            " cause and migrate again."
        )
    elif transaction:
        yield (
            "PostgreSQL takes back all of it with its transaction, and its version stays pending: mend the"
            " cause and migrate again."
        )
    else:
        yield (
            "What ran before the statement that failed stays, and its version stays pending: the next"
            " `mix ecto.migrate` begins again with the first statement."
        )
    if left:
        yield "A concurrent build that failed leaves an INVALID index. Drop it before the next try:"
        drops = [f'DROP INDEX CONCURRENTLY IF EXISTS "{name}";' for name in left]
        yield "\n".join(fenced("\n".join(drops), "sql"))
    yield "### If it waits for a lock"
    yield "Everything that comes later waits behind it, also what only reads. Who blocks whom:"
    yield "\n".join(fenced(WHO_BLOCKS, "sql"))
    yield (
        "End the transaction that blocks (`SELECT pg_terminate_backend(PID)`), or stop the migration"
        " (`SELECT pg_cancel_backend(PID)`) and try again at a quieter time."
    )


def from_a_release(found: Commands, *, reversible: bool) -> Iterator[str]:
    """The same commands where there is no mix."""
    yield "### From a release"
    lines = [found.release_migrate, *([found.release_rollback] if reversible else [])]
    yield "\n".join(fenced("\n".join(lines), "sh"))
