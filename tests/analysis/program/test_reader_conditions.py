"""What the text decides, and what it does not: then each way is read and marked."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.program import commands as c
from ecto_migrations_analysis.program.terms import Text, Unknown

from .reading import change, down, migration, module, of_change, program, up


def executed(commands: tuple[c.Command, ...]) -> list[tuple[str, bool]]:
    """The SQL of each `execute`, and whether it always runs."""
    return [(sql(command), command.always) for command in commands if isinstance(command, c.Execute)]


def sql(command: c.Execute) -> str:
    assert isinstance(command.up, Text)
    return command.up.display()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('if System.get_env("X"), do: execute("a"), else: execute("b")', [("a", False), ("b", False)]),
        ('unless Mix.env() == :prod do\n  execute "a"\nend\nexecute "b"', [("a", False), ("b", True)]),
        (
            'case Application.get_env(:app, :kind) do\n  :x -> execute("x")\n  _ -> execute("y")\nend',
            [("x", False), ("y", False)],
        ),
        (
            'cond do\n  System.get_env("X") -> execute("x")\n  true -> execute("y")\nend',
            [("x", False), ("y", False)],
        ),
        (
            'with {:ok, _} <- repo().query("SELECT 1") do\n  execute "a"\nelse\n  _ -> execute("b")\nend',
            [("b", False), ("a", False)],
        ),
        ('if direction() == :up and System.get_env("X"), do: execute("a")', [("a", False)]),
        ('if direction() == :down and System.get_env("X"), do: execute("a")', []),
        ('if prefix(), do: execute("a")', [("a", False)]),
        ('try do\n  execute "a"\nrescue\n  _ -> execute("b")\nend', [("a", True), ("b", False)]),
        (
            'f = fn\n  :x -> execute("x")\n  _ -> execute("y")\nend\nf.(System.get_env("X"))',
            [("x", False), ("y", False)],
        ),
    ],
)
def test_both_ways_where_the_text_does_not_decide(body: str, expected: list[tuple[str, bool]]) -> None:
    assert executed(of_change(body)) == expected


def test_changes_of_an_open_block_are_marked_too() -> None:
    (command,) = of_change(
        'alter table(:t) do\n  add :a, :string\n  if System.get_env("X"), do: add(:b, :string)\nend'
    )
    assert isinstance(command, c.AlterTable)
    assert [(change.column, change.always) for change in command.changes] == [("a", True), ("b", False)]
    assert command.always


def test_a_loop_over_something_unknown_runs_once_and_says_so() -> None:
    (command,) = of_change("for t <- Application.get_env(:a, :tables), do: drop(table(t))")
    assert isinstance(command, c.DropTable)
    assert (command.always, command.repeated) == (False, True)
    assert isinstance(command.table.name, Unknown)


def test_a_list_that_is_known_in_part() -> None:
    found = of_change("for t <- [:a, :b] ++ Application.get_env(:a, :t), do: drop(table(t))")
    names = [command.table.name for command in found if isinstance(command, c.DropTable)]
    assert names[:2] == ["a", "b"] and isinstance(names[2], Unknown)
    assert [command.repeated for command in found] == [False, False, True]


def test_direction_is_decided_in_both_programs() -> None:
    text = change('if direction() == :up, do: repo().query!("up"), else: repo().query!("down")')
    assert [
        command.sql.value
        for command in up(text)
        if isinstance(command, c.RepoQuery) and isinstance(command.sql, Text)
    ] == ["up"]
    assert [
        command.sql.value
        for command in down(text)
        if isinstance(command, c.RepoQuery) and isinstance(command.sql, Text)
    ] == ["down"]


def test_definitions_under_a_condition_of_compile_time() -> None:
    text = module(
        """
        if Application.compile_env(:app, :kind) == :x do
          def change, do: execute("x", "")
        else
          def change, do: execute("y", "")
        end
        """
    )
    assert executed(up(text)) == [("x", False), ("y", False)]
    decided = module('if :a == :a do\n  def change, do: execute("x", "")\nend')
    assert executed(up(decided)) == [("x", True)]


def test_a_value_that_differs_by_branch_is_unknown_and_one_that_does_not_is_known() -> None:
    same, other = of_change(
        """
        a = if System.get_env("X"), do: "same", else: "same"
        b = if System.get_env("X"), do: "one", else: "other"
        execute a
        execute b
        """
    )
    assert isinstance(same, c.Execute) and isinstance(same.up, Text) and same.up.value == "same"
    assert isinstance(other, c.Execute) and isinstance(other.up, Unknown)


def test_unknown_parts_of_a_string_are_holes() -> None:
    (command,) = of_change('execute "DROP TABLE #{System.get_env("T")} CASCADE"')
    assert isinstance(command, c.Execute) and isinstance(command.up, Text)
    assert command.up.value is None
    assert command.up.display() == "DROP TABLE … CASCADE"


def test_options_known_in_part_say_that_they_are_not_complete() -> None:
    (command,) = of_change("create index(:t, [:a], [unique: true] ++ Application.get_env(:a, :o))")
    assert isinstance(command, c.CreateIndex)
    assert command.index.unique is True
    assert command.index.concurrently is None
    assert isinstance(command.index.name, Unknown)
    assert not command.index.options_given.complete


def test_types_and_names_that_are_not_known() -> None:
    (command,) = of_change(
        "alter table(App.table()) do\n  add App.column(), App.Kind.type(), null: false\nend"
    )
    assert isinstance(command, c.AlterTable)
    assert isinstance(command.table.name, Unknown)
    (add,) = command.changes
    assert isinstance(add, c.Add)
    assert isinstance(add.column, Unknown) and isinstance(add.type, Unknown)
    assert add.options.complete and add.options.has("null")


def test_a_raise_that_is_not_certain_does_not_end_the_program() -> None:
    found = of_change('if System.get_env("X"), do: raise("no")\nexecute "a"')
    assert [type(command) for command in found] == [c.Raises, c.Execute]
    assert [command.always for command in found] == [False, True]


def test_a_certain_raise_ends_it_and_the_queue_never_runs() -> None:
    found = up(module('def up do\n  execute "a"\n  repo().query!("b")\n  raise "no"\n  execute "c"\nend'))
    assert [type(command) for command in found] == [c.RepoQuery, c.Raises]


def test_after_begin_and_before_commit_need_a_transaction() -> None:
    body = 'def after_begin, do: repo().query!("a")\ndef up, do: execute("b")\n'
    assert [command.callback for command in up(module(body))] == ["after_begin", "up"]
    off = module("@disable_ddl_transaction true\n" + body)
    assert [command.callback for command in up(off)] == ["up"]
    perhaps = module('@disable_ddl_transaction System.get_env("X") == "1"\n' + body)
    assert [(command.callback, command.always) for command in up(perhaps)] == [
        ("after_begin", False),
        ("up", True),
    ]


def test_what_a_function_of_execute_queues_and_no_flush_runs() -> None:
    (command,) = up(
        module('def up do\n  execute fn ->\n    repo().query!("now")\n    drop table(:a)\n  end\nend')
    )
    assert isinstance(command, c.Execute)
    assert [type(inner) for inner in command.up_commands] == [c.RepoQuery]
    assert [type(inner) for inner in command.unflushed] == [c.DropTable]


def test_flush_in_change_raises_on_the_way_back_only() -> None:
    found = migration(change('create table(:a)\nflush()\nrepo().query!("b")'))
    assert [type(x) for x in program(found.up).commands] == [c.CreateTable, c.Flush, c.RepoQuery]
    (raises,) = program(found.down).commands
    assert isinstance(raises, c.Raises)
    assert raises.message == "calling flush() inside change when doing rollback is not supported."
