"""Proves a fix that makes several migrations: one `Scenario`, everything that has to hold of its files.

    prove(scenario, database, folder, formatted)

The migrations are put into a mix project, the offer is taken by its id, and the files are written there. Then

- each file has one migration, is as Elixir's formatter leaves it (`formatted` looks at the end of the
  module), and its analysis, with the files before it as its history, finds no danger, nothing that the offer
  answered, and no work of any length under a lock that blocks reads or writes;
- on PostgreSQL the files run up, down, up, down and up, with the catalog as it was after each way back, while
  code of before and code of after write between the steps; every statement is watched: it may not read, write
  anew or build an index of a table that holds rows under a lock that blocks;
- the last time, each migration without a transaction is interrupted and run again;
- the rows of before hold what they held, and at the end `holds` is true;
- where Ecto is present (`support.real_ecto`), all of it again by Ecto itself, which has to send the SQL that
  ours sends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from ecto_migrations_analysis.analysis import Analysis, Run, Step
from ecto_migrations_analysis.databases.postgres.locks import STRENGTH
from ecto_migrations_analysis.engine import analyze
from ecto_migrations_analysis.findings import Level
from ecto_migrations_analysis.fixes.model import Offer
from ecto_migrations_analysis.fixes.registry import change, offers
from ecto_migrations_analysis.operations import Relation
from ecto_migrations_analysis.project.context import ProjectContext
from ecto_migrations_analysis.project.discovery import context_for
from ecto_migrations_analysis.schema.state import Schema
from ecto_migrations_analysis.syntax.source import Source

from . import observation
from .backfills import run_backfill
from .cases import migration_text
from .fixing import apply
from .migrating import Unit, catalog, migrate, rollback, run_unit, runs_elixir, units
from .postgres import Database
from .real_ecto import RealEcto, real_ecto

Connection = psycopg.Connection[Any]

MIX = "defmodule Blog.MixProject do\n  use Mix.Project\n\n  def project, do: [app: :blog]\nend\n"
CONFIG = "import Config\n\nconfig :blog, ecto_repos: [Blog.Repo]\nconfig :blog, Blog.Repo, {options}\n"
REPO = "defmodule Blog.Repo do\n  use Ecto.Repo, otp_app: :blog, adapter: Ecto.Adapters.Postgres\nend\n"
SETTINGS = "database_version = {version}\n"
VERSION = 20240201000000


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A migration and what stands around it. Bodies of `change`, or whole callbacks or modules."""

    about: str
    text: str
    # The strategy, and a part of the rest of the offer's id where several of it are offered.
    strategy: str
    subject: str = ""
    files: int
    # Earlier and later migrations, and rows for the tables of the earlier ones.
    before: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    # What the code that runs before the deploy writes, after each step until step `old_until`; what the code
    # that knows the change writes, after each step from `new_from`.
    old_code: tuple[str, ...] = ()
    old_until: int = 1
    new_code: tuple[str, ...] = ()
    new_from: int = 1
    # A query for what must be the same before, after the steps, and after the way back.
    keeps: str = ""
    # Queries that give true at the end.
    holds: tuple[str, ...] = ()
    # Options of the repo, the server's version that is assumed, further settings, and what somebody chooses
    # in the files.
    config: str = "[]"
    version: int = 18
    settings: str = ""
    # The schema modules, by their file's name in `lib/blog`, when the offer is taken; and as they are when
    # the last of the migrations is deployed, where that differs.
    lib: tuple[tuple[str, str], ...] = ()
    lib_at_last: tuple[tuple[str, str], ...] = ()
    chosen: tuple[tuple[str, str], ...] = ()
    # Rules that the offer answers and that still say something in its files, though no danger.
    still_told: tuple[str, ...] = ()
    # Dangers of the migration as it was written, other than those that the offer answers.
    remains: tuple[str, ...] = ()


@dataclass(frozen=True)
class Made:
    """The files of a fix, in the order in which they run."""

    offer: Offer
    paths: tuple[Path, ...]

    @property
    def texts(self) -> list[str]:
        return [path.read_text(encoding="utf-8") for path in self.paths]


