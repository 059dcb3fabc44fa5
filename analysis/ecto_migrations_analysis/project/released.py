"""What was there already where the present work branched off: the base revision of git.

Read by the commands of git that only look at commits (`for-each-ref`, `merge-base`, `ls-tree`, `grep`,
`cat-file`). They run no hook and nothing that a repository's configuration names.
"""

from __future__ import annotations

import os

from .ecto_schema_model import EctoSchema
from .ecto_schemas import read_schemas
from .files import Files, Stamp
from .git import branched_off, git
from .migrations import MigrationFile, migration_file

# The branch that is deployed, as it is usually called; the first that there is counts.
_BRANCHES = (
    "refs/remotes/origin/HEAD",
    "refs/remotes/origin/main",
    "refs/remotes/origin/master",
    "refs/heads/main",
    "refs/heads/master",
)


class Released:
    """The base revision of the working tree that holds `folder`, looked up again when a commit was made.

    That is where HEAD branched off from `revision`; None: from the branch that is deployed.
    """

    def __init__(self, folder: str, revision: str | None = None) -> None:
        self._folder = folder
        self._revision = revision
        self._seen: dict[str, Stamp] = {}
        self._base: str | None = None
        self._files: dict[str, str] | None = None
        self._migrations: tuple[MigrationFile, ...] | None = None
        self._schemas: dict[tuple[str, str], tuple[EctoSchema, ...]] = {}

    def migrations(self, files: Files) -> tuple[MigrationFile, ...] | None:
        """The migrations of the folder at the base; None where there is no git, or no base."""
        self._update(files)
        if self._base is None:
            return None
        if self._migrations is None:
            found = (migration_file(path) for path in self._listed())
            self._migrations = tuple(item for item in found if item is not None)
        return self._migrations

    def text(self, path: str, data: bytes, files: Files) -> str | None:
        """The text of a file below the folder at the base; None where it was not there, or was `data`."""
        self._update(files)
        if self._base is None:
            return None
        blob = self._listed().get(path)
        if blob is None or blob == _blob(data):
            return None
        return git(self._folder, "cat-file", "blob", blob)

    def _listed(self) -> dict[str, str]:
        """The files below the folder at the base, and the names of their contents."""
        if self._files is None:
            listed = git(self._folder, "ls-tree", "-r", "-z", self._base or "", "./") or ""
            found = (line.partition("\t") for line in listed.split("\0") if line)
            self._files = {
                os.path.normpath(os.path.join(self._folder, name)): about.rpartition(" ")[2]
                for about, _, name in found
            }
        return self._files

    def schemas(self, root: str, table: str, files: Files) -> tuple[EctoSchema, ...] | None:
        """The schema modules below `root` that had this table at the base."""
        self._update(files)
        if self._base is None:
            return None
        kept = self._schemas.get((root, table))
        if kept is None:
            patterns = ("-e", f'schema "{table}"', "-e", f'schema("{table}"')
            found = git(root, "grep", "-l", "-z", "-F", *patterns, self._base, "--", "*.ex")
            kept = ()
            for item in (found or "").split("\0"):
                revision, _, name = item.partition(":")
                text = git(root, "cat-file", "blob", f"{revision}:./{name}") if name else None
                if text is not None:
                    read = read_schemas(text.encode(), os.path.join(root, name)).schemas
                    kept += tuple(schema for schema in read if schema.table.name == table)
            self._schemas[root, table] = kept
        return kept

    def _update(self, files: Files) -> None:
        stamps = _stamps(self._folder, files)
        if stamps != self._seen:
            self._seen = stamps
            self._base = _base(self._folder, self._revision) if stamps else None
            self._files = None
            self._migrations = None
            self._schemas = {}


def _blob(data: bytes) -> str:
    """The name that git gives to these contents, unless the repository is one of SHA-256."""
    try:
        # hashlib loads OpenSSL for it, which takes as long as reading the migration.
        from _sha1 import sha1  # type: ignore[import-not-found]
    except ImportError:
        from hashlib import sha1

    return str(sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest())


def _stamps(folder: str, files: Files) -> dict[str, Stamp]:
    """The files of git that change with every commit, fetch and checkout; empty where there is no git."""
    while not os.path.exists(os.path.join(folder, ".git")):
        parent = os.path.dirname(folder)
        if parent == folder:
            return {}
        folder = parent
    git = os.path.join(folder, ".git")
    names = ("", "HEAD", "logs/HEAD", "packed-refs", "FETCH_HEAD", "refs/heads", "refs/remotes/origin")
    return {name: files.stamp(os.path.join(git, name)) for name in names}


def deployed_branch(folder: str) -> str | None:
    """The branch that is deployed, as it is usually called; None where there is none."""
    listed = git(folder, "for-each-ref", "--format=%(refname)", *_BRANCHES)
    present = (listed or "").split()
    return next((name for name in _BRANCHES if name in present), None)


def _base(folder: str, revision: str | None) -> str | None:
    revision = revision or deployed_branch(folder)
    return branched_off(folder, revision) if revision is not None else None
