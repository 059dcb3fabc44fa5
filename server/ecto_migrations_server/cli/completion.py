"""`ecto-migrations completion SHELL`: a script that completes commands, options, rules, templates, files."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, Final

from .errors import PROGRAM

if TYPE_CHECKING:
    from collections.abc import Iterator

HELP: Final = "print a script for your shell that completes commands, options and names"
SHELLS: Final = ("bash", "zsh", "fish", "powershell")
_FOLDERS: Final = frozenset({"FOLDER"})
_MIGRATIONS: Final = frozenset({"PATH", "FILE", "FILE[:LINE]", "FILE|RANGE"})


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", metavar="SHELL", choices=SHELLS, help=" or ".join(SHELLS))


def run(arguments: argparse.Namespace) -> int:
    import shtab

    from . import exit_codes
    from .main import parser

    every = parser()
    for command, action in _actions(every):
        _complete(command, action)
    print(shtab.complete(every, arguments.shell, root_prefix=f"_{PROGRAM.replace('-', '_')}"))
    return exit_codes.OK


def _actions(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.Action]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, command in action.choices.items():
                for inside in command._actions:
                    yield name, inside


def _complete(command: str, action: Any) -> None:
    """Says what an argument is completed by; shtab looks at `choices` and `complete`."""
    import shtab

    metavar = action.metavar
    if metavar in ("RULE", "RULES"):
        from ecto_migrations_analysis.rules.catalogue import rules

        action.choices = sorted(rules())
    elif metavar == "TEMPLATE":
        from ecto_migrations_snippets import templates

        action.choices = [template.name for template in templates()]
    elif metavar in _FOLDERS:
        action.complete = shtab.DIRECTORY
    elif metavar in _MIGRATIONS:
        # Of an option it is any file: a baseline, the settings.
        action.complete = shtab.FILE if action.option_strings else shtab.glob("*.exs")