def prove(scenario: Scenario, database: Database, folder: Path, formatted: Callable[..., None]) -> Made:
    """Everything in the module's description; gives what was made, for what only this scenario is about."""
    made = make(scenario, folder)
    formatted(*made.texts)
    choose(scenario, made)
    for path in made.paths:
        if path == made.paths[-1]:
            write_lib(scenario.lib_at_last, folder)
        assert_safe(analysis_of(path), made.offer, scenario.still_told, scenario.remains)
    by_ecto = real_ecto()
    again = database.copy() if by_ecto is not None else None
    with database.connect() as connection:
        cycle(scenario, made, connection, Runner(database, connection, context_for(str(made.paths[0]))))
    if by_ecto is not None and again is not None:
        with again.connect() as connection:
            by_ecto.connect(again, scenario.config)
            cycle(scenario, made, connection, EctoRunner(by_ecto, context_for(str(made.paths[0]))))
    return made


# --- the files ---------------------------------------------------------------------------------------------


def make(scenario: Scenario, folder: Path) -> Made:
    """Writes the project and what the offer makes of it."""
    path = project(scenario, folder)
    analysis = analysis_of(path)
    found = [
        offer
        for offer in offers(analysis)
        if offer.id.startswith(scenario.strategy + ":") and scenario.subject in offer.id
    ]
    assert len(found) == 1, [offer.id for offer in offers(analysis)]
    made = change(analysis, found[0].id, _Folder())
    assert len(made.new_files) == found[0].new_file_count
    path.write_bytes(apply(analysis.source.data, made))
    for other in made.others:
        Path(other.path).write_bytes(other.after)
    paths = [path]
    for file in made.new_files:
        new = Path(file.path)
        assert new.parent == path.parent and not new.exists()
        new.write_text(file.text, encoding="utf-8", newline="")
        paths.append(new)
    assert len(paths) == scenario.files, [path.name for path in paths]
    assert sorted(paths) == paths
    return Made(found[0], tuple(paths))


def project(scenario: Scenario, folder: Path) -> Path:
    """Writes the mix project, and gives the path of the migration that is to be fixed."""
    migrations = folder / "priv" / "repo" / "migrations"
    for directory in (migrations, folder / "config", folder / "lib" / "blog"):
        directory.mkdir(parents=True)
    (folder / "mix.exs").write_text(MIX)
    (folder / "config" / "config.exs").write_text(CONFIG.format(options=scenario.config))
    (folder / "lib" / "blog" / "repo.ex").write_text(REPO)
    (folder / ".ecto-migrations.toml").write_text(
        SETTINGS.format(version=scenario.version) + scenario.settings
    )
    write_lib(scenario.lib, folder)
    for number, body in enumerate(scenario.before):
        path = migrations / f"{20230101000000 + number}_before_{number}.exs"
        path.write_text(migration_text(body, f"Blog.Repo.Migrations.Before{number}"))
    for number, body in enumerate(scenario.later):
        path = migrations / f"{20250101000000 + number}_later_{number}.exs"
        path.write_text(migration_text(body, f"Blog.Repo.Migrations.Later{number}"))
    path = migrations / f"{VERSION}_subject.exs"
    path.write_text(migration_text(scenario.text, "Blog.Repo.Migrations.Subject"))
    return path


def write_lib(modules: tuple[tuple[str, str], ...], folder: Path) -> None:
    for name, text in modules:
        (folder / "lib" / "blog" / name).write_text(text)


def choose(scenario: Scenario, made: Made) -> None:
    """What the person who takes the offer fills in."""
    for old, new in scenario.chosen:
        holding = [path for path in made.paths if old in path.read_text(encoding="utf-8")]
        assert holding, f"no file asks for {old}"
        for path in holding:
            path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


class _Folder:
    def names(self, folder: str) -> frozenset[str]:
        return frozenset(path.name for path in Path(folder).iterdir())

    def read(self, path: str) -> bytes | None:
        return Path(path).read_bytes() if Path(path).exists() else None


def analysis_of(path: Path) -> Analysis:
    """As the command line would see it now."""
    return analyze(Source(path.read_bytes(), str(path)), context_for(str(path)))


# --- by the analysis ---------------------------------------------------------------------------------------


