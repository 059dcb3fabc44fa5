"""workspace/executeCommand: what an editor asks for beside the protocol's own requests.

Each command takes plain JSON and answers plain JSON; the extension for VS Code has its types in
editors/vscode/src/server/protocol.ts. Documents are those that are open; for another one the answer is null.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pygls.exceptions import JsonRpcInvalidParams
from pygls.uris import to_fs_path

from . import convert
from .rehearsal import rehearse
from .release import release_report, report
from .session import Session

if TYPE_CHECKING:
    from ..new_migration import PlannedFile

_MOST_REASONS = 5


def register(server: Session) -> None:
    """Announces the commands; every name is there before the client is answered."""
    for name, handler in _HANDLERS.items():
        server.command(f"ectoMigrations.server.{name}")(handler)


async def verdict(ls: Session, uri: Any) -> dict[str, Any] | None:
    """`classification` of an open document, its worst findings in words, and how many there are."""
    document = ls.migration(str(uri))
    if document is None:
        return None
    analysis = await ls.full_analysis(document)
    findings = sorted(analysis.findings, key=lambda finding: (-finding.level, finding.span))
    levels = [str(finding.level) for finding in findings]
    reasons = [finding.message for finding in findings[:_MOST_REASONS]]
    if len(findings) > _MOST_REASONS:
        reasons.append(f"and {len(findings) - _MOST_REASONS} more")
    return {
        "classification": analysis.classification,
        "reasons": reasons,
        "counts": {level: levels.count(level) for level in ("danger", "risk", "info")},
    }


def rules(ls: Session) -> list[dict[str, str]]:
    """All rules: `id`, `level`, `title`; the gravest first."""
    from ecto_migrations_analysis.rules.catalogue import rules as known

    return [
        {"id": rule.id, "level": str(rule.level), "title": rule.title()}
        for rule in sorted(known().values(), key=lambda rule: (-rule.level, rule.id))
    ]


def rule(ls: Session, name: Any) -> dict[str, str] | None:
    """`title` and `markdown` of a rule's page; null for a rule that does not exist."""
    from ecto_migrations_analysis.rules import catalogue, pages

    if not isinstance(name, str) or name not in catalogue.ENTRIES:
        return None
    page = pages.page(catalogue.rule(name), catalogue.ENTRIES[name])
    return {"title": f"Rule: {name}", "markdown": f"{page}\n<{pages.page_url(name)}>\n"}


def templates(ls: Session) -> list[dict[str, Any]]:
    """The templates that make migrations: `name`, `title`, `description`, and how many `files` they make."""
    from ecto_migrations_snippets import templates as known

    return [
        {
            "name": template.name,
            "title": template.title,
            "description": template.description,
            "files": len(template.files),
        }
        for template in known()
        if template.files
    ]


async def new_migration(ls: Session, wanted: Any) -> list[dict[str, Any]]:
    """Writes the migrations of a template: `{template, folder, name?, words?}`, the folder as a URI.

    Answers with `uri`, `text` and `snippet` of each. Raises JsonRpcInvalidParams, with a sentence for the
    user, for what cannot be written.
    """
    given = wanted if isinstance(wanted, Mapping) else {}
    folder = to_fs_path(str(given.get("folder")))
    if folder is None or not os.path.isdir(folder):
        raise JsonRpcInvalidParams(message=f"{given.get('folder')} is no folder")
    buffers = {other.path: other.source.data for other in ls.documents if other.path is not None}
    try:
        # The project may have thousands of migrations, and typing goes on meanwhile.
        files = await asyncio.to_thread(_write, given, folder, ls.files.names(folder), buffers)
    except ValueError as error:
        raise JsonRpcInvalidParams(message=str(error)) from error
    except OSError as error:
        raise JsonRpcInvalidParams(
            message=f"{error.filename}: {error.strerror}; nothing was written"
        ) from error
    return [{"uri": convert.uri(file.path), "text": file.text, "snippet": file.snippet} for file in files]


def _write(
    given: Mapping[str, Any], folder: str, taken: frozenset[str], buffers: Mapping[str, bytes]
) -> tuple[PlannedFile, ...]:
    from ecto_migrations_analysis.project.discovery import context_for

    from ..new_migration import plan, template_named, write

    words = given.get("words")
    files = plan(
        template_named(str(given.get("template"))),
        folder,
        project_of=lambda path: context_for(path, buffers),
        taken=taken,
        name=str(given["name"]) if given.get("name") else None,
        words={str(key): str(value) for key, value in words.items()} if isinstance(words, Mapping) else None,
    )
    write(files)
    return files


_HANDLERS: dict[str, Callable[..., Any]] = {
    "report": report,
    "releaseReport": release_report,
    "rehearse": rehearse,
    "verdict": verdict,
    "rules": rules,
    "rule": rule,
    "templates": templates,
    "newMigration": new_migration,
}
