"""A revision of git as a folder: what the analysis reads of it, and nothing that git would run.

No working tree of the user's is touched, no hook and no filter runs. The folder has a `.git` of three files
that lends the objects of the repository, so that what was released before can be looked up as always.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

from .git import git
from .migrations import is_in_priv, migration_file
from .release import NoRange

# Elixir, SQL that migrations read, and what tells the version of the database or our own settings.
_READ = re.compile(
    r".*\.(?:ex|exs|sql|toml|ya?ml)|(?:.*/)?(?:mix\.lock|\.tool-versions|\.ecto-migrations[^/]*)"
)
_SKIPPED = re.compile(r"(?:^|/)(?:deps|_build|node_modules)/")


@contextmanager
def checkout(top: str, commit: str) -> Iterator[str]:
    """The files of a commit in a folder that is gone afterwards. Raises `NoRange` where git fails."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="ecto-migrations-") as made:
        # Otherwise the name of the folder may differ from that of the files in it (macOS).
        folder = os.path.realpath(made)
        _lend(top, commit, folder)
        _write(top, commit, folder)
        yield folder


def _lend(top: str, commit: str, folder: str) -> None:
    objects = git(top, "rev-parse", "--git-path", "objects")
    form = (git(top, "rev-parse", "--show-object-format") or "sha1").strip()
    shallow = (git(top, "rev-parse", "--git-path", "shallow") or "").rstrip("\n")
    if objects is None:
        raise NoRange(f"{top} is in no repository of git")
    own = os.path.join(folder, ".git")
    for name in ("refs", "objects/info"):
        os.makedirs(os.path.join(own, *name.split("/")))
    version = 0 if form == "sha1" else 1
    config = f"[core]\n\trepositoryformatversion = {version}\n\tbare = false\n"
    if version:
        config += f"[extensions]\n\tobjectFormat = {form}\n"
    texts = {
        "HEAD": f"{commit}\n",
        "config": config,
        "objects/info/alternates": os.path.abspath(os.path.join(top, objects.rstrip("\n"))) + "\n",
    }
    if shallow and os.path.exists(os.path.join(top, shallow)):
        with open(os.path.join(top, shallow), encoding="utf-8") as file:
            texts["shallow"] = file.read()
    for name, text in texts.items():
        with open(os.path.join(own, *name.split("/")), "w", encoding="utf-8", newline="\n") as file:
            file.write(text)


def _write(top: str, commit: str, folder: str) -> None:
    listed = git(top, "ls-tree", "-r", "-z", "--full-tree", commit)
    if listed is None:
        raise NoRange(f"git cannot list the files of {commit[:12]}")
    wanted: list[tuple[str, str]] = []
    for line in listed.split("\0"):
        about, _, name = line.partition("\t")
        # "100644 blob <name>"; links and submodules are left out.
        mode, _, blob = about.partition(" blob ")
        if mode.startswith("100") and _READ.fullmatch(name) and not _SKIPPED.search(name):
            wanted.append((blob, name))
    if not wanted:
        return
    for (_, name), data in zip(wanted, _blobs(top, [blob for blob, _ in wanted]), strict=True):
        path = os.path.normpath(os.path.join(folder, name))
        if not path.startswith(folder + os.sep):
            continue
        if data is None:
            # A partial clone may lack a file that nobody has looked at yet: no migration can be left out.
            if is_in_priv(path) and migration_file(path) is not None:
                raise NoRange(f"git does not have the contents of {name}; fetch them first")
            continue
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)


def _blobs(top: str, names: list[str]) -> Iterator[bytes | None]:
    """The contents of blobs, in order (git-cat-file, "Batch output"); None for one that is missing."""
    import subprocess

    asked = "".join(f"{name}\n" for name in names).encode()
    command = ["git", "--no-pager", "--no-optional-locks", "-C", top, "cat-file", "--batch"]
    done = subprocess.run(command, input=asked, capture_output=True, check=False)
    if done.returncode != 0:
        raise NoRange("git cannot read the files of the revision")
    output, position = done.stdout, 0
    for _ in names:
        end = output.index(b"\n", position)
        head = output[position:end].split()
        if len(head) != 3:
            yield None
            position = end + 1
            continue
        size = int(head[2])
        yield output[end + 1 : end + 1 + size]
        position = end + 1 + size + 1
