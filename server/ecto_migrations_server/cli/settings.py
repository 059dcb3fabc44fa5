"""Settings on the command line: which file counts, which rules are on, and what is wrong with a file."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TextIO

from .cells import printable
from .errors import CommandError, complain

if TYPE_CHECKING:
    from ecto_migrations_analysis.project.discovery import Workspace
    from ecto_migrations_analysis.project.settings import Settings
    from ecto_migrations_analysis.project.settings_file import SettingsFile

    from .files import Target


def configure(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("settings (.ecto-migrations.toml; see docs/configuration.md)")
    group.add_argument(
        "--select",
        metavar="RULES",
        action="append",
        help="only these rules: ids, chapters or tags, separated by commas (default stands for those that "
        "are on by themselves); replaces select and ignore of the file",
    )
    group.add_argument(
        "--ignore", metavar="RULES", action="append", help="not these rules, besides those of the file"
    )
    which = group.add_mutually_exclusive_group()
    which.add_argument("--config", metavar="FILE", help="read this file, and look for no other")
    which.add_argument("--no-config", action="store_true", help="read no file of settings")
    group.add_argument(
        "--show-settings", action="store_true", help="print the settings that count, and check nothing"
    )


def workspace(arguments: argparse.Namespace) -> Workspace:
    """A workspace for a run during which nothing changes, with what the options say.

    Raises `CommandError` for rules that there are not, and for a file that cannot be read.
    """
    from ecto_migrations_analysis.project.discovery import Workspace

    return Workspace(
        settled=True, settings=_given(arguments), adjust=_adjusting(arguments), base=arguments.since
    )


def _given(arguments: argparse.Namespace) -> tuple[SettingsFile, ...] | None:
    if arguments.config is None:
        return () if arguments.no_config else None
    from ecto_migrations_analysis.project.files import Files
    from ecto_migrations_analysis.project.settings_file import read_settings
    from ecto_migrations_analysis.project.settings_search import with_sizes

    from .files import reason

    try:
        with open(arguments.config, "rb") as file:
            data = file.read()
    except OSError as error:
        raise CommandError(f"{printable(arguments.config)} cannot be read: {reason(error)}") from error
    # The file may lie anywhere: its patterns of paths start where the command does.
    stated = read_settings(data, os.path.abspath(arguments.config), os.getcwd())
    return tuple(with_sizes(stated, Files(), {}))


def _adjusting(arguments: argparse.Namespace) -> Callable[[Settings], Settings] | None:
    if arguments.select is None and arguments.ignore is None and not arguments.no_config:
        return None
    from ecto_migrations_analysis.project.settings import Settings
    from ecto_migrations_analysis.project.settings_file import stated_over

    selected = None if arguments.select is None else _names("--select", arguments.select)
    ignored = _names("--ignore", arguments.ignore or ())

    def adjust(settings: Settings) -> Settings:
        if arguments.no_config:
            # Nor what another tool's configuration says.
            settings = Settings()
        if selected is not None:
            settings = stated_over(settings, {"select": selected, "ignore": ()}, "--select")
        if ignored:
            # Checks of another tool that are skipped stay so, as nothing else is chosen.
            skipped = settings.skip_checks
            settings = stated_over(settings, {"ignore": (*settings.ignore, *ignored)}, "--ignore")
            settings = stated_over(settings, {"skip_checks": skipped}, "--ignore") if skipped else settings
        return settings

    return adjust


def _names(option: str, lists: Iterable[str]) -> tuple[str, ...]:
    from ecto_migrations_analysis.rules.settings_problems import unknown_name

    names = tuple(name.strip() for text in lists for name in text.split(",") if name.strip())
    for name in names:
        if (problem := unknown_name(name)) is not None:
            raise CommandError(f"{option}: {printable(problem)}")
    return names


class Problems:
    """Tells on standard error what is wrong with settings files, each file once."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._told: set[str] = set()

    def of(self, files: Iterable[SettingsFile]) -> list[tuple[str, list[str]]]:
        """The paths of the files that were not asked about before, with what is wrong in each."""
        found = []
        for file in files:
            if file.path in self._seen:
                continue
            self._seen.add(file.path)
            from ecto_migrations_analysis.rules.settings_problems import problems_of

            from .places import Places

            texts = []
            for problem in problems_of(file):
                line, column = file.source.lines.character_position(problem.span.start)
                where = f"{printable(Places.shown(file.path))}:{line + 1}:{column + 1}"
                texts.append(f"{where}: {printable(problem.message)}")
            found.append((file.path, texts))
        return found

    def tell(self, problems: Iterable[tuple[str, list[str]]]) -> None:
        """What `of` has found, in this process or in others: each file once."""
        for path, texts in problems:
            if path not in self._told:
                self._told.add(path)
                for text in texts:
                    complain(text)


def show(targets: Iterable[Target], workspace: Workspace, output: TextIO) -> None:
    """The settings of the targets, as a file would state them; equal ones once."""
    from ecto_migrations_analysis.project.settings_text import settings_text

    problems = Problems()
    groups: dict[str, list[Target]] = {}
    for target in targets:
        context = workspace.surroundings(target.path)
        problems.tell(problems.of(context.settings_files))
        groups.setdefault(settings_text(context.settings), []).append(target)
    for number, (text, members) in enumerate(groups.items()):
        if len(groups) > 1:
            others = f" and {len(members) - 1} more" if len(members) > 1 else ""
            print(f"{'' if number == 0 else chr(10)}# {printable(members[0].shown)}{others}", file=output)
        print(text, file=output, end="")
