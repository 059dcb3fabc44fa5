"""textDocument/codeLens: over the module, what the migration comes to; picked, it opens the report.

How the report is opened is the editor's own affair: a command of the client, which it names in its
initialization options (`clientCommands`). Where it does not, the lens is a text: a command with an empty
name, which VS Code and Neovim show and do not run.
"""

from __future__ import annotations

from lsprotocol import types

from . import convert
from .documents import Document
from .session import Session

OPTIONS = types.CodeLensOptions(resolve_provider=False)
SHOW_REPORT = "ectoMigrations.showReport"


async def code_lens(ls: Session, params: types.CodeLensParams) -> list[types.CodeLens]:
    document = ls.migration(params.text_document.uri)
    if document is None:
        return []
    await ls.index.ready(document)
    found = lenses(ls, document)
    ls.lenses.answered(document, found)
    return found


def lenses(ls: Session, document: Document) -> list[types.CodeLens]:
    """By what is known now."""
    if not ls.settings.code_lens:
        return []
    from ecto_migrations_analysis.report.summary import summary

    analysis = ls.analysis(document)
    title = summary(analysis)
    if title is None:
        return []
    command = types.Command(title=title, command="")
    if SHOW_REPORT in ls.client.commands:
        command = types.Command(title=title, command=SHOW_REPORT, arguments=[document.uri])
    place = convert.text_range(document.source, analysis.migrations[0].migration.name_span)
    return [types.CodeLens(range=place, command=command)]
