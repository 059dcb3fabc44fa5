"""What was there before the migration: by the files, by a dump, and by what stands in for the missing."""

from __future__ import annotations

from pathlib import Path

import pytest
from ecto_migrations_server.rehearse import words
from ecto_migrations_server.rehearse.stand_ins import StandIns
from support.cli import Run

from .conftest import Rehearse, Write

# Each needs a database, filled by many statements.
pytestmark = pytest.mark.slow

# In the form of pg_dump 18, and by `mix ecto.dump`; what somebody may have added stands in between.
DUMP = r"""--
-- PostgreSQL database dump
--

\restrict abcDEF123

-- Dumped from database version 18.1

SET statement_timeout = 0;
SET no_such_setting_of_a_newer_server = 0;
SET client_encoding = 'UTF8';
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET row_security = off;

--
-- Name: postgis; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS postgis WITH SCHEMA public;

COMMENT ON EXTENSION postgis IS 'geometry';

CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public;

CREATE SCHEMA public;

CREATE TYPE public.mood AS ENUM (
    'glad',
    'ümläut; not the end'
);

CREATE FUNCTION public.two() RETURNS integer
    LANGUAGE sql
    BEGIN ATOMIC
 SELECT 1;
 SELECT 2;
END;

CREATE FUNCTION public.body() RETURNS trigger LANGUAGE plpgsql AS $_$
begin
  -- a ; in here, and a quote '
  return new;
end;
$_$;

SET default_table_access_method = heap;

CREATE TABLE public.places (
    id bigint NOT NULL,
    name public.citext,
    mood public.mood DEFAULT 'glad'::public.mood,
    at public.geography(Point,4326)
);

ALTER TABLE public.places OWNER TO somebody;

GRANT SELECT ON TABLE public.places TO somebody;

CREATE SEQUENCE public.places_id_seq START WITH 1;

ALTER SEQUENCE public.places_id_seq OWNED BY public.places.id;

CREATE TABLE public.schema_migrations (
    version bigint NOT NULL,
    inserted_at timestamp(0) without time zone
);

COPY public.places (id, name) FROM stdin;
1	a;b
2	'
\.

CREATE ROLE somebody;

ALTER TABLE ONLY public.places ALTER COLUMN id SET DEFAULT nextval('public.places_id_seq'::regclass);

ALTER TABLE ONLY public.places ADD CONSTRAINT places_pkey PRIMARY KEY (id);

CREATE INDEX places_at_index ON public.places USING gist (at);

ALTER TABLE ONLY public.schema_migrations ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (version);

--
-- PostgreSQL database dump complete
--

\unrestrict abcDEF123

INSERT INTO public."schema_migrations" (version) VALUES (20240101000000);
INSERT INTO public."schema_migrations" (version) VALUES (20250101000000);
"""
GEOGRAPHY = 'there is no type "public.geography" here; text stands in for it'


@pytest.fixture
def dump(tmp_path: Path, write: Write) -> Path:
    """The project of `write`, with a dump."""
    path = tmp_path / "priv" / "repo" / "structure.sql"
    path.write_text(DUMP)
    return path


def at(dump: Path, text: str) -> str:
    return f"{dump}:{DUMP[: DUMP.index(text)].count(chr(10)) + 1}"


def test_a_dump_of_migrations_without_files(rehearsed: Rehearse, write: Write, dump: Path) -> None:
    write("add_code", "  def change, do: (alter table(:places) do add :code, :integer end)")
    path = write("index_code", "  def change, do: create(index(:places, [:code]))")
    found = rehearsed(path, rows=50)
    assert found.structure == str(dump)
    assert found.history == 1
    assert (found.verdict, found.rows) == ("passed", {"places": 50})
    assert [item.succeeded for item in found.passes] == [True] * 5
    assert found.gaps == [
        f"{at(dump, 'COPY')}: rows of COPY are left out",
        f'{at(dump, "CREATE EXTENSION IF NOT EXISTS postgis")}: the server has no extension "postgis";'
        " a scratch server that has it: --database-url URL",
        f"{at(dump, 'CREATE TABLE public.places')}: {GEOGRAPHY}",
        f"{at(dump, 'CREATE ROLE')}: left out, because it is about more than this database",
        f"{at(dump, 'CREATE INDEX')}: failed here: data type public.geography has no default operator class"
        ' for access method "gist"',
    ]


