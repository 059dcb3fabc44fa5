"""The command `tables`, on a real server: what it measures, what it writes, and what it refuses."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ecto_migrations_analysis.project.table_sizes import FILE_NAME
from ecto_migrations_analysis.project.table_sizes_file import read_table_sizes
from ecto_migrations_server import measuring
from support.cli import Result, Run
from support.postgres import Database

# Each needs a database, filled by many statements.
pytestmark = pytest.mark.slow

OBJECTS = """
CREATE TABLE posts AS SELECT n AS id, repeat('x', 100) AS body FROM generate_series(1, 12345) n;
CREATE INDEX ON posts (id);
CREATE TABLE "Odd ""name" (id int);
CREATE TABLE empty (id int);
CREATE TABLE unknown AS SELECT 1 AS id;
CREATE TABLE events (at int, body text) PARTITION BY RANGE (at);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (500);
CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM (500) TO (2000) PARTITION BY RANGE (at);
CREATE TABLE events_2a PARTITION OF events_2 FOR VALUES FROM (500) TO (2000);
INSERT INTO events SELECT n % 1000, repeat('y', 50) FROM generate_series(1, 3000) n;
CREATE TABLE parent (id int);
CREATE TABLE child () INHERITS (parent);
INSERT INTO parent SELECT generate_series(1, 10);
INSERT INTO child SELECT generate_series(1, 20);
CREATE MATERIALIZED VIEW sums AS SELECT sum(id) FROM posts;
CREATE MATERIALIZED VIEW later AS SELECT sum(id) FROM posts WITH NO DATA;
CREATE VIEW v AS SELECT * FROM posts;
CREATE SCHEMA billing;
CREATE TABLE billing.invoices AS SELECT n AS id FROM generate_series(1, 50) n;
CREATE TEMPORARY TABLE mine (id int);
ANALYZE posts, events, parent, child, billing.invoices;
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "mix.exs").write_text("defmodule A.MixProject do\n  use Mix.Project\nend\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def filled(database: Database) -> Database:
    with database.connect() as connection:
        connection.execute(OBJECTS)
    return database


def tables(result: Result) -> dict[str, Any]:
    assert (result.code, result.err) == (0, "")
    found = result.json
    assert found["measured"] == datetime.now(UTC).date().isoformat()
    assert list(found["tables"]) == sorted(found["tables"])
    return dict(found["tables"])


def test_everything(filled: Database, url: str, run: Run, here: Path) -> None:
    found = tables(run("tables", "--database-url", url, "--output", "-"))
    assert {name: item["rows"] for name, item in found.items()} == {
        'Odd "name': 0,
        "billing.invoices": 50,
        "empty": 0,
        "events": 3000,
        "later": 0,
        # With its heir.
        "parent": 30,
        "posts": 12000,
        # Nobody has analyzed these; what was inserted is counted by the server all the same.
        "sums": 1,
        "unknown": 1,
    }
    with filled.connect() as connection:
        row = connection.execute("SELECT pg_total_relation_size('posts')").fetchone()
        assert row is not None and abs(found["posts"]["bytes"] - int(str(row[0]))) < 0.05 * int(str(row[0]))
    assert found["events"]["bytes"] > 3000 * 50
    assert found["empty"]["bytes"] == 0
    assert not (here / FILE_NAME).exists()


def test_growth_since_the_last_analyze_counts(filled: Database, url: str, run: Run, here: Path) -> None:
    with filled.connect() as connection:
        connection.execute("INSERT INTO posts SELECT n, repeat('x', 100) FROM generate_series(1, 100000) n")
    rows = tables(run("tables", "--database-url", url, "--output", "-"))["posts"]["rows"]
    assert 105_000 <= rows <= 120_000


def test_counted(filled: Database, url: str, run: Run, here: Path) -> None:
    result = run("tables", "--database-url", url, "--output", "-", "--count")
    assert result.code == 0
    assert result.err == ("ecto-migrations: the rows of later are estimated: it has no data yet\n")
    rows = {name: item["rows"] for name, item in result.json["tables"].items()}
    assert (rows["posts"], rows["unknown"], rows["parent"], rows["events"]) == (12345, 1, 30, 3000)


def test_counting_ends(
    filled: Database, url: str, run: Run, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with filled.connect() as connection:
        connection.execute(
            "CREATE FUNCTION slow() RETURNS int LANGUAGE sql VOLATILE AS 'SELECT 1 FROM pg_sleep(5)'"
        )
        # Reading it sleeps: the policy is asked for each row.
        connection.execute("CREATE ROLE reader LOGIN; GRANT SELECT ON unknown TO reader")
        connection.execute("ALTER TABLE unknown ENABLE ROW LEVEL SECURITY")
        connection.execute("CREATE POLICY p ON unknown USING (slow() = 1)")
    try:
        reader = url.replace("user=postgres", "user=reader")
        result = run("tables", "--database-url", reader, "--output", "-", "--count", "--timeout", "1")
        assert result.code == 0
        assert "the rows of unknown are estimated: counting takes longer than 1 s\n" in result.err
        assert "the rows of posts are estimated: this user may not read it\n" in result.err
        assert result.json["tables"]["posts"]["rows"] == 12000
    finally:
        with filled.connect() as connection:
            connection.execute("DROP OWNED BY reader; DROP ROLE reader")


def test_schemas_and_prefixes(filled: Database, url: str, run: Run, here: Path) -> None:
    to = ("--database-url", url, "--output", "-")
    assert list(tables(run("tables", *to, "--schema", "billing"))) == ["billing.invoices"]
    assert list(tables(run("tables", *to, "--prefix", "billing"))) == ["invoices"]
    both = tables(run("tables", *to, "--schema", "billing", "--schema", "public"))
    assert {"billing.invoices", "posts"} <= set(both)
    missing = run("tables", *to, "--schema", "bilings")
    assert (missing.code, missing.err) == (2, "ecto-migrations: there is no schema bilings\n")
    wrong = run("tables", *to, "--schema", "billing", "--prefix", "billing")
    assert (wrong.code, wrong.err) == (2, "ecto-migrations: --prefix and --schema both choose schemas\n")


def test_the_file_is_stable_and_is_read_again(filled: Database, url: str, run: Run, here: Path) -> None:
    result = run("tables", "--database-url", url)
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(f"{FILE_NAME}: 9 tables, the largest are\n  posts ")
    file = here / FILE_NAME
    text = file.read_text()
    read = read_table_sizes(file.read_bytes(), str(file))
    assert read.problems == ()
    assert len(read.values["sizes"].entries) == 9
    assert run("tables", "--database-url", url).code == 0
    assert file.read_text() == text
    assert sorted(path.name for path in here.iterdir()) == [FILE_NAME, ".git", "mix.exs"]


def test_where_it_is_written(filled: Database, url: str, run: Run, here: Path, monkeypatch: Any) -> None:
    below = here / "lib" / "a"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert run("tables", "--database-url", url).code == 0
    assert (here / FILE_NAME).exists()
    (here / ".ecto-migrations.toml").write_text('tables.sizes = "sizes.json"\n')
    assert run("tables", "--database-url", url).code == 0
    assert (here / "sizes.json").exists()
    assert run("tables", "--database-url", url, "--output", "mine.json").code == 0
    assert (below / "mine.json").exists()
    gone = run("tables", "--database-url", url, "--output", "no/such/folder.json")
    assert gone.code == 2
    assert gone.err == "ecto-migrations: no/such/folder.json cannot be written: no such file or directory\n"


def test_nothing_can_be_changed(filled: Database, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "_TABLES", "DELETE FROM posts")
    with pytest.raises(measuring.NotMeasured, match="cannot execute DELETE in a read-only transaction"):
        measuring.measure(url)


def test_a_locked_table(filled: Database, url: str, run: Run, here: Path) -> None:
    with filled.connect() as connection:
        connection.execute("BEGIN; LOCK TABLE posts")
        result = run("tables", "--database-url", url)
    assert result.code == 2
    assert "is locked in ACCESS EXCLUSIVE by another session; try again later" in result.err
    assert not (here / FILE_NAME).exists()


def test_an_empty_database(database: Database, url: str, run: Run, here: Path) -> None:
    result = run("tables", "--database-url", url)
    assert (result.code, result.err) == (
        2,
        "ecto-migrations: the database has no tables there; no file was written\n",
    )
    assert not (here / FILE_NAME).exists()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("mysql://root@localhost/shop", "tables measures PostgreSQL only, and this URL is of MySQL"),
        ("sqlite:///shop.db", "tables measures PostgreSQL only, and this URL is of SQLite"),
        ("postgresql://me:secret@[host/db", "--database-url is no URL of a PostgreSQL database"),
        ("postgresql://me:secret@localhost", "--database-url names no database"),
        ("ecto:///nothing?host=/nowhere&user=me&password=secret", "no connection to nothing"),
    ],
)
def test_what_is_no_database(given: str, told: str, run: Run, here: Path) -> None:
    result = run("tables", "--database-url", given)
    assert (result.code, result.out) == (2, "")
    assert told in result.err
    assert "secret" not in result.err
    assert result.err.count("\n") == 1


def test_without_psycopg(run: Run, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    result = run("tables", "--database-url", "postgresql://localhost/a")
    assert (result.code, result.err) == (
        2,
        "ecto-migrations: tables needs psycopg: pip install 'ecto-migrations[rehearse]'\n",
    )


def test_json_of_names_that_are_odd(filled: Database, url: str) -> None:
    text = measuring.text_of(measuring.measure(url), "2026-01-31")
    assert json.loads(text)["tables"]['Odd "name'] == {"rows": 0, "bytes": 0}
    assert text.count("\n") == 9 + 5


def test_the_end_of_the_server(filled: Database, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "_SCHEMAS", "SELECT pg_terminate_backend(pg_backend_pid())::text")
    with pytest.raises(measuring.NotMeasured, match=f"^{filled.name}: "):
        measuring.measure(url)


def test_tables_whose_rows_are_elsewhere_are_left_out(filled: Database, url: str) -> None:
    assert "empty" in measuring.measure(url).sizes
    with filled.connect() as connection:
        connection.execute("CREATE TABLE pg_dist_partition (logicalrelid regclass)")
        connection.execute("INSERT INTO pg_dist_partition VALUES ('empty')")
    assert "empty" not in measuring.measure(url).sizes
