"""A mix project without dependencies: real mix, and tasks of its own that stand for Ecto's.

The tasks keep which migrations are up in `up.txt` and write each call into `calls.txt`. `FAKE` in the
environment names a file of `<nth call> <what>`: `raise` with the text of `raise.txt`, `sleep`, `nothing` (the
task ends without doing anything), as migrations and databases do it in real projects.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

_MIX = """
defmodule Shop.MixProject do
  use Mix.Project

  def project, do: [app: :shop, version: "0.1.0", deps: []]
  def application, do: []
end
"""

_LIBRARY = '''
defmodule Shop.Repo do
  # As `use Ecto.Repo` makes them, from config and the environment.
  def config do
    [
      otp_app: :shop,
      hostname: System.get_env("FAKE_HOST") || "localhost",
      port: 5432,
      password: "very secret",
      database: System.get_env("FAKE_DATABASE") || "shop_#{Mix.env()}"
    ]
  end

  def __adapter__, do: Ecto.Adapters.Postgres
end

defmodule Mix.Ecto do
  def parse_repo(["-r", name]), do: [Module.concat([name])]
  def parse_repo([]), do: [Shop.Repo]
end

defmodule Shop.Fake do
  def called(task, arguments) do
    File.write!("calls.txt", Enum.join([Mix.env(), task | arguments], " ") <> "\\n", [:append])
    number = "calls.txt" |> File.read!() |> String.split("\\n", trim: true) |> length()

    case File.read("fake.txt") do
      {:ok, text} -> Enum.each(String.split(text, "\\n", trim: true), &act(String.split(&1, " "), number))
      {:error, _} -> :ok
    end

    File.exists?("nothing.txt") and number == String.to_integer(String.trim(File.read!("nothing.txt")))
  end

  defp act([wanted, what], number) do
    if String.to_integer(wanted) == number, do: act(what)
  end

  defp act("raise"), do: Mix.raise(File.read!("raise.txt"))

  defp act("sleep") do
    Port.open({:spawn_executable, "/bin/sh"}, args: ["-c", "echo $$ > child.txt; exec sleep 86399"])
    wait_for("child.txt")
    File.write!("sleeping.txt", System.pid())
    Process.sleep(:infinity)
  end

  # Says something again and again.
  defp act("chatter") do
    spawn(fn -> Enum.each(Stream.interval(50), &IO.puts("line #{&1}")) end)
    act("sleep")
  end

  # A program that does not heed SIGTERM.
  defp act("deaf") do
    :os.set_signal(:sigterm, :ignore)
    act("sleep")
  end

  defp wait_for(file) do
    unless File.exists?(file) do
      Process.sleep(10)
      wait_for(file)
    end
  end

  def versions do
    "priv/repo/migrations/*.exs"
    |> Path.wildcard()
    |> Enum.map(&(&1 |> Path.basename() |> String.split("_") |> hd() |> String.to_integer()))
    |> Enum.sort()
  end

  def up do
    case File.read("up.txt") do
      {:ok, text} -> text |> String.split() |> Enum.map(&String.to_integer/1)
      {:error, _} -> []
    end
  end

  def write(versions), do: File.write!("up.txt", Enum.join(Enum.sort(versions), "\\n"))
end

defmodule Mix.Tasks.Ecto.Migrate do
  use Mix.Task

  def run(arguments) do
    unless Shop.Fake.called("ecto.migrate", arguments) do
      for version <- Shop.Fake.versions() -- Shop.Fake.up(), do: IO.puts("== Running #{version} forward")
      Shop.Fake.write(Enum.uniq(Shop.Fake.versions() ++ Shop.Fake.up()))
    end
  end
end

defmodule Mix.Tasks.Ecto.Rollback do
  use Mix.Task

  def run(arguments) do
    unless Shop.Fake.called("ecto.rollback", arguments) do
      {options, _} = OptionParser.parse!(arguments, strict: [step: :integer, to: :integer])
      known = Enum.filter(Enum.sort(Shop.Fake.up(), :desc), &(&1 in Shop.Fake.versions()))

      back =
        if options[:to],
          do: Enum.take_while(known, &(&1 >= options[:to])),
          else: Enum.take(known, options[:step])

      for version <- back, do: IO.puts("== Running #{version} backward")
      Shop.Fake.write(Shop.Fake.up() -- back)
    end
  end
end

defmodule Mix.Tasks.Ecto.Migrations do
  use Mix.Task

  def run(_) do
    up = Shop.Fake.up()
    files = Shop.Fake.versions()

    rows =
      for version <- Enum.sort(Enum.uniq(files ++ up)) do
        name = if version in files, do: "change_#{version}", else: "** FILE NOT FOUND **"
        status = if version in up, do: "up", else: "down"
        "  " <> String.pad_trailing(status, 10) <> String.pad_trailing("#{version}", 16) <> name
      end

    IO.puts("""

    Repo: Shop.Repo

      Status    Migration ID    Migration Name
    --------------------------------------------------
    #{Enum.join(rows, "\\n")}
    """)
  end
end
'''

_TEST = """
defmodule ShopTest do
  use ExUnit.Case

  test "the truth" do
    assert System.get_env("FAKE_TESTS") != "fail"
  end
