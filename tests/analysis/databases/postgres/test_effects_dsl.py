"""What Ecto's DSL sends, on a real server: every migration of the measured emission, forwards and back.

The statements are those of the emission, with the operations it makes of the DSL (not those that PostgreSQL's
grammar would find in their SQL), run one after the other in one transaction; a statement that refuses that
runs alone.
"""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.operations import Statement
from support import postgres
from support.emission import Fact, facts, migration, statements
from support.measured import Case, check_statements

# What the migrations take for granted: the tables of other schemas, extensions, functions, a column.
SETUP = """
CREATE EXTENSION citext; CREATE EXTENSION pg_trgm; CREATE EXTENSION btree_gist;
CREATE TYPE post_status AS ENUM ('draft');
CREATE SCHEMA app; CREATE SCHEMA own; CREATE SCHEMA other;
CREATE TABLE app.posts (id bigserial PRIMARY KEY, a int, title varchar(100));
INSERT INTO app.posts (a) SELECT g FROM generate_series(1, 50) g;
CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION x() RETURNS text LANGUAGE sql AS 'SELECT ''x''';
CREATE FUNCTION uuid_generate_v7() RETURNS uuid LANGUAGE sql AS 'SELECT gen_random_uuid()';
ALTER TABLE posts ADD COLUMN a int DEFAULT 3, ADD COLUMN "from" int, ADD COLUMN "to" int;
"""

# Failures that are not claimed: a value that does not fit a default's type, a type modifier or a collation
# that the type or server does not have, objects that are not in the schema's state, names of other databases.
NOT_CLAIMED = (
    *("22003", "2202E", "22P02", "42601 type modifier", '42703 column "a"', "42704 ", "42710 extension"),
    *("42804 column", "42883", "cross-database"),
)
# A zone that is not known to the analysis: it takes the worse case.
SETTINGS = ("SET timezone = 'Europe/Vienna'",)


def _sent(fact: Fact, direction: str) -> list[Statement]:
    program = getattr(migration(fact.text, fact.config), direction)
    return [item for item in statements(program, fact.config) if item.error is None] if program else []


FACTS = list(facts())


@pytest.mark.parametrize("fact", FACTS, ids=str)
def test_forwards_and_back(fact: Fact) -> None:
    # The rollbacks and concurrent builds of the later measurements are of the same kinds.
    up, down = _sent(fact, "up"), _sent(fact, "down")
    for statement in up if fact in FACTS[:165] else ():
        if _runs_alone(statement):
            check_statements([statement], Case("", SETUP, outside=True), postgres.EMBEDDED, NOT_CLAIMED)
    if not any(map(_runs_alone, [*up, *down])):
        case = Case("", SETUP, doubt=None, settings=SETTINGS)
        check_statements(up, case, postgres.EMBEDDED, NOT_CLAIMED)
        if down and fact.up_error is None and fact in FACTS[:165]:
            check_statements([*up, *down], case, postgres.EMBEDDED, NOT_CLAIMED)


def _runs_alone(statement: Statement) -> bool:
    return any(getattr(operation, "concurrently", False) for operation in statement.operations)
