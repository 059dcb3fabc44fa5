"""The scripts of `completion`, tried in the shells that there are; and the examples of `--help`."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from ecto_migrations_server.cli.completion import SHELLS
from ecto_migrations_server.cli.examples import EXAMPLES
from ecto_migrations_server.cli.main import COMMANDS, parser
from support.cli import Run

# What is typed, and one of the words that come of it.
TYPED = [
    ("ch", "check"),
    ("check --form", "--format"),
    ("check --format sa", "sarif"),
    ("check --select index-not", "index-not-concurrent"),
    ("explain add-column-not", "add-column-not-null-without-default"),
    ("new create-t", "create-table"),
    ("cycle --with", "--with-tests"),
    ("completion f", "fish"),
]


def _shell(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail(f"there is no {name} on this machine")
        pytest.skip(f"there is no {name} on this machine")
    return found


@pytest.fixture
def script(run: Run, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    result = run("completion", request.param)
    assert (result.code, result.err) == (0, "")
    path = tmp_path / "script"
    path.write_text(result.out)
    return path


@pytest.mark.parametrize("script", ["bash"], indirect=True)
@pytest.mark.parametrize(("typed", "word"), TYPED)
def test_bash(script: Path, blog: Path, typed: str, word: str) -> None:
    program = (
        f"source {script}\n"
        f"COMP_WORDS=(ecto-migrations {typed}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n"
        '_shtab__ecto_migrations ecto-migrations "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"\n'
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run([_shell("bash"), "-c", program], capture_output=True, text=True, check=True)
    assert word in done.stdout.split()


@pytest.mark.parametrize("script", ["fish"], indirect=True)
def test_fish(script: Path, blog: Path) -> None:
    program = f"source {script}\n" + "".join(
        f"complete -C 'ecto-migrations {typed}'; echo ----\n" for typed, _ in TYPED
    )
    done = subprocess.run(
        [_shell("fish"), "--no-config", "-c", program], capture_output=True, text=True, check=True
    )
    found = [[line.partition("\t")[0] for line in part.splitlines()] for part in done.stdout.split("----\n")]
    assert found.pop() == []
    for (_, word), words in zip(TYPED, found, strict=True):
        assert word in words


@pytest.mark.parametrize("script", ["zsh"], indirect=True)
def test_zsh_takes_it(script: Path) -> None:
    program = (
        f'autoload -U compinit && compinit -D -u && eval "$(cat {script})" && print $_comps[ecto-migrations]'
    )
    done = subprocess.run([_shell("zsh"), "-f", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "_shtab__ecto_migrations\n"
    assert done.stderr == ""


@pytest.mark.parametrize("script", SHELLS, indirect=True)
def test_every_command_is_in_every_script(script: Path) -> None:
    text = script.read_text()
    for command in COMMANDS:
        assert command in text


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_examples_in_its_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    from ecto_migrations_server.cli.main import main

    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert "\nexamples:\n" in shown
    assert f"ecto-migrations {command}" in shown.partition("\nexamples:\n")[2]


@pytest.mark.parametrize(
    "words", [words for examples in EXAMPLES.values() for words, _ in examples if "$(" not in words]
)
def test_the_examples_can_be_typed(words: str) -> None:
    parser().parse_args(shlex.split(words.partition(" >")[0]))
