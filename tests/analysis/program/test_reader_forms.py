"""The ways a command can be written, and the spans it gets."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.program import commands as c
from ecto_migrations_analysis.program.terms import FALSE, Atom, Number, Option, Options, Text

from .reading import change, migration, of_change, up

INDEX = c.CreateIndex(
    index=c.Index(
        table="posts",
        columns=(c.IndexColumn(text="title"),),
        name="posts_title_index",
        options_given=Options(),
    )
)


@pytest.mark.parametrize(
    "text",
    [
        "create index(:posts, [:title])",
        "create(index(:posts, [:title]))",
        "create index(:posts, :title)",
        'create index("posts", [:title])',
        "create (index(:posts, [:title]))",
        "index(:posts, [:title]) |> create()",
        "index(:posts, [:title]) |> create",
        ":posts |> index([:title]) |> create()",
        "Ecto.Migration.create(Ecto.Migration.index(:posts, [:title]))",
        "create(index(:posts, ~w(title)a))",
    ],
)
def test_every_form_of_a_call_is_the_same_command(text: str) -> None:
    assert of_change(text) == (INDEX,)


@pytest.mark.parametrize(
    "text",
    [
        "alter table(:posts) do\n  add :views, :integer\nend",
        "alter(table(:posts)) do\n  add(:views, :integer)\nend",
        "alter table(:posts), do: add(:views, :integer)",
        "alter(table(:posts), do: add(:views, :integer))",
        "table(:posts) |> alter do\n  add :views, :integer\nend",
        "table(:posts) |> alter(do: add(:views, :integer))",
        "alter table(:posts) do\n  :views |> add(:integer)\nend",
        'alter table("posts") do\n  add :"views", :integer\nend',
    ],
)
def test_every_form_of_alter(text: str) -> None:
    assert of_change(text) == (
        c.AlterTable(
            table=c.Table(name="posts"),
            changes=(c.Add(column="views", type=Atom("integer")),),
        ),
    )


def test_one_line_change() -> None:
    text = "defmodule M do\n  use Ecto.Migration\n  def change, do: create index(:posts, [:title])\nend\n"
    assert up(text) == (INDEX,)


def test_create_table_with_its_implied_key_and_timestamps() -> None:
    (command,) = of_change("create table(:posts) do\n  add :title, :string, null: false\n  timestamps\nend")
    null = Options((Option("null", FALSE),))
    assert command == c.CreateTable(
        table=c.Table(name="posts"),
        columns=(
            c.Add(
                column="id", type=Atom("bigserial"), options=Options((Option("primary_key", Atom("true")),))
            ),
            c.Add(column="title", type=Atom("string"), options=null),
            c.Add(column="inserted_at", type=Atom("naive_datetime"), options=null),
            c.Add(column="updated_at", type=Atom("naive_datetime"), options=null),
        ),
    )
    assert isinstance(command, c.CreateTable)
    origins = [column.origin for column in command.columns if isinstance(column, c.Add)]
    assert origins == ["table", "add", "timestamps", "timestamps"]


def test_every_subcommand() -> None:
    (command,) = of_change(
        """
        alter table(:posts) do
          add_if_not_exists :a, :text, default: 1
          modify :b, :integer, from: :string
          remove :c
          remove :d, :string
          remove :e, :string, null: false
          remove_if_exists :f
          remove_if_exists :g, :string
        end
        """
    )
    assert isinstance(command, c.AlterTable)
    assert command.changes == (
        c.Add(
            column="a",
            type=Atom("text"),
            options=Options((Option("default", Number(1)),)),
            if_not_exists=True,
        ),
        c.Modify(column="b", type=Atom("integer"), options=Options((Option("from", Atom("string")),))),
        c.Remove(column="c"),
        c.Remove(column="d", type=Atom("string")),
        c.Remove(column="e", type=Atom("string"), options=Options((Option("null", FALSE),))),
        c.Remove(column="f", if_exists=True),
        c.Remove(column="g", type=Atom("string"), if_exists=True),
    )


def test_drops_renames_and_execute() -> None:
    posts = c.Table(name="posts")
    index = INDEX.index
    constraint = c.Constraint(table="posts", name="views", check=None)
    assert of_change(
        """
        drop table(:posts)
        drop_if_exists table(:posts), mode: :cascade
        drop index(:posts, [:title])
        drop_if_exists (index(:posts, [:title]))
        drop constraint(:posts, :views)
        drop_if_exists constraint(:posts, "views")
        rename table(:posts), to: table(:articles)
        rename table(:posts), :title, to: :name
        table(:posts) |> rename(:title, to: :name)
        rename index(:posts, [:title]), to: "other"
        """
    ) == (
        c.DropTable(table=posts),
        c.DropTable(table=posts, if_exists=True, cascade=True),
        c.DropIndex(index=index),
        c.DropIndex(index=index, if_exists=True),
        c.DropConstraint(constraint=constraint),
        c.DropConstraint(constraint=constraint, if_exists=True),
        c.RenameTable(table=posts, to=c.Table(name="articles")),
        c.RenameColumn(table=posts, column="title", to="name"),
        c.RenameColumn(table=posts, column="title", to="name"),
        c.RenameIndex(index=index, to="other"),
    )


def test_execute_with_one_and_two_strings() -> None:
    one, two = of_change('execute "SELECT 1"\nexecute("UP", "DOWN")')
    assert isinstance(one, c.Execute) and isinstance(two, c.Execute)
    assert isinstance(one.up, Text) and one.up.value == "SELECT 1" and one.down is None
    assert isinstance(two.up, Text) and two.up.value == "UP"
    assert isinstance(two.down, Text) and two.down.value == "DOWN"


def test_attributes_of_the_module() -> None:
    text = change("create index(:posts, [:title])").replace(
        "use Ecto.Migration\n",
        'use Ecto.Migration\n@disable_ddl_transaction true\n@disable_migration_lock System.get_env("X")\n',
    )
    found = migration(text)
    assert found.disable_ddl_transaction.value is True
    span = found.disable_ddl_transaction.span
    assert span is not None and text[span.start : span.end] == "@disable_ddl_transaction true"
    assert found.disable_migration_lock.value is None
    assert migration(change("")).disable_ddl_transaction.value is False


def test_attributes_above_use_are_reset_by_it() -> None:
    text = change("").replace("use Ecto.Migration\n", "@disable_ddl_transaction true\n  use Ecto.Migration\n")
    found = migration(text).disable_ddl_transaction
    assert (found.value, found.reset) == (False, True)
    assert found.span is not None and text[slice(*found.span)] == "@disable_ddl_transaction true"
    again = migration(
        text.replace("use Ecto.Migration\n", "use Ecto.Migration\n@disable_ddl_transaction true\n")
    )
    assert (again.disable_ddl_transaction.value, again.disable_ddl_transaction.reset) == (True, False)
    wrapped = migration(text.replace("use Ecto.Migration", "use MyApp.Migration"))
    assert wrapped.disable_ddl_transaction.value is True


def test_attributes_that_ecto_does_not_know() -> None:
    text = change("").replace(
        "use Ecto.Migration\n", "use Ecto.Migration\n@batch 100\n@fast true\n@doc false\n"
    )
    found = migration(text).other_attributes
    assert [(item.name, item.value, text[slice(*item.span)]) for item in found] == [
        ("batch", None, "@batch 100"),
        ("fast", True, "@fast true"),
    ]


def test_spans_are_the_whole_call_the_pair_and_the_token() -> None:
    text = change("alter table(:posts) do\n  add :views, :integer, null: false, default: 0\nend")
    (command,) = up(text)
    assert isinstance(command, c.AlterTable)
    assert text[slice(*command.span)].startswith("alter table(:posts) do") and text[
        slice(*command.span)
    ].endswith("end")
    (add,) = command.changes
    assert isinstance(add, c.Add)
    assert text[slice(*add.span)] == "add :views, :integer, null: false, default: 0"
    assert text[slice(*add.column_span)] == ":views"
    assert [text[slice(*option.span)] for option in add.options] == ["null: false", "default: 0"]
    assert add.options.get("default") == Number(0)
    assert text[slice(*command.table.name_span)] == ":posts"


def test_a_piped_command_spans_its_pipe() -> None:
    text = change("table(:posts) |> create()")
    assert text[slice(*up(text)[0].span)] == "table(:posts) |> create()"


def test_the_callbacks_say_where_they_stand() -> None:
    text = change("create index(:posts, [:title])")
    callback = migration(text).callbacks["change"]
    assert text[slice(*callback.name_span)] == "change"
    assert text[slice(*callback.body)].strip() == "create index(:posts, [:title])"
    assert text[slice(*callback.span)].startswith("def change do")
