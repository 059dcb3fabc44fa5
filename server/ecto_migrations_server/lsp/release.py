"""The commands for reports: one migration as it stands in the editor, or all that a branch brings."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from typing import Any

from ecto_migrations_analysis.analysis import Analysis
from pygls.exceptions import JsonRpcInvalidParams, JsonRpcRequestCancelled

from . import progress
from .session import Session


async def report(ls: Session, uri: Any) -> dict[str, Any] | None:
    """`title` and `markdown` of the migration report on an open document."""
    from ..reports.migration_markdown import markdown, title

    document = ls.migration(str(uri))
    if document is None:
        return None
    analysis = await ls.full_analysis(document)
    shown = _shown(document.path, analysis.project.root) or document.uri

    def written() -> str:
        return markdown(analysis, shown, _runs(document.path, analysis))

    return {"title": f"Report: {title(analysis)}", "markdown": await asyncio.to_thread(written)}


async def release_report(ls: Session, wanted: Any) -> dict[str, Any] | None:
    """`title` and `markdown` of the report on all migrations that come with an open document's branch.

    `wanted` is its URI, or `{uri, range}` for a range of git; without one it is everything since the branch
    left the one that is deployed, with what is open and unsaved. Raises JsonRpcInvalidParams, with a sentence
    for the user, where git cannot tell.
    """
    from ecto_migrations_analysis.project.release import NoRange

    given = wanted if isinstance(wanted, Mapping) else {"uri": wanted}
    document = ls.migration(str(given.get("uri")))
    if document is None:
        return None
    if document.path is None:
        raise JsonRpcInvalidParams(message="the file has to be saved once: git does not know it yet")
    texts = ls.reader.unsaved()
    since = str(given["range"]) if given.get("range") else None
    making = asyncio.ensure_future(asyncio.to_thread(_release, ls, document.path, since, texts))
    try:
        async with progress.shown(ls, "Reporting on the branch", making.cancel):
            return await making
    except asyncio.CancelledError as error:
        # What reads and judges goes on to its end, and nobody waits for it.
        raise JsonRpcRequestCancelled(message="the report was cancelled") from error
    except NoRange as error:
        raise JsonRpcInvalidParams(message=str(error)) from error
    except OSError as error:
        raise JsonRpcInvalidParams(message=f"{error.filename}: {error.strerror}") from error


def _release(ls: Session, path: str, wanted: str | None, texts: dict[str, bytes]) -> dict[str, Any]:
    from ecto_migrations_analysis.project.discovery import Workspace
    from ecto_migrations_analysis.project.release import NoRange, revisions
    from ecto_migrations_analysis.project.released import deployed_branch

    from ..reports.bundle import bundle
    from ..reports.release_markdown import release_markdown

    folder = os.path.realpath(os.path.dirname(path))
    since = wanted or deployed_branch(folder)
    if since is None:
        # Says what is missing where there is no git, or nothing in it.
        revisions(folder, "HEAD")
        raise NoRange("git knows no branch that is deployed: neither origin/HEAD nor main nor master")
    found = revisions(folder, since)
    with bundle(
        found,
        below=[found.top],
        maker=lambda base: Workspace(settled=True, base=base, adjust=ls.settings.adjust),
        configured=ls.reader.configured,
        buffers={os.path.realpath(path): data for path, data in texts.items()},
        shown_from=found.top,
    ) as whole:
        text = release_markdown(whole)
    return {"title": f"Release: {_short(since)}", "markdown": text}


def _short(revision: str) -> str:
    return revision.removeprefix("refs/remotes/").removeprefix("refs/heads/")


def _runs(path: str | None, analysis: Analysis) -> Any:
    """What was run of the text as it is now."""
    from .. import verification

    if path is None:
        return {}
    return verification.runs_of(path, analysis.source.data, verification.read(verification.record_of(path)))


def _shown(path: str | None, root: str | None) -> str | None:
    """The path from the project's root, with `/`, as it is written everywhere else."""
    if path is None:
        return None
    if root is not None and path.startswith(root + os.sep):
        path = path[len(root) + 1 :]
    return path.replace(os.sep, "/")
