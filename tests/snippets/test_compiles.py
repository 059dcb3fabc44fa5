"""Every template compiles without a warning: no function, variable or attribute is missing or left over.

Elixir's own compiler judges them, beside modules that have the functions and macros of Ecto by name and
number of arguments (ecto_sql, `Ecto.Migration`; ecto, `Ecto.Query`).
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from ecto_migrations_snippets import Context, templates
from support.elixir import require

_ECTO = """
defmodule Ecto.Migration do
  defmacro __using__(_) do
    quote do
      import Ecto.Migration
      @disable_ddl_transaction false
      @disable_migration_lock false
      @before_compile Ecto.Migration
    end
  end

  defmacro __before_compile__(_) do
    quote do
      def __migration__, do: {@disable_ddl_transaction, @disable_migration_lock}
    end
  end

  defmacro create(object, do: block), do: {:__block__, [], [object, block]}
  defmacro alter(object, do: block), do: {:__block__, [], [object, block]}

  for {name, arities} <- [
        add: 2..3, constraint: 3..3, create: 1..1, drop_if_exists: 1..1, execute: 1..2, flush: 0..0,
        index: 2..3, references: 1..2, remove: 1..3, repo: 0..0, table: 1..2, timestamps: 0..1,
        unique_index: 2..3
      ],
      arity <- arities do
    arguments = Macro.generate_arguments(arity, __MODULE__)
    def unquote(name)(unquote_splicing(arguments)), do: {unquote(name), unquote(arguments)}
  end
end

defmodule Ecto.Query do
  defmacro from(_source, clauses), do: pinned(clauses)
  defmacro where(query, _binding, test), do: [query | pinned(test)]

  # What a query takes from outside of it.
  defp pinned(expression) do
    {_, found} =
      Macro.prewalk(expression, [], fn
        {:^, _, [value]}, found -> {nil, [value | found]}
        {:@, _, _} = value, found -> {nil, [value | found]}
        other, found -> {other, found}
      end)

    found
  end
end
"""
_COMPILE = 'for file <- Enum.sort(Path.wildcard("*.exs")), do: Code.compile_file(file)'


def compiled(folder: Path, texts: dict[str, str]) -> str:
    """What the compiler says to `texts`, each a file."""
    (folder / "0.exs").write_text(_ECTO)
    for name, text in texts.items():
        (folder / f"{name}.exs").write_text(text)
    finished = subprocess.run(
        [require(), "-e", _COMPILE],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    return finished.stdout + finished.stderr


def test_every_migration_compiles(tmp_path: Path) -> None:
    texts = {}
    for template in templates():
        body = template.body_for(Context(namespace="A." + template.name.title().replace("-", "")))
        assert body is not None
        texts |= {f"{template.name} {file.name}": file.text for file in body.files}
    assert len(texts) > 30
    assert compiled(tmp_path, texts) == ""


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('brief_lock("SELECT 1")', "undefined function brief_lock/1"),
        ("from(p in :a, where: p.id > ^last_id)", "last_id"),
        ("last = repo()", "unused"),
    ],
)
def test_the_compiler_would_tell(tmp_path: Path, body: str, message: str) -> None:
    head = "defmodule A do\n  use Ecto.Migration\n  import Ecto.Query\n"
    text = f"{head}\n  def change do\n    {body}\n  end\nend\n"
    assert message in compiled(tmp_path, {"wrong": text})