def assert_safe(
    analysis: Analysis, offer: Offer, still_told: tuple[str, ...] = (), remains: tuple[str, ...] = ()
) -> None:
    assert not analysis.broken and len(analysis.migrations) == 1
    found = [
        (finding.rule, finding.message)
        for finding in analysis.findings
        if (finding.level is Level.DANGER and finding.rule not in remains)
        or (finding.rule in offer.rules and finding.rule not in still_told)
    ]
    assert not found, (found, analysis.source.data.decode())
    (migration,) = analysis.migrations
    for run in (migration.up, migration.down):
        if run is not None:
            assert not run.program.irreversible, run.program.irreversible
            blocked = list(_long_and_blocking(run))
            assert not blocked, (blocked, analysis.source.data.decode())


def _long_and_blocking(run: Run) -> Iterator[tuple[str, str]]:
    """SQL that takes long while a lock is held that blocks, and the table."""
    held: dict[Relation, str] = {}
    last: object = None
    for number, step in enumerate(run.steps):
        group: object = (step.transaction,) if step.in_transaction else number
        if group != last:
            held, last = {}, group
        for lock in step.effect.locks:
            if STRENGTH[lock.mode] > STRENGTH.get(held.get(lock.relation, ""), -1):
                held[lock.relation] = lock.mode
        for table in (*step.effect.scans, *step.effect.rewrites, *_of_rebuilt(step)):
            if _blocks(held.get(Schema.key(table), "")):
                yield step.statement.sql, str(table)


def _of_rebuilt(step: Step) -> Iterator[Relation]:
    for name in step.effect.rebuilds:
        yield from (relation for relation, table in step.before.tables.items() if name in table.indexes)


def _blocks(mode: str) -> bool:
    return STRENGTH.get(mode, -1) >= STRENGTH["SHARE"]


# --- on PostgreSQL -----------------------------------------------------------------------------------------


def cycle(scenario: Scenario, made: Made, connection: Connection, runner: Runner | EctoRunner) -> None:
    for path in sorted(made.paths[0].parent.iterdir()):
        if path < made.paths[0]:
            runner.run_file(path, "up")
    for sql in scenario.rows:
        connection.execute(sql.encode())
    connection.execute(b"ANALYZE")
    # So that a statement that waits for what does not come fails here.
    connection.execute(b"SET statement_timeout = '60s'")
    kept = _kept(scenario, connection)
    first = catalog(connection)
    for time in range(3):
        runner.watched = time == 0
        _write(connection, scenario.old_code)
        before = []
        for number, path in enumerate(made.paths, 1):
            before.append(_but_validation(catalog(connection)))
            if time == 2:
                runner.interrupt(path.read_text(encoding="utf-8"))
            runner.run_file(path, "up")
            _between(scenario, connection, number)
        assert _kept(scenario, connection) == kept
        for query in scenario.holds:
            assert connection.execute(query.encode()).fetchone() == (True,), (
                query,
                time,
                catalog(connection),
            )
        if time == 2:
            return
        for number, path in reversed(list(enumerate(made.paths, 1))):
            runner.run_file(path, "down")
            assert _but_validation(catalog(connection)) == before[number - 1], path
            if number > 1:
                _between(scenario, connection, number - 1)
        assert catalog(connection) == first
        assert _kept(scenario, connection) == kept


def _but_validation(found: dict[str, list[tuple[Any, ...]]]) -> dict[str, list[tuple[Any, ...]]]:
    """Nothing takes a validation back, and nothing has to: for one step of several it is left out."""
    constraints = [
        (table, name, definition.removesuffix(" NOT VALID"))
        for table, name, definition, _ in found["constraints"]
        if not definition.startswith("NOT NULL")
    ]
    return {**found, "constraints": constraints}


def _kept(scenario: Scenario, connection: Connection) -> Any:
    return connection.execute(scenario.keeps.encode()).fetchall() if scenario.keeps else None


def _between(scenario: Scenario, connection: Connection, step: int) -> None:
    if step <= scenario.old_until:
        _write(connection, scenario.old_code)
    if step >= scenario.new_from:
        _write(connection, scenario.new_code)


def _write(connection: Connection, statements: tuple[str, ...]) -> None:
    for sql in statements:
        connection.execute(sql.encode())


