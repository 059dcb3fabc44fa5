"""Which files a piece of work has added or changed: what differs from where it branched off."""

from __future__ import annotations

import os

from .git import branched_off, git


def changed_since(folder: str, revision: str) -> frozenset[str] | None:
    """The absolute paths of the files below `folder` that are new or changed since the merge base of HEAD and
    `revision`, in commits or in the working tree, untracked files included.

    None where `folder` is in no repository of git, the revision is not known, or nothing is common to both.
    """
    base = branched_off(folder, revision)
    if base is None:
        return None
    differing = git(
        folder, "diff", "--name-only", "-z", "--relative", "--no-ext-diff", "--diff-filter=d", base, "--", "."
    )
    untracked = git(folder, "ls-files", "-z", "--others", "--exclude-standard", "--", ".")
    if differing is None or untracked is None:
        return None
    names = [name for name in (*differing.split("\0"), *untracked.split("\0")) if name]
    return frozenset(os.path.normpath(os.path.join(folder, name)) for name in names)
