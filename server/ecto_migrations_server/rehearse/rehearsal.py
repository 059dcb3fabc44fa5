"""The whole of a rehearsal, on a database that is empty."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

import psycopg
from ecto_migrations_analysis.analysis import Analysis, MigrationAnalysis, Run
from ecto_migrations_analysis.operations import Relation
from ecto_migrations_analysis.project.migrations import migration_file
from ecto_migrations_analysis.report.migration import report
from ecto_migrations_analysis.schema.state import Schema

from .cancellation import Cancellation
from .catalog import catalog, differences
from .cycle import Runner
from .errors import NoMigration
from .history import shown_from
from .model import Direction, Pass, Rehearsal
from .observation import Connection, Stored, relations
from .past import Past
from .request import Progress
from .rows import Filler
from .watching import Bystander

CYCLE: tuple[Direction, ...] = ("migrate", "rollback", "migrate", "rollback", "migrate")
# Where each part begins and ends, in percent of the whole. The passes are what is shown in parts.
_FROM_REPLAY, _FROM_FILL, _FROM_CYCLE = 10, 40, 55


def rehearse(
    parameters: dict[str, Any],
    judge: Callable[[int], Analysis],
    path: str,
    *,
    rows: int,
    nulls: bool = True,
    progress: Progress = lambda text, percent: None,
    cancellation: Cancellation | None = None,
    folder: str | None = None,
    buffers: Mapping[str, bytes] | None = None,
) -> Rehearsal:
    """Rehearses the first migration of the file at `path` on the database that `parameters` lead to.

    `judge` analyses the file for a major version of PostgreSQL. Raises `NoMigration` where there is no
    migration, `Cancelled`, and psycopg's errors where the server is gone or its disk is full.
    """
    cancellation = cancellation or Cancellation()
    with ExitStack() as stack:
        own, second, third = (
            stack.enter_context(psycopg.connect(**parameters, autocommit=True)) for _ in range(3)
        )
        sessions = tuple(connection.info.backend_pid for connection in (own, second, third))
        stack.enter_context(cancellation.ends(parameters, sessions))
        major = own.info.server_version // 10000
        analysis = judge(major)
        if not analysis.migrations:
            raise NoMigration("no migration is in it")
        migration = analysis.migrations[0]
        if migration.up is None:
            raise NoMigration(f"{migration.migration.module} has neither up nor change")
        project = analysis.project
        found = Rehearsal(
            module=migration.migration.module,
            server=own.info.parameter_status("server_version") or str(major),
            major=major,
            claimed_for=f"PostgreSQL {major}",
        )
        past = Past(
            parameters=parameters,
            own=own,
            project=project,
            path=os.path.abspath(path),
            shown=shown_from(folder or os.getcwd()),
            buffers=buffers or {},
            progress=lambda text, share: progress(
                text, _FROM_REPLAY + share * (_FROM_FILL - _FROM_REPLAY) // 100
            ),
            check=cancellation.check,
        )
        past.make(found)
        stored = relations(own)
        touched = _touched(migration, stored)
        progress(f"filling {', '.join(sorted(touched.values())) or 'nothing'}", _FROM_FILL)
        _fill(own, stored, touched, found, migration.schema, rows, nulls)
        known = {name: project.settings.sizes.of(name) for name in found.rows}
        found.sizes = {name: size for name, size in known.items() if size is not None}
        runner = Runner(own, Bystander(second), third, analysis.source.lines.line_of)
        own_file = migration_file(path)
        runner.version = own_file.version if own_file is not None else None
        runner.has_gaps = bool(found.gaps)
        runner.adapt = past.stand_ins.adapt
        runner.prepare()
        _cycle(runner, migration, analysis, found, progress, cancellation, past.stand_ins.named_in)
        return found


def _cycle(
    runner: Runner,
    migration: MigrationAnalysis,
    analysis: Analysis,
    found: Rehearsal,
    progress: Progress,
    cancellation: Cancellation,
    is_stood_in: Callable[[str], bool],
) -> None:
    original = catalog(runner.own)
    restored = True
    for number, direction in enumerate(CYCLE, 1):
        cancellation.check()
        share = (number - 1) * (100 - _FROM_CYCLE) // len(CYCLE)
        progress(f"{direction} ({number} of {len(CYCLE)})", _FROM_CYCLE + share)
        run = migration.up if direction == "migrate" else migration.down
        reason = _irreversible(migration, analysis) if direction == "rollback" else None
        if reason is not None or run is None:
            found.passes.append(Pass(direction=direction, error=reason))
            return
        done = runner.run(direction, run)
        found.passes.append(done)
        if not restored:
            # It met another schema than the one that the analysis speaks of.
            for seen in done.statements:
                seen.differences = ()
        if done.error is not None:
            done.doubtful = done.doubtful or _is_missing(done.error, found) or is_stood_in(done.error)
            if done.doubtful and done.statements[-1].state == "failed":
                # Code that was not run may have made the difference: it contradicts nothing.
                done.statements[-1].differences = ()
            return
        if direction == "rollback":
            done.catalog = differences(original, catalog(runner.own))
            restored = restored and not done.catalog
            left_out = any(seen.state == "not run" for item in found.passes for seen in item.statements)
            done.doubtful = bool(done.catalog) and left_out


def _is_missing(error: str, found: Rehearsal) -> bool:
    """Whether something is missing that a part of the history would have made which was not run."""
    return bool(found.gaps) and error.startswith(("42P01", "42703", "42704", "42883", "3F000"))


def _irreversible(migration: MigrationAnalysis, analysis: Analysis) -> str | None:
    program = migration.migration.down
    if program is not None and (program.irreversible is None or not program.irreversible.certain):
        return None
    told = report(analysis).irreversible
    return f"cannot be rolled back: {told}" if told else "cannot be rolled back: there is no down"


def _touched(migration: MigrationAnalysis, stored: dict[int, Stored]) -> dict[int, str]:
    """The tables that stand now and that either direction locks, reads or names."""
    names: set[str] = set()
    runs: list[Run] = [run for run in (migration.up, migration.down) if run is not None]
    for run in runs:
        for step in run.steps:
            effect = step.effect
            relations = [lock.relation for lock in effect.locks]
            relations += [*effect.scans, *effect.rewrites, *effect.writes_rows]
            for operation in step.statement.operations:
                relation = getattr(operation, "relation", None)
                if isinstance(relation, Relation):
                    relations.append(relation)
            names |= {str(Schema.key(relation)) for relation in relations}
    return {oid: item.name for oid, item in stored.items() if item.kind in "rp" and item.name in names}


def _fill(
    connection: Connection,
    stored: dict[int, Stored],
    touched: dict[int, str],
    found: Rehearsal,
    schema: Schema,
    rows: int,
    nulls: bool,
) -> None:
    backfilled = {
        (str(relation), column.name)
        for relation, table in schema.tables.items()
        for column in table.columns.values()
        if column.backfilled
    }
    names = {oid: item.name for oid, item in stored.items()}
    filler = Filler(connection, names, rows, nulls, backfilled)
    versions = {oid for oid, name in touched.items() if name == "schema_migrations"}
    filler.fill(sorted(set(touched) - versions))
    found.rows = {touched[oid]: count for oid, count in sorted(filler.counts.items()) if oid in touched}
    found.empty = {names[oid]: reason for oid, reason in sorted(filler.refusals.items()) if oid in names}
