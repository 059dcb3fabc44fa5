"""Half-typed code: what did not parse is not read, and what only looks like code is not believed."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.program import commands as c
from ecto_migrations_analysis.program.reader import read
from ecto_migrations_analysis.syntax.source import Source

from .reading import change

BESIDE = "drop table(:beside)"


def forward(text: str) -> tuple[c.Command, ...]:
    found = read(Source.from_text(text)).migrations
    return found[0].up.commands if found and found[0].up else ()


@pytest.mark.parametrize(
    "statement",
    [
        "cre",
        "create",
        "create table",
        "create :",
        "create table(",
        "create index(:a, [:b]",
        "create index(:a, [:b]) concurrently: true",
        "create index(:a, [:b], con)",
        "drop",
        "rename table(:a), :x",
        "alter table(:a)",
        "execute",
        "execute up_sql",
        'execute "DROP" <>',
    ],
)
def test_nothing_is_said_about_a_statement_that_is_being_typed(statement: str) -> None:
    found = forward(change(f"{BESIDE}\n{statement}\n"))
    assert all(isinstance(command, c.DropTable | c.UnknownCode) for command in found)
    names = [command.table.name for command in found if isinstance(command, c.DropTable)]
    assert names in (["beside"], [])


@pytest.mark.parametrize(
    "line",
    [
        "add :x,",
        "add :x",
        "add",
        "ad",
        "add :x, :string, null:",
        "add :x, :string, null: fal",
        "add :x, :string, null false",
        "add :x, references(:b, on_",
        "modify :x",
        "timestamps(inserted_at:",
    ],
)
def test_a_line_of_a_block_that_is_being_typed(line: str) -> None:
    """The next line may have become an argument of it: then nothing is said about that either."""
    for command in forward(change(f"alter table(:a) do\n  {line}\n  remove :z\nend")):
        assert isinstance(command, c.AlterTable | c.UnknownCode), command
        for item in command.changes if isinstance(command, c.AlterTable) else ():
            assert isinstance(item, c.UnknownChange) or item == c.Remove(column="z")


def test_an_option_without_its_value_takes_no_line_with_it() -> None:
    (command,) = forward(change("alter table(:a) do\n  add :x,\n  remove(:z)\nend"))
    assert isinstance(command, c.AlterTable)
    assert [type(item) for item in command.changes] == [c.UnknownChange]


def test_the_lines_around_a_broken_one_are_read() -> None:
    text = change("create table(:a)\ncreate index(:a, [\ndrop table(:b)")
    found = read(Source.from_text(text))
    commands = found.migrations[0].up.commands if found.migrations and found.migrations[0].up else ()
    assert [command for command in commands if not isinstance(command, c.UnknownCode)] == [
        c.CreateTable(table=c.Table(name="a"), columns=forward(change("create table(:a)"))[0].columns)
    ]
    assert found.broken


def test_a_new_table_with_a_broken_line_is_still_new() -> None:
    table, index = forward(
        change("create table(:a) do\n  add :\n  add :b, :string\nend\ncreate index(:a, [:b])")[:]
    )[-2:]
    assert isinstance(table, c.CreateTable) and table.table.name == "a"
    assert [type(column) for column in table.columns] == [c.UnknownChange]
    assert isinstance(index, c.CreateIndex)


def test_a_block_without_its_end_accuses_nobody() -> None:
    """The next `create` lies in the open `alter` then, which would raise "cannot execute nested commands"."""
    text = change("alter table(:a) do\n  add :b, :string\ncreate index(:a, [:b])")
    (command,) = forward(text)
    assert isinstance(command, c.AlterTable)
    assert [type(item) for item in command.changes] == [c.Add, c.UnknownChange]
    (place,) = read(Source.from_text(text)).broken
    assert place.start == place.end == len(text)


def test_broken_parts_by_module() -> None:
    text = change("drop table(:a)") + change("drop table(").replace("defmodule M", "defmodule N")
    found = read(Source.from_text(text))
    assert found.migrations[0].broken == ()
    assert len(found.broken) == 1


@pytest.mark.parametrize(
    "text", ["", "\n", "# a comment\n", "use Ecto.Migration", "defmodule M do", "\ufeff", "\0"]
)
def test_texts_without_a_migration(text: str) -> None:
    assert read(Source.from_text(text)).migrations == ()
