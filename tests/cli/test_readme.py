"""What README.md shows is what is printed."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from support.cli import Run

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
EXAMPLES = [
    block.removeprefix("$ ecto-migrations ")
    for block in README.split("```\n")
    if block.startswith("$ ecto-migrations ")
]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.split(" ")[0])
def test_the_output_is_real(blog: Path, run: Run, example: str) -> None:
    command, _, output = example.partition("\n")
    assert run(*shlex.split(command)).out == output


def test_there_are_examples() -> None:
    assert [example.split(" ")[0] for example in EXAMPLES] == ["check", "report"]


def test_every_command_is_described() -> None:
    from ecto_migrations_server.cli.main import COMMANDS

    for name in COMMANDS:
        assert f"| `{name}" in README


def test_every_template_is_in_the_table() -> None:
    from ecto_migrations_snippets import templates

    rows = [
        line for line in README.split("## Templates")[1].split("## ")[0].splitlines() if line[:3] == "| `"
    ]
    assert rows == [f"| `{each.name}` | {len(each.files)} | {each.title} |" for each in templates()]
