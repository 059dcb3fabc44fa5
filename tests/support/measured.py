"""Cases that are run on a real server and compared with what `effect_of` says of them.

A case is one or several statements of one transaction (or one that refuses to run in one), the SQL that
prepares the tables, and the versions that have it. Each case meets the tables of `BASE`, which hold rows, so
that what fails on rows fails. One database per version serves all cases: what a case does is rolled back, and
the tables are made anew only where the next case has another setup.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import pytest
from ecto_migrations_analysis.operations import Statement
from ecto_migrations_analysis.schema.state import Schema

from . import postgres
from .effects import claim, differences, schema_of, statements_of
from .observation import Observation, Stored, observe, observe_outside, relations

BASE = """
CREATE TABLE authors (id bigserial PRIMARY KEY, name varchar(255));
INSERT INTO authors (name) SELECT 'a' || g FROM generate_series(1, 150) g;
CREATE TABLE posts (
  id bigserial PRIMARY KEY, author_id bigint CONSTRAINT posts_author_id_fkey REFERENCES authors (id),
  title varchar(100), body text, slug varchar(255), status varchar(255) DEFAULT 'draft',
  views integer NOT NULL DEFAULT 0, qty integer, price numeric(10, 2), meta json, metab jsonb, legacy text,
  published_at timestamp(0), starts_at timestamp, ends_at timestamp,
  inserted_at timestamp(0) NOT NULL DEFAULT now(), updated_at timestamp(0) NOT NULL DEFAULT now()
);
INSERT INTO posts (author_id, title, body, slug, qty, price, metab, published_at, starts_at)
  SELECT 1 + g % 100, 'title ' || g, repeat('b', 50), 'slug-' || g, g, g % 100, '{"a": 1}', '2024-01-01',
    timestamp '2024-01-01' + g * interval '1 hour' FROM generate_series(1, 600) g;
CREATE INDEX posts_author_id_index ON posts (author_id);
CREATE UNIQUE INDEX posts_slug_index ON posts (slug);
CREATE TABLE comments (
  id bigserial PRIMARY KEY, post_id bigint CONSTRAINT comments_post_id_fkey REFERENCES posts (id), body text
);
INSERT INTO comments (post_id, body) SELECT 1 + g % 500, 'c' FROM generate_series(1, 800) g;
CREATE INDEX comments_post_id_index ON comments (post_id);
"""

TRIGGER_FUNCTION = "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"


@dataclass(frozen=True)
class Case:
    """`sql` and `setup` are SQL texts; `since` and `until` the first and last version that has the syntax.

    `doubt`: the effect is not known for certain, even with the whole history; what is claimed is then the
    worse case, and it is the one observed (None: it does not matter). `outside`: it cannot run in a
    transaction; `hold` are the tables to lock so that it can be watched. `rows` False: scans are the
    planner's choice and not compared. `settings` are of the session, and not known to the analysis.
    """

    sql: str
    setup: str = ""
    since: int = 13
    until: int = 99
    doubt: bool | None = False
    outside: bool = False
    hold: tuple[str, ...] = ("posts",)
    rows: bool = True
    settings: tuple[str, ...] = ()

    def runs_on(self, version: int) -> bool:
        return self.since <= version <= self.until


def cases(*found: Case | str) -> pytest.MarkDecorator:
    """Parametrizes a test with each case on each version under test that has it."""
    parameters = [
        pytest.param(case, version, id=f"{' '.join(case.sql.split())[:90]}-{version}")
        for case in (Case(item) if isinstance(item, str) else item for item in found)
        for version in postgres.VERSIONS
        if case.runs_on(version)
    ]
    return pytest.mark.parametrize(("case", "version"), parameters)


def older(*found: Case) -> pytest.MarkDecorator:
    """As `cases` for what came with a later version: every version without it, be there a server or not."""
    parameters = [
        pytest.param(case, version, id=f"{' '.join(case.sql.split())[:90]}-{version}")
        for case in found
        for version in range(case.since, case.until + 1)
    ]
    return pytest.mark.parametrize(("case", "version"), parameters)


def prepared(setup: str, *found: Case | str) -> list[Case]:
    """The cases with the same beginning of their setup."""
    return [
        replace(case, setup=setup + case.setup)
        for case in (Case(item) if isinstance(item, str) else item for item in found)
    ]


_RESET = """
DO $$
DECLARE item record;
BEGIN
  FOR item IN SELECT pubname AS name FROM pg_publication LOOP
    EXECUTE format('DROP PUBLICATION %I', item.name);
  END LOOP;
  FOR item IN SELECT extname AS name FROM pg_extension WHERE extname <> 'plpgsql' LOOP
    EXECUTE format('DROP EXTENSION %I CASCADE', item.name);
  END LOOP;
  FOR item IN SELECT nspname AS name FROM pg_namespace
    WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema' LOOP
    EXECUTE format('DROP SCHEMA %I CASCADE', item.name);
  END LOOP;
  CREATE SCHEMA public;
