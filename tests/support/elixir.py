"""Elixir's own parser and formatter, for the Elixir that this project writes.

One `elixir` process checks any number of texts. Where there is no `elixir` on the machine the tests that need
it are skipped, except where `CI` is set: there they fail.
"""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest

# What `import_deps: [:ecto, :ecto_sql]` adds to a project's `.formatter.exs` (`locals_without_parens`).
LOCALS_WITHOUT_PARENS = (
    *(("from", 2), ("field", 1), ("field", 2), ("field", 3), ("timestamps", 1), ("belongs_to", 2)),
    *(("add", 2), ("add", 3), ("add_if_not_exists", 2), ("add_if_not_exists", 3), ("alter", 2)),
    *(("create", 1), ("create", 2), ("create_if_not_exists", 1), ("create_if_not_exists", 2)),
    *(("drop", 1), ("drop", 2), ("drop_if_exists", 1), ("drop_if_exists", 2)),
    *(("execute", 1), ("execute", 2), ("execute_file", 1), ("execute_file", 2)),
    *(("modify", 2), ("modify", 3), ("remove", 1), ("remove", 2), ("remove", 3)),
    *(("remove_if_exists", 1), ("remove_if_exists", 2), ("rename", 2), ("rename", 3)),
)

_PROGRAM = """
[folder, locals] = System.argv()
{locals, _} = Code.eval_string(locals)

for file <- Enum.sort(Path.wildcard(Path.join(folder, "*.exs"))) do
  text = File.read!(file)

  answer =
    case Code.string_to_quoted(text) do
      {:ok, _} ->
        formatted = IO.iodata_to_binary([Code.format_string!(text, locals_without_parens: locals), "\\n"])
        ["ok", Base.encode64(formatted)]

      {:error, reason} ->
        ["error", Base.encode64(inspect(reason))]
    end

  IO.puts(Enum.join([Path.basename(file) | answer], " "))
end
"""


def require() -> str:
    """The path of `elixir`; skips the test where there is none, fails it there in CI."""
    found = shutil.which("elixir")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("there is no elixir on this machine")
        pytest.skip("there is no elixir on this machine")
    return found


def formatted(texts: Mapping[str, str]) -> dict[str, str]:
    """Each text as `mix format` leaves it (lines end with `\\n`); fails where one does not parse."""
    program = require()
    keys = list(texts)
    with tempfile.TemporaryDirectory() as folder:
        for number, key in enumerate(keys):
            Path(folder, f"{number:06}.exs").write_text(texts[key], encoding="utf-8", newline="")
        finished = subprocess.run(
            [program, "-e", _PROGRAM, folder, _keyword(LOCALS_WITHOUT_PARENS)],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
    assert finished.returncode == 0, finished.stderr
    answers: dict[str, str] = {}
    for line in finished.stdout.splitlines():
        name, verdict, data = line.split(" ")
        key = keys[int(name.partition(".")[0])]
        answer = base64.b64decode(data).decode()
        assert verdict == "ok", f"{key} does not parse: {answer}\n{texts[key]}"
        answers[key] = answer
    assert answers.keys() == texts.keys()
    return answers


def assert_formatted(texts: Mapping[str, str]) -> None:
    """Every text parses and is what `mix format` would make of it."""
    answers = formatted(texts)
    wrong = {key: answers[key] for key in texts if answers[key] != texts[key]}
    assert not wrong, _first_difference(texts, wrong)


class Later:
    """Collects texts, so that one `elixir` process can check all of a module of tests at its end."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def __call__(self, *texts: str) -> None:
        """Each of them has to parse and to be formatted."""
        for text in texts:
            self.texts[f"text {len(self.texts)}"] = text


def _first_difference(texts: Mapping[str, str], wrong: Mapping[str, str]) -> str:
    key = next(iter(wrong))
    return f"{len(wrong)} of {len(texts)} are not formatted: {key}\n{texts[key]}\nformatted:\n{wrong[key]}"


def _keyword(pairs: tuple[tuple[str, int], ...]) -> str:
    return "[" + ", ".join(f"{name}: {arity}" for name, arity in pairs) + "]"


__all__ = ["Later", "assert_formatted", "formatted", "require"]
