"""From the paths of the command line to migration files, and their bytes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from ecto_migrations_analysis.records import dataclass
from ecto_migrations_analysis.syntax.source import Source

from ..detection import is_migration, is_migration_path
from .cells import printable
from .errors import CommandError

if TYPE_CHECKING:
    from ecto_migrations_analysis.project.discovery import Workspace

# Below a folder these hold code of others, or nothing that was written by hand.
_SKIPPED: Final = frozenset({"deps", "_build", "node_modules"})
STDIN: Final = "-"
_STDIN_NAME: Final = "stdin.exs"


@dataclass(frozen=True)
class Target:
    """A file to read: where it is, and how it is called in the output."""

    path: str
    shown: str
    from_stdin: bool = False

    def read(self) -> Source:
        """Its bytes. Raises `CommandError` where they cannot be read."""
        try:
            if self.from_stdin:
                return Source(sys.stdin.buffer.read(), self.path)
            with open(self.path, "rb") as file:
                return Source(file.read(), self.path)
        except OSError as error:
            raise CommandError(f"{printable(self.shown)} cannot be read: {reason(error)}") from error


def reason(error: OSError) -> str:
    """Why the operating system refused, without the path: "permission denied"."""
    text = error.strerror or type(error).__name__
    return text[:1].lower() + text[1:]


def stdin_target(name: str | None) -> Target:
    """Standard input, taken for the file `name`, which need not exist."""
    shown = name or _STDIN_NAME
    return Target(os.path.abspath(shown), shown, from_stdin=True)


def target(path: str) -> Target:
    """One file. Raises `CommandError` for a path that does not exist or is a folder."""
    _must_exist(path)
    if os.path.isdir(path):
        raise CommandError(f"{printable(path)} is a folder, and one migration file is wanted")
    return Target(os.path.abspath(path), path)


def targets(paths: Iterable[str], stdin_name: str | None, workspace: Workspace) -> list[Target]:
    """The files that `paths` stand for, each once, those of a folder in the order Ecto runs them.

    Without a path: the migrations of the project in the current folder. `workspace` knows the folders that
    settings name. Raises `CommandError` where a path does not exist or no migration is found.
    """
    paths = list(paths)
    found: list[Target] = []
    for path in paths:
        if path == STDIN:
            found.append(stdin_target(stdin_name))
            continue
        _must_exist(path)
        if os.path.isdir(path):
            inside = list(_in_folder(path, workspace))
            if not inside:
                raise CommandError(f"no migrations in {printable(path)}{_looked_from(path)}")
            found.extend(inside)
        else:
            found.append(Target(os.path.abspath(path), path))
    if not paths:
        for folder in _project_folders(workspace):
            found.extend(_in_folder(folder, workspace))
        if not found:
            raise CommandError(
                "no migrations found: neither priv/*/migrations nor apps/*/priv/*/migrations is in "
                + printable(os.getcwd())
            )
    return list({target.path: target for target in reversed(found)}.values())[::-1]


def since(targets: Iterable[Target], revision: str) -> list[Target]:
    """Those that are new or changed since the merge base with a revision of git; standard input is.

    Raises `CommandError` where git does not know the revision.
    """
    from ecto_migrations_analysis.project.changed import changed_since

    changed: dict[str, frozenset[str]] = {}
    found = []
    for item in targets:
        folder = os.path.dirname(item.path)
        if not item.from_stdin and folder not in changed:
            differing = changed_since(folder, revision)
            if differing is None:
                from shutil import which

                if which("git") is None:
                    raise CommandError("--since needs git, and there is none in PATH")
                raise CommandError(
                    f"git knows no common ancestor of HEAD and {printable(revision)} in {printable(folder)}"
                )
            changed[folder] = differing
        if item.from_stdin or item.path in changed[folder]:
            found.append(item)
    return found


def _must_exist(path: str) -> None:
    if not os.path.exists(path):
        raise CommandError(f"{printable(path)} does not exist{_looked_from(path)}")


def _looked_from(path: str) -> str:
    return "" if os.path.isabs(path) else f" (looked from {printable(os.getcwd())})"


def _project_folders(workspace: Workspace) -> list[str]:
    """The `priv` folders of the project here and of an umbrella's applications, and those that are stated."""
    roots = [""]
    if os.path.isdir("apps"):
        roots += [os.path.join("apps", name) for name in sorted(os.listdir("apps"))]
    folders = [os.path.join(root, "priv") for root in roots]
    below = os.path.join(os.getcwd(), "")
    for root in roots:
        stated = workspace.stated_folders(os.path.abspath(root))
        folders += [folder.removeprefix(below) for folder in stated if folder.startswith(below)]
    return [folder for folder in dict.fromkeys(folders) if os.path.isdir(folder)]


def _in_folder(top: str, workspace: Workspace) -> Iterator[Target]:
    for folder, subfolders, names in os.walk(top):
        subfolders[:] = sorted(
            name for name in subfolders if name not in _SKIPPED and not name.startswith(".")
        )
        for name in sorted(names):
            path = os.path.join(folder, name)
            if (name.endswith(".exs") and _holds_migration(path, workspace)) or _is_misnamed(path):
                yield Target(os.path.abspath(path), path)


def _is_misnamed(path: str) -> bool:
    """Whether it is a migration but for its ending, which should be `.exs`: Ecto only warns of it."""
    version, _, name = os.path.basename(path).partition("_")
    return version.isdecimal() and name.endswith(".ex") and is_migration_path(os.path.abspath(f"{path}s"))


def _holds_migration(path: str, workspace: Workspace) -> bool:
    absolute = os.path.abspath(path)
    if is_migration_path(absolute):
        return True
    if os.path.basename(path).startswith("."):
        return False
    if workspace.is_stated(absolute):
        return True
    try:
        with open(path, "rb") as file:
            return is_migration(None, file.read().decode("utf-8", "replace"))
    except OSError:
        # A file that was not asked for by name and cannot be read is nobody's migration.
        return False
