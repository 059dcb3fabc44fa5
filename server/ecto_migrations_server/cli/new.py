"""`ecto-migrations new [TEMPLATE]`: writes migrations from a template, or lists the templates."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING, Final

from .cells import printable
from .errors import CommandError

if TYPE_CHECKING:
    from ecto_migrations_snippets import Template

    from .terminal import Terminal

HELP: Final = "write migrations from a template, or list the templates"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("template", metavar="TEMPLATE", nargs="?", help="the name of a template")
    parser.add_argument(
        "words",
        metavar="NAME|WORD=VALUE",
        nargs="*",
        help="the name of the migration, and what stands for the template's words: posts=accounts",
    )
    parser.add_argument(
        "--to", metavar="FOLDER", help="the folder of migrations (default: the only priv/*/migrations here)"
    )


def run(arguments: argparse.Namespace) -> int:
    import sys

    from . import exit_codes
    from .terminal import Terminal

    terminal = Terminal.of(sys.stdout)
    if arguments.template is None:
        for line in _listed(terminal):
            print(line)
    else:
        _write(arguments, terminal)
    return exit_codes.OK


def _listed(terminal: Terminal) -> list[str]:
    from ecto_migrations_snippets import templates

    lines: list[str] = []
    for template in templates():
        lines += [terminal.paint(template.name, "bold"), *terminal.paragraph(_about(template), "  ")]
    return lines


def _about(template: Template) -> str:
    from ecto_migrations_snippets.filling import words

    from .formats.words import counted

    files = counted(len(template.files), "migration")
    return f"{template.title}. {files}; words: {', '.join(words(template)) or 'none'}"


def _write(arguments: argparse.Namespace, terminal: Terminal) -> None:
    from ecto_migrations_analysis.project.discovery import context_for

    from .. import new_migration
    from .files import reason

    folder = arguments.to if arguments.to is not None else _only_folder()
    name, words = _words(arguments.words)
    try:
        files = new_migration.plan(
            new_migration.template_named(arguments.template),
            folder,
            project_of=lambda path: context_for(os.path.abspath(path)),
            taken=_names(folder),
            name=name,
            words=words,
        )
    except ValueError as error:
        raise CommandError(printable(str(error))) from error
    try:
        new_migration.write(files)
    except OSError as error:
        where = printable(str(error.filename or folder))
        raise CommandError(f"{where}: {reason(error)}; nothing was written") from error
    for file in files:
        print(f"{terminal.paint('created', 'green')} {printable(file.path)}")


def _words(given: list[str]) -> tuple[str | None, dict[str, str]]:
    """`add_bio_to_users posts=users status=bio`: a name, and values by the words that they replace."""
    values: dict[str, str] = {}
    names: list[str] = []
    for text in given:
        word, separator, value = text.partition("=")
        if separator:
            values[word] = value
        else:
            names.append(text)
    if len(names) > 1:
        raise CommandError(f"one name is wanted, and these are {len(names)}: {printable(', '.join(names))}")
    return (names[0] if names else None), values


def _names(folder: str) -> list[str]:
    """The file names in the folder."""
    from .files import reason

    try:
        return os.listdir(folder)
    except OSError as error:
        raise CommandError(f"{printable(folder)}: {reason(error)}") from error


def _only_folder() -> str:
    """The project's folder of migrations, here or in an umbrella's applications."""
    from glob import glob

    patterns = (os.path.join("priv", "*", "migrations"), os.path.join("apps", "*", "priv", "*", "migrations"))
    found = sorted(path for pattern in patterns for path in glob(pattern) if os.path.isdir(path))
    if not found:
        raise CommandError(
            f"no folder of migrations: priv/*/migrations is not in {printable(os.getcwd())}; --to names one"
        )
    if len(found) > 1:
        raise CommandError(f"several folders of migrations, --to names one: {printable(', '.join(found))}")
    return found[0]