end
"""

MIGRATION = (
    "defmodule Shop.Repo.Migrations.M{version} do\n  use Ecto.Migration\n\n  def change, do: :ok\nend\n"
)
VERSIONS = (20240101000000, 20240102000000, 20240103000000)


@dataclass(frozen=True)
class MixProject:
    root: Path

    def migration(self, version: int) -> Path:
        return self.root / "priv" / "repo" / "migrations" / f"{version}_change_{version}.exs"

    def add(self, version: int) -> Path:
        self.migration(version).write_text(MIGRATION.format(version=version))
        return self.migration(version)

    @property
    def calls(self) -> list[str]:
        """What the tasks were called with: MIX_ENV, the task, its arguments."""
        path = self.root / "calls.txt"
        return path.read_text().splitlines() if path.exists() else []

    @property
    def up(self) -> list[int]:
        path = self.root / "up.txt"
        return [int(word) for word in path.read_text().split()] if path.exists() else []

    def fails(self, call: int, text: str) -> None:
        """The task of this number raises `text`."""
        (self.root / "raise.txt").write_text(text)
        self.does(call, "raise")

    def does(self, call: int, what: str) -> None:
        (self.root / "fake.txt").write_text(f"{call} {what}\n")

    def does_nothing(self, call: int) -> None:
        (self.root / "nothing.txt").write_text(str(call))


def require_mix() -> str:
    """The path of `mix`; skips the test where there is none, fails it there in CI."""
    found = shutil.which("mix")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("there is no mix on this machine")
        pytest.skip("there is no mix on this machine")
    return found


def make(root: Path, *, compiled: bool = True) -> MixProject:
    """A project with three migrations, compiled for MIX_ENV=test."""
    made = MixProject(root)
    for folder in ("lib", "test", "priv/repo/migrations"):
        (root / folder).mkdir(parents=True)
    (root / "mix.exs").write_text(_MIX.lstrip())
    (root / "lib" / "shop.ex").write_text(_LIBRARY.lstrip())
    (root / "test" / "test_helper.exs").write_text("ExUnit.start()\n")
    (root / "test" / "shop_test.exs").write_text(_TEST.lstrip())
    for version in VERSIONS:
        made.add(version)
    if compiled:
        subprocess.run(
            [require_mix(), "compile"],
            cwd=root,
            env={**os.environ, "MIX_ENV": "test"},
            check=True,
            capture_output=True,
        )
    return made


def copy(project: MixProject, root: Path) -> MixProject:
    """The same with its compiled modules, for one test."""
    shutil.copytree(project.root, root)
    return MixProject(root)
