"""The major version of the PostgreSQL server, as the files around a project tell it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from .context import DatabaseVersion
from .files import Files

# Images of PostgreSQL, also those that add extensions to it: `postgres:16.1-alpine`,
# `timescale/timescaledb:2.14.2-pg15`, `pgvector/pgvector:pg16`, `postgres:${PG_VERSION:-15}`.
_IMAGE = re.compile(
    r"""(?:^|[\s"'/=])(?:postgres|postgresql|postgis|pgvector|timescaledb(?:-ha)?)"""
    r""":(?:\$\{\w+:?-)?v?(?P<tag>[\w.-]+)"""
)
_COMMENT = re.compile(r"(?:^|\s)#.*")
_PG_TAG = re.compile(r"(?:^|-)pg(\d{1,2})\b")
_PLAIN_TAG = re.compile(r"(\d{1,2})(?:[.-]|$)")
_TOOL = re.compile(r"^\s*(?:postgres|postgresql)\s+(\d{1,2})\b", re.M)
_MISE = re.compile(r"""^\s*(?:"[^"]*postgres"|postgres|postgresql)\s*=\s*["'](\d{1,2})\b""", re.M)
_COMPOSE = re.compile(r"(?:docker-)?compose[\w.-]*\.ya?ml")
_CI = (
    ".gitlab-ci.yml",
    ".circleci/config.yml",
    ".semaphore/semaphore.yml",
    ".travis.yml",
    ".drone.yml",
    ".woodpecker.yml",
    "bitbucket-pipelines.yml",
    "azure-pipelines.yml",
)
# Releases that anybody runs; a number outside of them belongs to something else.
_PLAUSIBLE = range(9, 30)


def database_version(folders: list[str], files: Files) -> DatabaseVersion:
    """The version that the nearest file tells, and which file that is; otherwise the assumed one.

    In this order: compose files, CI configuration, `.tool-versions` and `mise.toml`. Of several versions in
    one place the oldest counts: what is safe there is safe everywhere. `folders` are looked at in turn, the
    nearest first.
    """
    for source in (_compose, _ci, _tools):
        for folder in folders:
            for path in source(folder, files):
                found = _versions(path, files)
                if found:
                    return DatabaseVersion(major=min(found), source=os.path.relpath(path, folder))
    return DatabaseVersion()


def _compose(folder: str, files: Files) -> Iterator[str]:
    for place in (folder, os.path.join(folder, ".devcontainer"), os.path.join(folder, "docker")):
        yield from (os.path.join(place, name) for name in files.names(place) if _COMPOSE.fullmatch(name))


def _ci(folder: str, files: Files) -> Iterator[str]:
    workflows = os.path.join(folder, ".github", "workflows")
    names = (name for name in files.names(workflows) if name.endswith((".yml", ".yaml")))
    yield from (os.path.join(workflows, name) for name in names)
    yield from (os.path.join(folder, *name.split("/")) for name in _CI)


def _tools(folder: str, files: Files) -> Iterator[str]:
    yield from (os.path.join(folder, name) for name in (".tool-versions", "mise.toml", ".mise.toml"))


def _versions(path: str, files: Files) -> list[int]:
    data = files.read(path)
    if data is None:
        return []
    text = data.decode("utf-8", "replace")
    name = os.path.basename(path)
    if name == ".tool-versions":
        found = [int(match) for match in _TOOL.findall(text)]
    elif name.endswith("mise.toml"):
        found = [int(match) for match in _MISE.findall(text)]
    else:
        lines = "\n".join(
            line.partition(" #")[0] for line in text.splitlines() if not line.lstrip().startswith("#")
        )
        found = [version for match in _IMAGE.finditer(lines) if (version := _of_tag(match["tag"]))]
    return [version for version in found if version in _PLAUSIBLE]


def _of_tag(tag: str) -> int | None:
    match = _PG_TAG.search(tag) or _PLAIN_TAG.match(tag)
    return int(match[1]) if match else None