def test_the_command_tells_of_the_dump(
    run: Run, url: str, write: Write, dump: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("index_name", "  def change, do: create(index(:places, [:name]))")
    monkeypatch.chdir(dump.parents[2])
    result = run("rehearse", path, "--rows", "5", "--database-url", url)
    assert result.code == 0
    assert "after priv/repo/structure.sql, with 5 rows in places" in " ".join(result.out.split())
    result = run("rehearse", path, "--rows", "5", "--database-url", url, "--format", "json")
    assert (result.json["structure"], result.json["earlier_migrations"]) == ("priv/repo/structure.sql", 0)


def test_a_dump_of_a_later_time_is_not_loaded(rehearsed: Rehearse, write: Write, dump: Path) -> None:
    path = write("create_items", "  def change, do: create(table(:items))")
    dump.write_text(DUMP.replace("20250101000000", "20270101000000"))
    found = rehearsed(path)
    assert (found.structure, found.history, found.verdict) == (None, 0, "passed")


def test_the_dump_stands_in_for_elixir(rehearsed: Rehearse, write: Write, dump: Path) -> None:
    prepare = write("prepare", "  def up, do: Oban.Migration.up(version: 12)\n  def down, do: :ok")
    path = write("alter_jobs", "  def change, do: (alter table(:oban_jobs) do add :a, :integer end)")
    version = prepare.name.partition("_")[0]
    text = "CREATE TABLE public.oban_jobs (id bigint PRIMARY KEY);\n"
    dump.write_text(
        f"{text}CREATE TABLE public.schema_migrations (version bigint PRIMARY KEY, inserted_at timestamp);\n"
        f"INSERT INTO public.schema_migrations (version) VALUES ({version});\n"
    )
    found = rehearsed(path)
    assert (found.structure, found.history, found.gaps) == (str(dump), 0, [])
    assert (found.verdict, found.rows) == ("passed", {"oban_jobs": 200})


def test_files_that_tell_everything_are_enough(rehearsed: Rehearse, write: Write, dump: Path) -> None:
    created = write("create_items", "  def change, do: create(table(:items))")
    path = write("add_code", "  def change, do: (alter table(:items) do add :code, :integer end)")
    dump.write_text(
        "CREATE TABLE public.other (id int);\nINSERT INTO public.schema_migrations (version) VALUES"
        f" ({created.name.partition('_')[0]});\n"
    )
    found = rehearsed(path)
    assert (found.structure, found.history, found.verdict) == (None, 1, "passed")


def test_a_dump_that_the_grammar_refuses(rehearsed: Rehearse, write: Write, dump: Path) -> None:
    path = write("create_items", "  def change, do: create(table(:items))")
    dump.write_text(DUMP.replace("CREATE TYPE", "CREATE TIPE"))
    found = rehearsed(path)
    assert (found.structure, found.verdict) == (None, "passed")


def test_functions_of_extensions_that_are_not_there(rehearsed: Rehearse, write: Write) -> None:
    write(
        "extend",
        '  def up do\n    execute "CREATE EXTENSION IF NOT EXISTS \\"uuid-ossp\\""\n'
        '    execute "CREATE EXTENSION IF NOT EXISTS pgcrypto"\n  end\n  def down, do: :ok',
    )
    write(
        "create_items",
        "  def change do\n    create table(:items, primary_key: false) do\n"
        '      add :id, :uuid, primary_key: true, default: fragment("uuid_generate_v4()")\n'
        '      add :secret, :binary, default: fragment("gen_random_bytes(40)")\n    end\n  end',
    )
    path = write("index_items", "  def change, do: create(index(:items, [:secret]))")
    found = rehearsed(path)
    assert (found.verdict, found.rows) == ("passed", {"items": 200})
    assert [gap.partition(": ")[2] for gap in found.gaps] == [
        'the server has no extension "uuid-ossp"; functions of the same names stand in for it',
        'the server has no extension "pgcrypto"; functions of the same names stand in for it',
    ]


def test_text_for_a_type_that_is_not_there(rehearsed: Rehearse, write: Write) -> None:
    write(
        "create_places",
        '  def change do\n    create table(:places) do\n      add :at, :"geography(Point,4326)"\n'
        "      add :name, :string\n    end\n  end",
    )
    path = write(
        "more_places",
        '  def change do\n    alter table(:places) do\n      add :to, :"geography(Point,4326)"\n'
        "    end\n    create index(:places, [:name])\n  end",
    )
    found = rehearsed(path)
    assert (found.verdict, found.rows) == ("passed", {"places": 200})
    assert [gap.partition(": ")[2] for gap in found.gaps] == [GEOGRAPHY.replace("public.", "")]
    assert found.passes[0].statements[0].sql.endswith('ADD COLUMN "to" geography(Point,4326)')


def test_what_a_stand_in_cannot_do_is_not_blamed_on_the_migration(rehearsed: Rehearse, write: Write) -> None:
    write("create_places", "  def change, do: (create table(:places) do add :at, :geography end)")
    path = write("index_places", "  def change, do: create(index(:places, [:at], using: :gist))")
    found = rehearsed(path)
    assert (found.verdict, found.differences) == ("incomplete", [])
    assert found.passes[0].doubtful


@pytest.mark.parametrize(
    ("sql", "adapted"),
    [
        ("a geography(Point, 4326) NOT NULL", "a geography NOT NULL"),
        ("a public.geography(Point,4326)[]", "a public.geography[]"),
        ('a "geography" (Point)', 'a "geography"'),
        ("a GEOGRAPHY(Point)", "a GEOGRAPHY"),
        ("a my_geography(1), b varchar(2)", "a my_geography(1), b varchar(2)"),
    ],
)
def test_modifiers(sql: str, adapted: str) -> None:
    stand_ins = StandIns()
    assert stand_ins.adapt(sql) == sql
    stand_ins._types.add("public.geography")
    assert stand_ins.adapt(sql) == adapted


def test_what_is_no_enum_because_text_stands_in(rehearsed: Rehearse, write: Write) -> None:
    write("create_items", "  def change, do: (create table(:items) do add :kind, :kinds end)")
    path = write(
        "more_kinds", "  def up, do: execute(\"ALTER TYPE kinds ADD VALUE 'x'\")\n  def down, do: :ok"
    )
    found = rehearsed(path)
    assert (found.passes[0].error or "").startswith("42809 kinds is not an enum")
    assert (found.verdict, found.differences) == ("incomplete", [])


def test_a_relation_that_the_history_could_not_make(rehearsed: Rehearse, write: Write) -> None:
    write("create_view", '  def change, do: execute("CREATE VIEW v AS SELECT missing() AS a", "DROP VIEW v")')
    path = write(
        "drop_view", '  def change, do: execute("DROP VIEW IF EXISTS v", "CREATE VIEW v AS SELECT 1 AS a")'
    )
    found = rehearsed(path)
    assert [gap.partition(": ")[2] for gap in found.gaps] == [
        "failed here: function missing() does not exist"
    ]
    assert (found.passes[0].succeeded, found.differences) == (True, [])


def test_an_extension_that_the_migration_itself_wants(rehearsed: Rehearse, write: Write) -> None:
    path = write("extend", '  def up, do: execute("CREATE EXTENSION postgis")\n  def down, do: :ok')
    found = rehearsed(path)
    assert (found.verdict, found.differences) == ("incomplete", [])
    assert words.failure(found, found.passes[0], nulls=True) == [
        'migrate failed: 0A000 extension "postgis" is not available',
        "A scratch server of yours may have it: --database-url URL.",
    ]