class Runner:
    """Runs migrations; `watched` looks at what every statement does."""

    def __init__(self, database: Database, connection: Connection, context: ProjectContext) -> None:
        self.database = database
        self.connection = connection
        self.config = context.repo
        self.watched = False

    def run_file(self, path: Path, direction: str) -> None:
        self.run(path.read_text(encoding="utf-8"), direction)

    def run(self, text: str, direction: str) -> None:
        if self.watched and runs_elixir(text):
            run_backfill(self.connection, text, direction, lambda sql, own: self._watch(Unit(sql, own)))
            return
        if not self.watched:
            (migrate if direction == "up" else rollback)(self.connection, text, self.config)
            return
        for unit in units(text, direction, self.config):
            self._watch(unit)

    def interrupt(self, text: str) -> None:
        """Leaves what a migration without a transaction leaves that stops before its last statement.

        Each concurrent build among the statements stops in the middle, once, and leaves its index INVALID.
        """
        if runs_elixir(text):
            return
        sent = units(text, "up", self.config)
        if len(sent) == 1:
            return
        for number, unit in enumerate(sent):
            if _builds(unit):
                for earlier in sent[:number]:
                    run_unit(self.connection, earlier)
                self._stop_in_the_middle(unit)
        for unit in sent[:-1]:
            run_unit(self.connection, unit)

    def _stop_in_the_middle(self, unit: Unit) -> None:
        with self.database.connect() as other:
            other.execute(b"BEGIN")
            for table in self._tables():
                other.execute(f"LOCK TABLE {table} IN ROW EXCLUSIVE MODE".encode())
            self.connection.execute(b"SET statement_timeout = '200ms'")
            try:
                run_unit(self.connection, unit)
            except psycopg.errors.QueryCanceled:
                pass
            else:
                raise AssertionError(f"was not to be stopped: {unit}")
            finally:
                self.connection.execute(b"SET statement_timeout = '60s'")

    def _tables(self) -> list[str]:
        query = (
            "SELECT c.oid::regclass::text FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace"
            " IN (SELECT oid FROM pg_namespace WHERE nspname !~ '^pg_|^information_schema$')"
        )
        return [name for (name,) in self.connection.execute(query)]

    def _watch(self, unit: Unit) -> None:
        if not unit.in_transaction and "CONCURRENTLY" in unit.statements[0].upper():
            # Read and write locks are all that may be held: whatever takes long then blocks nobody.
            seen = observation.observe_outside(self.database, unit.statements[0], self._tables())
            assert seen.error is None, (unit, seen.error)
            blocking = {table: mode for table, mode in seen.locks.items() if _blocks(mode)}
            assert not blocking, (unit, blocking)
            return
        # What does nothing else is the same inside of a transaction of its own.
        before = observation.relations(self.connection)
        seen = observation.observe(self.connection, unit.statements, before=before)
        assert seen.error is None, (unit, seen.error)
        self.connection.execute(b"SET statement_timeout = '60s'")
        long = seen.scans | seen.rewritten | _built_over(self.connection, seen.rebuilt)
        blocked = {table for table in long if _blocks(seen.locks.get(table, ""))}
        assert not blocked, (unit, blocked)
        built = [message for message in seen.messages if message.startswith("building index ")]
        assert not [message for message in built if _blocks(seen.locks.get(message.split('"')[3], ""))], built
        run_unit(self.connection, unit)


class EctoRunner:
    """Runs migrations by Ecto, and holds ours to the SQL that it sends."""

    def __init__(self, by_ecto: RealEcto, context: ProjectContext) -> None:
        self.by_ecto = by_ecto
        self.config = context.repo
        self.watched = False

    def run_file(self, path: Path, direction: str) -> None:
        text = path.read_text(encoding="utf-8")
        sent = self.by_ecto.run(direction, int(path.name.partition("_")[0]), path)
        if not runs_elixir(text):
            ours = [sql for unit in units(text, direction, self.config) for sql in unit.statements]
            assert sent == ours, text

    def interrupt(self, text: str) -> None:
        """Ecto is not stopped half-way: what it leaves is what ours leaves, as both send the same."""


def _builds(unit: Unit) -> bool:
    sql = unit.statements[0].upper()
    return not unit.in_transaction and sql.startswith("CREATE") and "CONCURRENTLY" in sql


def _built_over(connection: Connection, indexes: set[str]) -> set[str]:
    query = "SELECT tablename FROM pg_indexes WHERE indexname = ANY(%s)"
    return {name for (name,) in connection.execute(query, (list(indexes),))}
