"""Names for new migrations: version, file, module; none that is taken."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

# `Ecto.Migrator.extract_migration_info/1`: an integer, an underscore, a name.
_MIGRATION = re.compile(r"(\d+)_(.*)\.exs", re.DOTALL)
_STAMP = "%Y%m%d%H%M%S"


class FileName(NamedTuple):
    """A migration's file name: the version as written and the name behind it."""

    version: str
    name: str

    def __str__(self) -> str:
        return f"{self.version}_{self.name}.exs"


def split_path(path: str) -> tuple[str, str]:
    """Folder (with its separator) and file name; both separators count, whatever machine this is."""
    cut = max(path.rfind("/"), path.rfind("\\")) + 1
    return path[:cut], path[cut:]


def parse(file_name: str) -> FileName | None:
    """None for a file that Ecto would not run as a migration."""
    match = _MIGRATION.fullmatch(file_name)
    return FileName(match[1], match[2]) if match else None


def next_version(version: str, taken: Iterable[str]) -> str:
    """The first version after `version` that none of the file names `taken` has.

    A version of 14 digits is a UTC time, as `mix ecto.gen.migration` makes it: a second later. Any other is a
    number: the next one, as wide as it was.
    """
    numbers = {int(found.version) for file in taken if (found := parse(file))}
    current = version
    while True:
        current = _successor(current)
        if int(current) not in numbers:
            return current


def _successor(version: str) -> str:
    if len(version) == 14:
        from datetime import datetime, timedelta

        try:
            return (datetime.strptime(version, _STAMP) + timedelta(seconds=1)).strftime(_STAMP)
        except (ValueError, OverflowError):
            pass  # Fourteen digits that are no time, such as 20240231000000.
    return str(int(version) + 1).zfill(len(version))


def camelize(snake: str) -> str:
    """`Macro.camelize/1` for names of lower-case letters, digits and underscores."""
    return "".join(part[:1].upper() + part[1:] for part in snake.split("_"))


def snake(text: str) -> str:
    """A name for a file out of any name: ASCII letters in lower case, digits and underscores."""
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", text)
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")


class Namer:
    """Gives the new migrations of one fix their names, one after the other.

    `path` is the migration being split and `module` its name; `modules` are the names of the migrations
    beside it, `names` the file names in its folder.
    """

    def __init__(self, path: str, module: str, modules: Iterable[str], names: Iterable[str]) -> None:
        self.folder, file_name = split_path(path)
        self._names = set(names) | {file_name}
        self._modules = set(modules) | {module}
        self._namespace = module.rpartition(".")[0]
        found = parse(file_name)
        if found is None:
            raise ValueError(f"not the file name of a migration: {file_name}")
        self._version = found.version

    def next(self, wanted: str) -> tuple[str, str]:
        """Path and module for a migration called `wanted` (snake case): the next version, a free name.

        Ecto refuses two pending migrations of one name, and the second module of one name replaces the first
        (`Ecto.Migrator.ensure_no_duplication!/1`), so a taken name gets a number.
        """
        taken = {found.name for file in self._names if (found := parse(file))}
        count = 1
        while True:
            name = wanted if count == 1 else f"{wanted}_{count}"
            module = camelize(name)
            if self._namespace:
                module = f"{self._namespace}.{module}"
            if name not in taken and module not in self._modules:
                break
            count += 1
        self._modules.add(module)
        return self._file(name), module

    def next_file(self, wanted: str) -> str:
        """Path for a migration whose module has its name already."""
        taken = {found.name for file in self._names if (found := parse(file))}
        count = 1
        while (name := wanted if count == 1 else f"{wanted}_{count}") in taken:
            count += 1
        return self._file(name)

    def _file(self, name: str) -> str:
        self._version = next_version(self._version, self._names)
        file_name = str(FileName(self._version, name))
        self._names.add(file_name)
        return self.folder + file_name
