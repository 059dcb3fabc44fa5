"""Which migrations a range of revisions brings: what a database at its start has not run yet.

Ecto runs a migration by its version, once, so those of the range are the versions that are there at its end
and not at its start, whatever the commits between them look like. Read by commands of git that only look.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable

from ..records import dataclass
from .git import branched_off, git
from .migrations import MigrationFile, folder_of, is_in_priv, migration_file

Wanted = Callable[[str], bool]
_RANGE = re.compile(r"(.*?)(\.{2,3})(.*)", re.DOTALL)


class NoRange(Exception):
    """The range cannot be read; the text is a sentence for the user."""


@dataclass(frozen=True, kw_only=True)
class Revisions:
    """`text` as it was given; commits by their names. `end` None: the working tree as it is.

    `start` is what the database has; `base` where both have branched off (None: they have nothing in common).
    `top` is the folder of the working tree.
    """

    text: str
    top: str
    start: str
    end: str | None
    base: str | None


@dataclass(frozen=True, slots=True)
class Note:
    """Something about a migration of the range that is not one more to run.

    `kind`: "deleted", "edited", "renamed" (the same version under another name) or "moved" (another version:
    it runs again). `path` and `other` are absolute; `other` is the old one.
    """

    kind: str
    path: str
    other: str | None = None


@dataclass(frozen=True, kw_only=True)
class Release:
    """`paths` of the migrations to run, absolute, in the order in which Ecto runs those of a folder."""

    revisions: Revisions
    paths: tuple[str, ...]
    notes: tuple[Note, ...] = ()


def revisions(folder: str, text: str) -> Revisions:
    """`A..B`, `A...B` (HEAD where one is left out), or `A`: what has come since, also what is not committed.

    Raises `NoRange` where git cannot tell.
    """
    top = git(folder, "rev-parse", "--show-toplevel")
    if top is None:
        if git(folder, "--version") is None:
            raise NoRange(f"{text} is a range of revisions for git, which cannot be started")
        if git(folder, "rev-parse", "--git-dir") is not None:
            raise NoRange(f"{folder} is in a repository of git without a working tree")
        if (own := _repository(folder)) is not None:
            # As where it belongs to another user (`safe.directory`), which is usual in containers.
            raise NoRange(f"git does not read the repository in {own}: git status says there why")
        raise NoRange(f"{folder} is in no repository of git, so that {text} cannot be looked up")
    match = _RANGE.fullmatch(text)
    names = (match[1] or "HEAD", match[3] or "HEAD") if match else (text, None)
    start = _commit(folder, names[0])
    end = _commit(folder, names[1]) if names[1] is not None else None
    base = branched_off(folder, start) if end is None else _merge_base(folder, start, end)
    if match and match[2] == "...":
        if base is None:
            raise NoRange(f"git knows no common ancestor of {names[0]} and {names[1]}")
        start = base
    return Revisions(text=text, top=os.path.normpath(top.rstrip("\n")), start=start, end=end, base=base)


def _repository(folder: str) -> str | None:
    """The nearest folder upwards that looks like a repository's."""
    while not os.path.exists(os.path.join(folder, ".git")):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder


def is_revision(folder: str, text: str) -> bool:
    """Whether git knows a commit of this name."""
    return bool(text) and git(folder, *_verify(text)) is not None


def _verify(name: str) -> tuple[str, ...]:
    return ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")


def _commit(folder: str, name: str) -> str:
    found = git(folder, *_verify(name))
    if found is None:
        if git(folder, *_verify("HEAD")) is None:
            raise NoRange("the repository has no commits yet")
        raise NoRange(f"git knows no revision {name}")
    return found.strip()


def _merge_base(folder: str, one: str, other: str) -> str | None:
    return (git(folder, "merge-base", "--end-of-options", one, other) or "").strip() or None


def release(found: Revisions, is_wanted: Wanted | None = None) -> Release:
    """The migrations of a range. `is_wanted` says whether a file, by its absolute path, is one; by default
    what lies where Ecto looks is. Raises `NoRange` where git fails.
    """
    wanted = is_wanted or is_in_priv
    changed = _changed(found, found.start)
    before = _versions(_listed(found.top, found.start), wanted)
    added = [path for path in changed.get("A", ()) if wanted(path) and migration_file(path) is not None]
    gone = [path for path in changed.get("D", ()) if wanted(path) and migration_file(path) is not None]
    paths, notes = [], []
    for path in added:
        own = _file(path)
        old = before.get((folder_of(path), own.version))
        if old is not None and old in gone:
            gone.remove(old)
            notes.append(Note("renamed", path, old))
            continue
        paths.append(path)
        former = next((item for item in gone if _is_same(item, path)), None)
        if former is not None:
            gone.remove(former)
            notes.append(Note("moved", path, former))
    own_work = _own_work(found, changed)
    notes += [Note("deleted", path) for path in gone if path in own_work]
    edited = (path for path in changed.get("M", ()) if wanted(path) and migration_file(path) is not None)
    notes += [Note("edited", path) for path in edited if path in own_work]
    paths.sort(key=lambda path: (folder_of(path), _file(path)))
    notes.sort(key=lambda note: (note.path, note.kind))
    return Release(revisions=found, paths=tuple(paths), notes=tuple(notes))


def _is_same(one: str, other: str) -> bool:
    """Whether they are one migration with two versions: the name behind it is unique in a folder."""
    return folder_of(one) == folder_of(other) and _file(one).name == _file(other).name


def _file(path: str) -> MigrationFile:
    found = migration_file(path)
    assert found is not None
    return found


def _own_work(found: Revisions, changed: dict[str, tuple[str, ...]]) -> frozenset[str]:
    """What the range itself has changed, and not the branch that it is compared with."""
    if found.base is None or found.base == found.start:
        mine = changed
    else:
        mine = _changed(found, found.base)
    return frozenset(path for paths in mine.values() for path in paths)


def _changed(found: Revisions, start: str) -> dict[str, tuple[str, ...]]:
    """Absolute paths by what has become of them since `start`: "A"dded, "M"odified, "D"eleted."""
    plain = ("--no-ext-diff", "--no-renames", "--name-status", "-z")
    ends = (start,) if found.end is None else (start, found.end)
    listed = git(found.top, "diff", *plain, *ends, "--")
    if listed is None:
        raise NoRange(f"git cannot compare the revisions of {found.text}")
    fields = listed.split("\0")
    changed: dict[str, list[str]] = {}
    for status, name in zip(fields[::2], fields[1::2], strict=False):
        changed.setdefault(status[:1], []).append(os.path.normpath(os.path.join(found.top, name)))
    if found.end is None:
        untracked = git(found.top, "ls-files", "-z", "--others", "--exclude-standard")
        names = (untracked or "").split("\0")
        changed.setdefault("A", []).extend(
            os.path.normpath(os.path.join(found.top, name)) for name in names if name
        )
    return {status: tuple(sorted(set(paths))) for status, paths in changed.items()}


def _listed(top: str, commit: str) -> Iterable[str]:
    listed = git(top, "ls-tree", "-r", "-z", "--full-tree", "--name-only", commit)
    if listed is None:
        raise NoRange(f"git cannot list the files of {commit[:12]}")
    return (os.path.normpath(os.path.join(top, name)) for name in listed.split("\0") if name)


def _versions(paths: Iterable[str], wanted: Wanted) -> dict[tuple[str, int], str]:
    """The migrations by folder and version."""
    found = ((path, migration_file(path)) for path in paths if path.endswith(".exs") and wanted(path))
    return {(folder_of(path), item.version): path for path, item in found if item is not None}
