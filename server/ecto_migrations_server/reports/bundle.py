"""The migrations of a range of revisions, analysed, as the reports on a release render them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cached_property
from typing import TYPE_CHECKING

from ecto_migrations_analysis.analysis import Analysis
from ecto_migrations_analysis.engine import analyze
from ecto_migrations_analysis.project.context import ProjectContext
from ecto_migrations_analysis.project.migrations import folder_of
from ecto_migrations_analysis.project.release import NoRange, Note, Release, Revisions, release
from ecto_migrations_analysis.records import dataclass, replace
from ecto_migrations_analysis.report.commands import Commands, commands
from ecto_migrations_analysis.report.demands import Made
from ecto_migrations_analysis.report.deployment import Deployment, deployment
from ecto_migrations_analysis.report.release import ReleaseReport, release_report
from ecto_migrations_analysis.syntax.source import Source

from .. import verification
from ..detection import is_migration_path
from .texts import listed
from .verifying import Runs

if TYPE_CHECKING:
    from ecto_migrations_analysis.project.discovery import Workspace

_SKIPPED = frozenset({"deps", "_build", "node_modules"})
# The first argument is the commit that counts as released.
WorkspaceMaker = Callable[[str | None], "Workspace"]


@dataclass(frozen=True, kw_only=True)
class Item:
    """A migration: how it is called, what is known of it, and what was run of it."""

    shown: str
    analysis: Analysis
    runs: Runs
    # What the release has made before it.
    made: Made = Made(frozenset(), frozenset())

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return os.path.basename(self.shown).removesuffix(".exs")

    @cached_property
    def deployment(self) -> Deployment:
        """What comes before and after it; nothing for a file without a migration."""
        migrations = self.analysis.migrations
        return deployment(migrations[0], self.made) if migrations else Deployment()


@dataclass(frozen=True, kw_only=True)
class Group:
    """The migrations of one folder, which one command runs. `folder` as it is shown.

    `start` is the folder where mix has to be started, empty where that is the user's own, or not known.
    """

    folder: str
    start: str = ""
    items: tuple[Item, ...]
    report: ReleaseReport
    commands: Commands | None

    @property
    def title(self) -> str:
        """The repo, or the folder where that is not known."""
        return self.items[0].analysis.project.repo.module or self.folder


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """What a range brings; `notes` are sentences about what does not run, or runs again.

    `start` and `end` are commits; `end` is None for the working tree, both for one file by itself.
    """

    text: str
    groups: tuple[Group, ...]
    notes: tuple[str, ...] = ()
    start: str | None = None
    end: str | None = None

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(item for group in self.groups for item in group.items)


def alone(analysis: Analysis, shown: str, runs: Runs) -> Bundle:
    """One migration as a release of its own."""
    path = analysis.source.path or shown
    group = Group(
        folder=os.path.dirname(shown),
        items=(Item(shown=shown, analysis=analysis, runs=runs),),
        report=release_report([analysis]),
        commands=commands(analysis.project, path),
    )
    return Bundle(text=shown, groups=(group,))


@contextmanager
def bundle(
    found: Revisions,
    *,
    below: Iterable[str],
    maker: WorkspaceMaker,
    record: str | None = None,
    buffers: Mapping[str, bytes] | None = None,
    configured: Callable[[ProjectContext], ProjectContext] = lambda context: context,
    shown_from: str,
) -> Iterator[Bundle]:
    """The migrations of the range below these absolute paths; files are there as long as the context is.

    `buffers` are texts of open documents, which count where the range ends in the working tree. `record`:
    where what was run is written down, if not at the usual place. `configured` has the last word about what
    is known of the project. Raises `NoRange`, also for a file among the paths that is not new.
    """
    wanted = tuple(below)
    brought = release(found, _is_migration)
    chosen = [path for path in brought.paths if _is_below(path, wanted)]
    _must_be_new(brought, wanted, shown_from)
    with _tree(found) as folder:
        workspace = maker(found.start)
        groups = []
        for paths in _by_folder(chosen):
            items = [
                _item(found, path, folder, workspace, configured, record, buffers, shown_from)
                for path in paths
            ]
            first = items[0].analysis
            ends = [item.analysis.source.path or "" for item in items]
            whole = release_report([item.analysis for item in items])
            groups.append(
                Group(
                    folder=_shown(folder_of(paths[0]), shown_from),
                    start=_start(
                        first.project, found.top if found.end is None else folder, found.top, shown_from
                    ),
                    items=tuple(
                        replace(item, made=made) for item, made in zip(items, whole.made, strict=True)
                    ),
                    report=whole,
                    commands=commands(first.project, ends[0], ends[-1]),
                )
            )
        notes = _notes([note for note in brought.notes if _is_below(note.path, wanted)])
        yield Bundle(
            text=found.text, groups=tuple(groups), notes=tuple(notes), start=found.start, end=found.end
        )


def _tree(found: Revisions) -> AbstractContextManager[str]:
    """The files at the end of the range: those of the user, or a copy."""
    from ecto_migrations_analysis.project.checkout import checkout

    return nullcontext(found.top) if found.end is None else checkout(found.top, found.end)


def _is_migration(path: str) -> bool:
    return is_migration_path(path) and not _SKIPPED.intersection(path.split(os.sep))


def _is_below(path: str, wanted: tuple[str, ...]) -> bool:
    return any(path == one or path.startswith(one.rstrip(os.sep) + os.sep) for one in wanted)


def _must_be_new(brought: Release, wanted: tuple[str, ...], shown_from: str) -> None:
    """A file that is named has to be one of them: the user expects to read about it."""
    for path in wanted:
        if path.endswith(".exs") and path not in brought.paths:
            raise NoRange(
                f"{_shown(path, shown_from)} is no new migration of {brought.revisions.text}:"
                " it was there before, or is not there at the end"
            )


def _by_folder(paths: list[str]) -> list[list[str]]:
    folders: dict[str, list[str]] = {}
    for path in paths:
        folders.setdefault(folder_of(path), []).append(path)
    return list(folders.values())


def _item(
    found: Revisions,
    path: str,
    folder: str,
    workspace: Workspace,
    configured: Callable[[ProjectContext], ProjectContext],
    record: str | None,
    buffers: Mapping[str, bytes] | None,
    shown_from: str,
) -> Item:
    place = path if found.end is None else os.path.join(folder, os.path.relpath(path, found.top))
    data = (buffers or {}).get(place)
    if data is None:
        with open(place, "rb") as file:
            data = file.read()
    context = configured(workspace.context_for(place, buffers))
    analysis = analyze(Source(data, place), context)
    runs = verification.read(record or verification.record_of(path))
    return Item(
        shown=_shown(path, shown_from),
        analysis=analysis,
        runs=verification.runs_of(path, data, runs),
    )


def _shown(path: str, shown_from: str) -> str:
    """From the folder where the user is, where it lies below it; with `/`."""
    below = shown_from.rstrip(os.sep) + os.sep
    return (path[len(below) :] if path.startswith(below) else path).replace(os.sep, "/")


def _start(project: ProjectContext, tree: str, top: str, shown_from: str) -> str:
    """From where the user is to the root of the project, of the umbrella where there is one."""
    root = project.umbrella or project.root
    if root is None:
        return ""
    own = os.path.normpath(os.path.join(top, os.path.relpath(root, tree)))
    return "" if own == shown_from else os.path.relpath(own, shown_from).replace(os.sep, "/")


def _notes(found: list[Note]) -> Iterator[str]:
    """A sentence for each kind, and for each migration that runs again."""
    for kind, one, many in (
        ("deleted", "is gone", "are gone"),
        ("edited", "was there before and is edited", "were there before and are edited"),
        ("renamed", "has a new name and its old version", "have new names and their old versions"),
    ):
        names = [f"`{os.path.basename(note.path)}`" for note in found if note.kind == kind]
        if names:
            what = one if len(names) == 1 else many
            ran = "databases that have run " + ("it" if len(names) == 1 else "them")
            then = f"{ran} keep what was done, and no rollback takes it back"
            if kind != "deleted":
                then = f"{ran} do not run {'it' if len(names) == 1 else 'them'} again"
            yield f"{listed(names, 4)} {what}: {then}."
    for note in found:
        if note.kind == "moved":
            new, old = os.path.basename(note.path), os.path.basename(note.other or "")
            yield f"`{new}` was `{old}`: databases that have run the old version run it again."
