"""The usual failures in one sentence. What Elixir and Ecto say was taken down from real runs."""

from __future__ import annotations

import pytest
from ecto_migrations_server.cycle.failures import explain

CONNECTION = "\n12:00:00.000 [error] Postgrex.Protocol (#PID<0.309.0>) failed to connect: ** "


@pytest.mark.parametrize(
    ("output", "sentence", "way_out"),
    [
        (
            CONNECTION + "(DBConnection.ConnectionError) tcp connect (localhost:5432): connection refused"
            " - :econnrefused\n** (DBConnection.ConnectionError) connection not available and request was"
            " dropped from queue after 10923ms.",
            "no database server answers at localhost:5432",
            "start it, or see config/test.exs for its address",
        ),
        (
            CONNECTION
            + "(DBConnection.ConnectionError) tcp connect (db:5432): non-existing domain - :nxdomain",
            "there is no host db:5432",
            "its name stands in config/test.exs",
        ),
        (
            CONNECTION + "(DBConnection.ConnectionError) unix socket connect (/run/pg/.s.PGSQL.5432): no such"
            " file or directory - :enoent",
            "no database server listens on the socket /run/pg/.s.PGSQL.5432",
            "start it",
        ),
        (
            CONNECTION
            + '(Postgrex.Error) FATAL 3D000 (invalid_catalog_name) database "shop_test" does not exist',
            "there is no database shop_test",
            "MIX_ENV=test mix ecto.create",
        ),
        (
            CONNECTION
            + '(Postgrex.Error) FATAL 28000 (invalid_authorization_specification) role "shop" does not exist',
            "the server knows no role shop",
            "create it (createuser --createdb shop), or name another in config/test.exs",
        ),
        (
            CONNECTION + "(Postgrex.Error) FATAL 28P01 (invalid_password) password authentication failed for"
            ' user "shop"',
            'the server refuses the user: password authentication failed for user "shop"',
            "the password stands in config/test.exs",
        ),
        (
            "** (MyXQL.Error) (1049) (ER_BAD_DB_ERROR) Unknown database 'shop_test'",
            "there is no database shop_test",
            "MIX_ENV=test mix ecto.create",
        ),
        (
            "Unchecked dependencies for environment test:\n* ecto_sql (Hex package)\n  the dependency is not"
            ' available, run "mix deps.get"\n** (Mix) Can\'t continue due to errors on dependencies',
            "the dependencies have not been fetched, or not for MIX_ENV=test",
            "mix deps.get",
        ),
        (
            "Could not find Hex, which is needed to build dependency :jason\nShall I install Hex? (if running"
            ' non-interactively, use "mix local.hex --force") [Yn] ** (Mix) Could not find an SCM for'
            " dependency :jason from Shop.MixProject",
            "mix has no Hex, which the dependency jason needs",
            "mix local.hex, then mix deps.get",
        ),
        (
            '** (Mix) The task "ecto.migrate" could not be found\nNote no mix.exs was found',
            "mix knows no task ecto.migrate: the project does not depend on ecto_sql",
            None,
        ),
        (
            "warning: could not find Ecto repos in any of the apps: [:shop].\n",
            "the project names no repo: ecto_repos is not set for [:shop]",
            "--repo names the repo of the migrations",
        ),
    ],
)
def test_what_is_nothing_of_the_migrations(output: str, sentence: str, way_out: str | None) -> None:
    found = explain(output, 1, "test", "migrate")
    assert (found.sentence, found.way_out, found.elsewhere) == (sentence, way_out, True)


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        (
            "** (Ecto.MigrationError) cannot reverse migration command: alter table posts. You will need to"
            " explicitly define up/0 and down/0 in your migration\n    (ecto_sql) lib/…",
            "the migration cannot be rolled back: alter table posts",
        ),
        (
            "** (Ecto.MigrationError) You are running migration 20240101 but an older migration with version"
            " 20240102 has already run.\n",
            "the migrations are out of order, and the project forbids that: 20240101 is older than 20240102,"
            " which has run",
        ),
        (
            "** (Ecto.MigrationError) migrations can't be executed, migration version 20240101 is duplicated",
            "migrations can't be executed, migration version 20240101 is duplicated",
        ),
        (
            "** (Postgrex.Error) ERROR 55P03 (lock_not_available) canceling statement due to lock timeout",
            "a lock was not to be had in time: canceling statement due to lock timeout",
        ),
        (
            "** (Postgrex.Error) ERROR 57014 (query_canceled) canceling statement due to statement timeout",
            "a statement was cancelled: canceling statement due to statement timeout",
        ),
        (
            '** (Postgrex.Error) ERROR 23502 (not_null_violation) column "status" of relation "posts"'
            " contains null values\n\n    table: posts\n",
            'PostgreSQL refused a statement: column "status" of relation "posts" contains null values'
            " (not_null_violation, 23502)",
        ),
        (
            "** (TokenMissingError) priv/repo/migrations/20240101_a.exs:6:1: missing terminator: end",
            "a migration does not compile: priv/repo/migrations/20240101_a.exs:6:1: missing terminator: end",
        ),
        ("\x1b[31m** (RuntimeError) no\x1b[0m\n", "RuntimeError: no"),
        ("** (Mix) Could not start repo", "Could not start repo"),
        (
            "12:00 [error] ** (EXIT) an exception was raised:\n** (ArgumentError) of its own\n",
            "ArgumentError: of its own",
        ),
        ("what mix never said", "mix ended with exit code 7"),
    ],
)
def test_what_the_migrations_say(output: str, sentence: str) -> None:
    found = explain(output, 7, "test", "rollback")
    assert (found.sentence, found.elsewhere) == (sentence, False)


def test_before_the_first_gate_nothing_is_the_migrations_fault() -> None:
    assert explain("** (RuntimeError) no", 1, "test").elsewhere


def test_tests_that_fail_are_summed_up() -> None:
    found = explain("2 doctests, 12 tests, 3 failures, 1 skipped\n", 2, "test", "tests")
    assert found.sentence == "2 doctests, 12 tests, 3 failures, 1 skipped"


def test_a_long_error_is_cut() -> None:
    assert len(explain(f"** (RuntimeError) {'x' * 9999}", 1, "test", "migrate").sentence) < 400
