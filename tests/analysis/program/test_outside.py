"""What a migration asks the environment, the clock and chance: noted with its place, for migrating alone."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.program.reader import read
from ecto_migrations_analysis.syntax.source import Source


def asked(body: str, attribute: str = "") -> list[tuple[str, str]]:
    text = f"""defmodule MyApp.Repo.Migrations.Example do
  use Ecto.Migration
  {attribute}

  {body}
end
"""
    data = text.encode()
    migration = read(Source.from_text(text)).migrations[0]
    return [(each.call, data[each.span.start : each.span.end].decode()) for each in migration.outside]


@pytest.mark.parametrize(
    ("body", "call", "written"),
    [
        ('def change, do: IO.puts(System.get_env("A"))', "System.get_env", 'System.get_env("A")'),
        ("def change, do: helper()\n  defp helper, do: Mix.env()", "Mix.env", "Mix.env()"),
        ("def change, do: if(Mix.env() == :test, do: flush())", "Mix.env", "Mix.env()"),
        ("def up, do: execute(fn -> DateTime.utc_now() end)", "DateTime.utc_now", "DateTime.utc_now()"),
    ],
)
def test_calls(body: str, call: str, written: str) -> None:
    assert asked(body) == [(call, written)]


def test_attributes_count_and_helpers_that_run_twice_count_once() -> None:
    body = "def change do\n    name()\n    name()\n  end\n  defp name, do: Ecto.UUID.generate()"
    assert asked(body, '@prefix Application.compile_env(:my_app, :prefix, "x")') == [
        ("Application.compile_env", 'Application.compile_env(:my_app, :prefix, "x")'),
        ("Ecto.UUID.generate", "Ecto.UUID.generate()"),
    ]


def test_the_way_back_and_what_never_runs_do_not_count() -> None:
    assert asked("def up, do: flush()\n  def down, do: Mix.env()\n  def other, do: Mix.env()") == []
