"""The folder of a migration where it is not the one that Ecto takes by itself."""

from __future__ import annotations

import os
from typing import NamedTuple

from .context import ProjectContext
from .migrations import folder_of


class OtherFolder(NamedTuple):
    """Its path from where mix is started (the root of the umbrella, if there is one), and from the
    application's root, as it lies in a release; with `/`."""

    for_mix: str
    in_release: str


def other_folder(project: ProjectContext, path: str) -> OtherFolder | None:
    """None for `<priv of the repo>/migrations`, and for what lies outside of a project."""
    if project.root is None:
        return None
    folder = os.path.normpath(project.settings.migration_folder(path) or folder_of(path))
    usual = os.path.normpath(os.path.join(project.root, project.repo.priv, "migrations"))
    if folder == usual or not folder.startswith(project.root + os.sep):
        return None
    for_mix = os.path.relpath(folder, project.umbrella or project.root)
    in_release = os.path.relpath(folder, project.root)
    return OtherFolder(for_mix.replace(os.sep, "/"), in_release.replace(os.sep, "/"))
