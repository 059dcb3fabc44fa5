"""Partitions attached and detached, and what they refer to: the whole proof, scenario by scenario."""

from __future__ import annotations

from pathlib import Path

import pytest
from ecto_migrations_analysis.fixes.registry import offers
from support import postgres
from support.elixir import Later
from support.proving import Scenario, analysis_of, project, prove

ATTACH = "attach-checked-partition"
CREATE = "create-beside-default"
DETACH = "detach-concurrently"
BY_PARTITION = "foreign-key-by-partition"
EVENTS = (
    'create table(:events, primary_key: false, options: "PARTITION BY RANGE (at)") do\n  add :at, :date\nend'
)
YEAR = "create table(:events_2026, primary_key: false) do\n  add :at, :date\nend"
REST = 'execute "CREATE TABLE events_rest PARTITION OF events DEFAULT", "DROP TABLE events_rest"'
BOUND = "FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')"
ATTACHED = f"""
execute "ALTER TABLE events ATTACH PARTITION events_2026 {BOUND}",
        "ALTER TABLE events DETACH PARTITION events_2026"
"""
ROWS = ("INSERT INTO events_2026 SELECT date '2026-01-01' + g % 300 FROM generate_series(1, 2500) g",)
KINDS = """
execute "CREATE SCHEMA log", "DROP SCHEMA log"

execute "CREATE TABLE log.events (kind varchar(9), n int) PARTITION BY LIST (kind)", "DROP TABLE log.events"

execute "CREATE INDEX ON log.events (n)", ""

create table(:mails, prefix: :log, primary_key: false) do
  add :kind, :string, size: 9
  add :n, :integer
end

create index(:mails, [:n], prefix: :log)
"""

SCENARIOS = (
    Scenario(
        about="A table with rows becomes a partition",
        before=(EVENTS, YEAR),
        rows=ROWS,
        text=ATTACHED,
        strategy=ATTACH,
        files=3,
        old_code=("INSERT INTO events_2026 VALUES ('2026-05-05')",),
        old_until=3,
        new_code=("INSERT INTO events VALUES ('2026-06-06')",),
        new_from=3,
        keeps="SELECT count(*) FROM events_2026 WHERE at NOT IN ('2026-05-05', '2026-06-06')",
        holds=(
            "SELECT pg_get_expr(relpartbound, oid) LIKE '%2026-01-01%' FROM pg_class"
            " WHERE relname = 'events_2026'",
            "SELECT count(*) = 0 FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0",
        ),
    ),
    Scenario(
        about="Beside a default partition, up and down, with other changes",
        before=(EVENTS, YEAR, REST),
        rows=(*ROWS, "INSERT INTO events SELECT date '2020-01-01' + g % 300 FROM generate_series(1, 999) g"),
        text=f"""
        def up do
          execute "ALTER TABLE events ATTACH PARTITION events_2026 {BOUND}"
        end

        def down do
          execute "ALTER TABLE events DETACH PARTITION events_2026"
        end
        """,
        strategy=ATTACH,
        files=3,
        old_code=("INSERT INTO events VALUES ('2021-05-05')",),
        old_until=3,
        keeps="SELECT count(*) FROM events_2026",
        holds=("SELECT count(*) = 0 FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0",),
    ),
    Scenario(
        about="By list, in a schema of its own, with the parent's index, among others",
        before=(KINDS,),
        rows=("INSERT INTO log.mails SELECT 'mail', g FROM generate_series(1, 2500) g",),
        text="""
        create table(:others)

        # Mails are events too.
        execute "ALTER TABLE log.events ATTACH PARTITION log.mails FOR VALUES IN ('mail', 'letter')",
                "ALTER TABLE log.events DETACH PARTITION log.mails"
        """,
        strategy=ATTACH,
        files=4,
        old_code=("INSERT INTO log.mails VALUES ('letter', 1)",),
        old_until=4,
        keeps="SELECT md5(string_agg(n::text, ',' ORDER BY n)) FROM log.mails WHERE kind = 'mail'",
        holds=("SELECT count(*) > 2500 FROM log.events",),
    ),
)

YEARS = f"""
execute "CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')", ""
execute "CREATE TABLE events_2026 PARTITION OF events {BOUND}", ""
"""
OF_USERS = EVENTS.replace("add :at, :date", "add :at, :date\n  add :n, :bigint")
OF_YEARS = (
    "INSERT INTO users SELECT FROM generate_series(1, 10)",
    "INSERT INTO events SELECT date '2025-01-01' + g % 700, 1 + g % 10 FROM generate_series(1, 2500) g",
)
DETACHED = "ALTER TABLE events DETACH PARTITION events_2026"
KEPT = "SELECT md5(string_agg(n::text, ',' ORDER BY at, n)) FROM events WHERE at < '2025-05-05'"

