"""Migration that is another one on another machine or day.

## What happens
`Application.get_env`, `System.get_env` or `Mix.env` decides which tables and columns are made, or under which name: two
environments with the same version in `schema_migrations` have different schemas, and what passes in staging fails in
production. A clock or a random number in a definition (`default: Ecto.UUID.generate()`) is asked once, when the migration
runs: every row of this machine gets that one value, and every machine another.

A change of the configuration changes what old migrations do on the next new database.

## When it is silent
- The value is used in rows, not in tables: `inserted_at` of a seed.
- It is only logged, or decides how many rows a batch has.
- `fragment("now()")`, `fragment("gen_random_uuid()")`: the database asks the clock for each row.

## Instead
Write the name down. Where the value belongs to the machine (a role for GRANT), set it outside of the migrations. For a
default that the database computes: `default: fragment("gen_random_uuid()")`.

## Measured
Nothing of the database's own: the SQL differs.

## References
- ecto_sql, `Ecto.Migration`, "Prefixes"; Elixir, `Application.compile_env/3`
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding, Level
from ...program.commands import AlterTable, Command, CreateTable, Execute, Immediate, RepoQuery
from ...program.migration import OutsideRead
from ...program.outside import CLOCK_AND_CHANCE
from ...program.terms import Text, Unknown
from ...syntax.span import Span
from ..base import EVERY_DATABASE, Case, Rule
from ..context import MigrationContext
from ..rows import all_commands


class EnvironmentDependentMigration(Rule):
    id = "environment-dependent-migration"
    level = Level.RISK
    databases = EVERY_DATABASE
    tags = ("environment",)

    fires = (
        Case(
            about="Whether a table is made",
            text='if «System.get_env("WITH_DRAFTS")» == "1", do: create(table(:drafts))',
        ),
        Case(
            about="Under which name",
            text="""
            @prefix «Application.compile_env(:my_app, :prefix)»

            def change do
              create table(:posts, prefix: @prefix)
            end
            """,
        ),
        Case(
            about="In SQL",
            text="""
            execute "CREATE SCHEMA #{«System.fetch_env!("TENANT")»}", ""
            """,
        ),
        Case(
            about="A default from the clock, and one by chance",
            text="""
            alter table(:posts) do
              add :seen_at, :utc_datetime, default: «DateTime.utc_now()» |> to_string()
              add :token, :string, default: «Ecto.UUID.generate()»
            end
            """,
        ),
    )
    silent = (
        Case(
            about="In rows",
            text="""
            def up do
              repo().insert_all("states", [%{id: Ecto.UUID.bingenerate(), inserted_at: DateTime.utc_now()}])
            end

            def down, do: :ok
            """,
        ),
        Case(
            about="Computed by the database",
            text="""
            create table(:posts) do
              add :token, :uuid, default: fragment("gen_random_uuid()")
            end
            """,
        ),
        Case(
            about="It is logged",
            text='require Logger\nLogger.info("in #{Mix.env()}")\ncreate table(:posts)',
        ),
    )

    def check(self, context: MigrationContext) -> Iterator[Finding]:
        migration = context.migration.migration
        if not migration.outside or migration.up is None:
            return
        commands = [item for item in all_commands(migration.up.commands) if _shapes(item)]
        for read in migration.outside:
            by_chance = read.call in CLOCK_AND_CHANCE
            used = _used(read, commands, by_chance)
            if used is None:
                continue
            yield self.finding(
                read.span,
                f"`{read.call}` is asked once, when the migration runs: the definition holds that one value."
                if by_chance
                else f"{used} `{read.call}`: environments of the same version end with different schemas.",
                label="another value on each machine" if by_chance else "decides what is made",
                reason="A migration runs on every machine and on every new database; what it makes has to be the same"
                " there.",
                advice='Let the database compute it: `default: fragment("…")`.'
                if by_chance
                else "Write the value down, or set up outside of the migrations what belongs to one machine.",
                subject={"call": read.call},
            )


def _shapes(command: Command) -> bool:
    """Whether the command is about tables and not about rows."""
    if isinstance(command, Immediate):
        return isinstance(command, RepoQuery) and _is_ddl(command.sql)
    if isinstance(command, Execute):
        return isinstance(command.up, Text | Unknown) and _is_ddl(command.up)
    return True


def _is_ddl(sql: Text | Unknown) -> bool:
    words = sql.display(" ").split(maxsplit=1) if isinstance(sql, Text) else []
    return bool(words) and words[0].upper() in ("CREATE", "ALTER", "DROP", "GRANT", "REVOKE", "COMMENT")


def _used(read: OutsideRead, commands: list[Command], by_chance: bool) -> str | None:
    """How the value gets into the schema; None where it does not, as far as one can tell."""
    for command in commands:
        for span, known_as in _unknowns(command):
            if span.encloses(read.span) or read.call in known_as:
                if not by_chance or isinstance(command, AlterTable | CreateTable):
                    return "The definition depends on"
    if by_chance:
        return None
    for command in commands:
        if not command.always and command.span.start > read.span.start:
            return "What is made depends on"
    return None


def _unknowns(value: object, depth: int = 0) -> Iterator[tuple[Span, str]]:
    """The places of values that are not known, and why they are not."""
    if depth > 8:
        return
    if isinstance(value, Unknown):
        yield value.span, value.reason
    elif isinstance(value, Text):
        yield from ((piece.span, "") for piece in value.pieces if piece.text is None)
    elif isinstance(value, tuple):
        for item in value:
            yield from _unknowns(item, depth + 1)
    elif hasattr(value, "__dataclass_fields__"):
        for name, item in vars(value).items():
            if name not in ("up_commands", "down_commands", "closure"):
                yield from _unknowns(item, depth + 1)
