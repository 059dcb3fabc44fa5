"""Code beside the DSL: the repo, queries, the application, helpers, modules."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.program import commands as c
from ecto_migrations_analysis.program.reader import read
from ecto_migrations_analysis.program.terms import Number, Text, Unknown
from ecto_migrations_analysis.project.context import RepoConfig
from ecto_migrations_analysis.syntax.source import Source

from .reading import migration, module, of_change, up

QUERY = "import Ecto.Query\n"


def calls(body: str, head: str = "") -> list[c.RepoCall]:
    found = up(module(f"{head}def up do\n{body}\nend"))
    return [command for command in found if isinstance(command, c.RepoCall)]


@pytest.mark.parametrize(
    ("call", "shown", "own"),
    [
        ('repo().query!("S")', "repo().query!", True),
        ('repo().query("S", [1])', "repo().query", True),
        ('r = repo()\nr.query!("S")', "repo().query!", True),
        ('"S" |> repo().query!()', "repo().query!", True),
        ('MyApp.Repo.query!("S")', "MyApp.Repo.query!", False),
        ('Ecto.Adapters.SQL.query!(repo(), "S", [])', "Ecto.Adapters.SQL.query!", True),
        ('Ecto.Adapters.SQL.query(MyApp.Repo, "S")', "Ecto.Adapters.SQL.query", False),
        ('alias MyApp.Repo\nRepo.query_many!("S")', "MyApp.Repo.query_many!", False),
    ],
)
def test_sql_sent_by_the_repo(call: str, shown: str, own: bool) -> None:
    (command,) = of_change(call)
    assert isinstance(command, c.RepoQuery) and isinstance(command.sql, Text)
    assert (command.sql.value, command.call, command.through_repo_function) == ("S", shown, own)


@pytest.mark.parametrize(
    ("call", "function", "table", "schema", "restricted", "columns"),
    [
        ('repo().update_all("posts", set: [a: 1, b: 2])', "update_all", "posts", None, False, ("a", "b")),
        ("MyApp.Repo.update_all(MyApp.Post, inc: [a: 1])", "update_all", None, "MyApp.Post", False, ("a",)),
        ('repo().update_all({"posts", MyApp.Post}, [])', "update_all", "posts", "MyApp.Post", False, ()),
        (
            'repo().update_all(from(p in "posts", where: is_nil(p.a), update: [set: [a: p.b]]), [])',
            *("update_all", "posts", None, True, ("a",)),
        ),
        (
            'from(p in "posts", select: p.id) |> where([p], p.x == 1) |> repo().delete_all()',
            *("delete_all", "posts", None, True, ()),
        ),
        (
            '"posts" |> update([p], set: [a: 1]) |> limit(10) |> repo().update_all([])',
            *("update_all", "posts", None, True, ("a",)),
        ),
        ('repo().insert_all("posts", [%{a: 1, b: 2}])', "insert_all", "posts", None, None, ("a", "b")),
        ('repo().insert_all("posts", [[a: 1]])', "insert_all", "posts", None, None, ("a",)),
        ("MyApp.Repo.insert!(%MyApp.Post{a: 1})", "insert!", None, "MyApp.Post", None, ()),
        ("MyApp.Repo.delete!(post())", "delete!", None, None, True, ()),
        ("MyApp.Repo.all(MyApp.Post)", "all", None, "MyApp.Post", False, ()),
        ("repo().get!(MyApp.Post, 1)", "get!", None, "MyApp.Post", True, ()),
    ],
)
def test_queries_of_the_repo(
    call: str,
    function: str,
    table: str | None,
    schema: str | None,
    restricted: bool | None,
    columns: tuple[str],
) -> None:
    (found,) = calls(call, QUERY)
    assert (found.function, found.table, found.schema, found.restricted, found.columns_set) == (
        function,
        table,
        schema,
        restricted,
        columns,
    )


def test_the_table_of_a_schema_that_the_file_defines() -> None:
    text = module(
        """
        defmodule Car do
          use Ecto.Schema
          schema "cars" do
            field :name, :string
            timestamps()
          end
        end

        def up, do: repo().update_all(Car, set: [name: "x"])
        """
    )
    (command,) = up(text)
    assert isinstance(command, c.RepoCall)
    assert (command.table, command.schema) == ("cars", "M.Car")


def test_rows_looped_over_are_written_an_unknown_number_of_times() -> None:
    read_, write = calls("MyApp.Repo.all(MyApp.Post) |> Enum.each(fn p -> MyApp.Repo.update!(p) end)")
    assert (read_.function, read_.repeated) == ("all", False)
    assert (write.function, write.repeated, write.always) == ("update!", True, False)


def test_a_multi_runs_where_the_transaction_gets_it() -> None:
    found = calls(
        """
        multi = Ecto.Multi.new() |> Ecto.Multi.update_all(:a, "posts", set: [x: 1])
        repo().all("authors")
        multi |> Ecto.Multi.run(:b, fn repo, _ -> repo.delete_all("comments") end) |> repo().transaction()
        """
    )
    assert [(call.function, call.table) for call in found] == [
        ("all", "authors"),
        ("update_all", "posts"),
        ("delete_all", "comments"),
    ]


def test_what_runs_in_a_transaction_of_the_repo() -> None:
    found = calls(
        """
        repo().delete_all("one")
        repo().transaction(fn ->
          repo().delete_all("two")
          MyApp.Repo.transaction(fn -> repo().delete_all("three") end)
        end)
        repo().transact(fn repo -> repo.delete_all("four") end)
        repo().checkout(fn -> repo().delete_all("five") end)
        """
    )
    first, second, third, fourth, fifth = found
    assert (first.transaction, first.checkout) == (0, 0)
    assert second.transaction and second.checkout
    assert (third.transaction, third.checkout) == (second.transaction, second.checkout)
    assert fourth.transaction not in (0, second.transaction)
    assert fifth.transaction == 0 and fifth.checkout not in (0, fourth.checkout)


def test_the_queue_runs_where_it_is_flushed() -> None:
    text = module(
        """
        def up do
          execute "SELECT 1"

          repo().transaction(fn ->
            execute "SELECT 2"
            flush()
            execute "SELECT 3"
          end)
        end
        """
    )
    flushed = [command for command in up(text) if isinstance(command, c.Execute)]
    assert [bool(command.transaction) for command in flushed] == [True, True, False]


def test_a_repo_is_in_a_transaction_inside_of_one() -> None:
    text = module(
        """
        @disable_ddl_transaction true

        def up do
          if repo().in_transaction?(), do: execute("SELECT 1")
          repo().transaction(fn -> if repo().in_transaction?(), do: execute("SELECT 2") end)
        end
        """
    )
    assert [str(command.up.value) for command in up(text) if isinstance(command, c.Execute)] == ["SELECT 2"]


def test_calls_of_the_application_and_of_libraries() -> None:
    one, two, three = up(
        module(
            """
            def up do
              Oban.Migration.up(version: 12)
              MyApp.Data.Change042.run()
              IO.puts("done")
            end
            """
        )
    )
    assert isinstance(one, c.ApplicationCode) and isinstance(two, c.ApplicationCode)
    assert (one.module, one.function, one.arity) == ("Oban.Migration", "up", 1)
    assert one.options.get("version") == Number(12)
    assert (two.module, two.function, two.arity) == ("MyApp.Data.Change042", "run", 0)
    assert isinstance(three, c.ApplicationCode) and three.is_harmless and not two.is_harmless


def test_delegates_and_captures_of_other_modules() -> None:
    text = module("defdelegate up, to: Oban.Migration\ndefdelegate down(), to: Oban.Migration, as: :revert")
    found = migration(text)
    assert found.up is not None and found.down is not None
    (one,), (two,) = found.up.commands, found.down.commands
    assert isinstance(one, c.ApplicationCode) and isinstance(two, c.ApplicationCode)
    assert (one.module, one.function, one.arity) == ("Oban.Migration", "up", 0)
    assert two.function == "revert"
    (command,) = up(module("def up, do: execute(&MyApp.Views.create/0)"))
    assert isinstance(command, c.Execute)
    (inner,) = command.up_commands
    assert isinstance(inner, c.ApplicationCode) and inner.module == "MyApp.Views"


def test_a_module_that_only_uses_another_one() -> None:
    text = "defmodule M do\n  use Rihanna.Migration\nend\n"
    found = migration(text)
    assert found.up is not None and found.down is not None
    (command,) = found.up.commands
    assert isinstance(command, c.ApplicationCode) and command.module == "Rihanna.Migration"


def test_migrations_by_use_of_a_wrapper_and_by_folder() -> None:
    body = "def change, do: create(table(:a))\nend\n"
    assert len(read(Source.from_text("defmodule M do\nuse MyApp.Migration\n" + body)).migrations) == 1
    assert len(read(Source.from_text("defmodule M do\nuse MyApp, :migration\n" + body)).migrations) == 1
    plain = "defmodule M do\nimport Ecto.Migration\n" + body
    assert read(Source.from_text(plain, "lib/helper.ex")).migrations == ()
    assert len(read(Source.from_text(plain, "priv/repo/migrations/1_a.exs")).migrations) == 1


def test_imported_helpers_are_the_applications() -> None:
    (code, alter) = of_change(
        "import MyApp.Helpers\nsoft_delete(:a)\nalter table(:a) do\n  audit_columns()\nend"
    )
    assert isinstance(code, c.ApplicationCode) and code.module == "MyApp.Helpers"
    assert isinstance(alter, c.AlterTable)
    assert [type(change) for change in alter.changes] == [c.UnknownChange]


def test_a_helper_is_inlined_and_its_call_site_kept() -> None:
    text = module(
        """
        def change, do: outer(:a)
        defp outer(t), do: inner(t, :b)
        defp inner(t, c), do: create(index(t, [c]))
        """
    )
    (command,) = up(text)
    assert isinstance(command, c.CreateIndex) and command.index.name == "a_b_index"
    assert [text[slice(*span)] for span in command.via] == ["outer(:a)", "inner(t, :b)"]
    assert text[slice(*command.span)] == "create(index(t, [c]))"


def test_functions_handed_to_unknown_code_may_run() -> None:
    code, command = of_change('MyApp.Lock.with(:a, fn -> execute("a") end)')
    assert isinstance(code, c.ApplicationCode)
    assert isinstance(command, c.Execute) and not command.always


def test_the_adapter_of_the_repo_decides() -> None:
    body = module(
        """
        def up do
          case repo().__adapter__() do
            Ecto.Adapters.Postgres -> execute("pg")
            Ecto.Adapters.MyXQL -> execute("my")
          end
        end
        """
    )
    (command,) = up(body, RepoConfig(adapter="Ecto.Adapters.MyXQL"))
    assert isinstance(command, c.Execute) and isinstance(command.up, Text) and command.up.value == "my"


def test_files_of_the_project() -> None:
    text = module(
        """
        def up do
          execute_file "priv/a.sql"
          execute File.read!(Path.join([:code.priv_dir(:app), "repo", "b.sql"]))
          __DIR__ |> Path.join("c.sql") |> File.read!() |> execute()
          execute File.read!("missing.sql")
        end
        """
    )
    files = {"priv/a.sql": "A", "priv/repo/b.sql": "B", "/app/priv/c.sql": "C"}
    (found,) = read(Source.from_text(text, "/app/priv/1_m.exs"), None, files.get).migrations
    assert found.up is not None
    commands = [command for command in found.up.commands if isinstance(command, c.Execute)]
    values = [command.up.value if isinstance(command.up, Text) else None for command in commands]
    assert values == ["A", "B", "C", None]
    assert isinstance(commands[3].up, Unknown)
    assert commands[3].up.reason == "contents of the file missing.sql"


def test_several_modules_in_a_file() -> None:
    text = module("def change, do: create(table(:a))") + module("def change, do: create(table(:b))").replace(
        "defmodule M", "defmodule N"
    )
    found = read(Source.from_text(text)).migrations
    assert [item.module for item in found] == ["M", "N"]