SCENARIOS += (
    Scenario(
        about="A partition created beside a default one",
        before=(EVENTS, REST),
        rows=("INSERT INTO events SELECT date '2020-01-01' + g % 300 FROM generate_series(1, 2500) g",),
        text=f"""
        execute \"\"\"
                CREATE TABLE events_2026 PARTITION OF events
                  {BOUND}
                \"\"\",
                "DROP TABLE events_2026"
        """,
        strategy=CREATE,
        files=3,
        old_code=("INSERT INTO events VALUES ('2021-05-05')",),
        old_until=3,
        keeps="SELECT count(*) FROM events WHERE at < '2021-01-01'",
        holds=("SELECT count(*) = 0 FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0",),
    ),
    Scenario(
        about="Detached",
        before=("create table(:users)", OF_USERS, YEARS),
        rows=OF_YEARS,
        text=f"""
        execute "{DETACHED}", "ALTER TABLE events ATTACH PARTITION events_2026 {BOUND}"
        """,
        strategy=DETACH,
        files=1,
        old_code=("INSERT INTO events VALUES ('2025-05-05', 3)",),
        keeps=KEPT,
        holds=("SELECT count(*) > 1000 FROM events_2026",),
    ),
    Scenario(
        about="Detached in up, among others",
        before=("create table(:users)", OF_USERS, YEARS),
        rows=OF_YEARS,
        text=f"""
        create table(:others)

        # Nobody reads it any more.
        execute "{DETACHED}", "ALTER TABLE events ATTACH PARTITION events_2026 {BOUND}"
        """,
        strategy=DETACH,
        files=2,
        config="[migration_lock: :pg_advisory_lock]",
        keeps=KEPT,
    ),
    *(
        Scenario(
            about=f"A foreign key, {about}",
            before=("create table(:users)", OF_USERS, YEARS),
            rows=OF_YEARS,
            text=text,
            strategy=BY_PARTITION,
            files=files,
            version=17,
            old_code=("INSERT INTO events VALUES ('2026-05-05', 3)",),
            old_until=2,
            new_code=new_code,
            new_from=2,
            keeps=KEPT,
            holds=(
                "SELECT bool_and(convalidated) AND count(*) = 3 FROM pg_constraint"
                f" WHERE conname = '{name}' AND confrelid = 'users'::regclass",
            ),
        )
        for about, text, files, name, new_code in (
            (
                "of a new column",
                "alter table(:events) do\n  # Who did it.\n"
                "  add :user_id, references(:users, validate: false)\nend",
                2,
                "events_user_id_fkey",
                ("INSERT INTO events VALUES ('2026-05-05', 3, 4)",),
            ),
            (
                "in SQL, with what it does",
                """
                def up do
                  execute "ALTER TABLE events ADD CONSTRAINT of_user FOREIGN KEY (n) REFERENCES users (id)"
                          " ON DELETE CASCADE NOT VALID"
                end

                def down do
                  execute "ALTER TABLE events DROP CONSTRAINT of_user"
                end
                """.replace('(id)"\n                          " ON', "(id) ON"),
                1,
                "of_user",
                (),
            ),
        )
    ),
)


@pytest.mark.slow
@pytest.mark.parametrize("version", postgres.VERSIONS)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario.about for scenario in SCENARIOS])
def test_scenario(scenario: Scenario, version: int, tmp_path: Path, formatted: Later) -> None:
    database = postgres.require(version).create_database()
    prove(scenario, database, tmp_path, formatted)
    database.drop()


HASHED = """
execute "CREATE TABLE events (at date) PARTITION BY HASH (at)", "DROP TABLE events"
"""
INDEXED = EVENTS + '\n\nexecute "CREATE INDEX ON events (at)", ""'
KEYED = (
    "create table(:users)\n\n"
    + EVENTS.replace("add :at, :date", "add :at, :date\n  add :user_id, references(:users)")
    + "\n\n"
    + YEAR.replace("add :at, :date", "add :at, :date\n  add :user_id, :bigint")
)


@pytest.mark.parametrize(
    ("before", "text"),
    [
        pytest.param((YEAR,), ATTACHED, id="the parent is not known"),
        pytest.param(
            (HASHED, YEAR), ATTACHED.replace(BOUND, "FOR VALUES WITH (MODULUS 4, REMAINDER 0)"), id="by hash"
        ),
        pytest.param(
            (EVENTS, YEAR), ATTACHED.replace("('2027-01-01')", "(date '2026-12-31' + 1)"), id="computed"
        ),
        pytest.param((INDEXED, YEAR), ATTACHED, id="an index would be built"),
        pytest.param((KEYED,), ATTACHED, id="a foreign key would be validated"),
    ],
)
def test_not_offered(before: tuple[str, ...], text: str, tmp_path: Path) -> None:
    scenario = Scenario(about="", before=before, text=text, strategy=ATTACH, files=0)
    found = offers(analysis_of(project(scenario, tmp_path)))
    assert not [offer for offer in found if offer.id.startswith(ATTACH)]


@pytest.mark.parametrize(
    ("before", "text", "version"),
    [
        pytest.param((REST,), f'execute "{DETACHED}", ""', 18, id="beside a default partition"),
        pytest.param(
            (),
            'execute "ALTER TABLE events DETACH PARTITION events_rest",'
            ' "ALTER TABLE events ATTACH PARTITION events_rest DEFAULT"',
            18,
            id="the default partition itself",
        ),
        pytest.param((), f'execute "{DETACHED}", ""', 13, id="before PostgreSQL 14"),
        pytest.param((), f'execute "{DETACHED}", "DROP TABLE events_2026"', 18, id="another way back"),
    ],
)
def test_not_detached(before: tuple[str, ...], text: str, version: int, tmp_path: Path) -> None:
    scenario = Scenario(
        about="", before=(EVENTS, YEARS, *before), text=text, strategy=DETACH, version=version, files=0
    )
    found = offers(analysis_of(project(scenario, tmp_path)))
    assert not [offer for offer in found if offer.id.startswith(DETACH)]