END $$
"""


class Bench:
    """The database of one version, and a session in it; `setup` is what stands there, None: not known."""

    def __init__(self, database: postgres.Database) -> None:
        self.database = database
        self.setup: str | None = None
        self._relations: dict[int, Stored] = {}
        # Left open until the server stops. psycopg must not prepare statements of its own here.
        self._session = self.database.connect()
        self._connection = self._session.__enter__()
        self._connection.prepare_threshold = None

    def prepare(self, setup: str) -> None:
        if setup == self.setup:
            return
        self.setup = None
        self._connection.execute("SET client_min_messages = warning")
        self._connection.execute(_RESET.encode())
        self._connection.execute((BASE + setup).encode())
        self._connection.execute("RESET ALL")
        self._relations = relations(self._connection)
        self.setup = setup

    def run(self, statements: list[str], case: Case) -> Observation:
        self.prepare(case.setup)
        if not case.outside:
            return observe(self._connection, statements, settings=case.settings, before=self._relations)
        self.setup = None
        assert len(statements) == 1
        return observe_outside(self.database, statements[0], case.hold)


@cache
def bench(version: int) -> Bench:
    return Bench(postgres.require(version).create_database())


@cache
def base_schema() -> Schema:
    return schema_of(BASE)


def check_older(case: Case, version: int) -> None:
    """That the claim is a failure for want of a newer version; and so says the server, where there is one."""
    claimed = claim(statements_of(case.sql), schema_of(case.setup, base_schema()), version)
    assert any(failure.certain and failure.cause == "version" for failure in claimed.failures)
    if version in postgres.VERSIONS:
        check(case, version)


def check(case: Case, version: int) -> None:
    """Fails with the differences between the claim and the observation."""
    check_statements(statements_of(case.sql), case, version)


def check_statements(
    statements: list[Statement], case: Case, version: int, not_claimed: tuple[str, ...] = ()
) -> None:
    """As `check`, of statements instead of `case.sql`; errors that say one of `not_claimed` need no claim."""
    schema = schema_of(case.setup, base_schema())
    assert not schema.uncertain, schema.uncertain
    claimed = claim(statements, schema, version, in_transaction=not case.outside)
    found = bench(version).run([statement.sql for statement in statements], case)
    if found.error is not None and any(text in found.error for text in not_claimed):
        return
    different = differences(claimed, found, scans=case.rows and not case.outside)
    assert not different, "\n".join([*different, f"messages: {found.messages}"])
    if found.error is None and case.doubt is not None:
        assert bool(claimed.unknown) == case.doubt, claimed.unknown


__all__ = [
    "BASE",
    "TRIGGER_FUNCTION",
    "Case",
    "cases",
    "check",
    "check_older",
    "check_statements",
    "older",
    "prepared",
]
