"""Replaying the history of large projects: CPU in multiples of parsing the files, and memory kept.

python tests/benchmarks/history.py 1000
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

COUNTS = (1_000, 10_000)


def measure(counts: Iterable[int] = COUNTS) -> None:
    # As installed: with compiled modules.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    for count in counts:
        # A process of its own for each: memory that was freed would count for the next.
        subprocess.run([sys.executable, __file__, "--here", str(count)], check=True, env=environment)


def _measure(count: int) -> None:
    import tempfile

    import tree_sitter_elixir
    from ecto_migrations_analysis import engine
    from ecto_migrations_analysis.project.discovery import Workspace
    from tree_sitter import Language, Parser

    assert engine
    with tempfile.TemporaryDirectory() as name:
        texts = _project(Path(name), count)
        parser = Parser(Language(tree_sitter_elixir.language()))
        begin = time.process_time()
        for text in texts:
            parser.parse(text)
        parsing = time.process_time() - begin
        del texts
        last = f"{name}/priv/repo/migrations/20990101000000_last.exs"
        workspace = Workspace()
        begin = time.process_time()
        workspace.context_for(last)
        first = time.process_time() - begin
        begin = time.process_time()
        workspace.context_for(last)
        again = time.process_time() - begin
        print(
            f"history of {count} migrations: {first:.2f} s ({first / parsing:.1f} x tree-sitter alone),"
            f" looked at again {again * 1000:.0f} ms, process {_megabytes():.0f} MB"
        )


def _project(root: Path, count: int) -> list[bytes]:
    folder = root / "priv/repo/migrations"
    folder.mkdir(parents=True)
    (root / "mix.exs").write_text("defmodule Shop.MixProject do\n  use Mix.Project\nend\n")
    texts = []
    for number in range(count):
        table = number // 5
        body = (
            f"create table(:t{table}) do\n      add :name, :string, null: false\n"
            f"      add :owner_id, references(:t{max(0, table - 1)})\n      timestamps()\n    end",
            f"alter table(:t{table}) do\n      add :c{number}, :integer\n    end",
            f"create unique_index(:t{table}, [:name])",
            f"alter table(:t{table}) do\n      modify :name, :text, from: :string\n    end",
            f'execute "CREATE INDEX t{table}_x ON t{table} (owner_id)", "DROP INDEX t{table}_x"',
        )[number % 5]
        text = (
            f"defmodule Shop.M{number} do\n  use Ecto.Migration\n\n  def change do\n    {body}\n  end\nend\n"
        )
        (folder / f"{20200101000000 + number}_m{number}.exs").write_text(text)
        texts.append(text.encode())
    return texts


def _megabytes() -> float:
    """Resident memory; 0 where the system does not tell it in /proc."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    if sys.argv[1:2] == ["--here"]:
        _measure(int(sys.argv[2]))
    else:
        measure([int(count) for count in sys.argv[1:]] or COUNTS)
