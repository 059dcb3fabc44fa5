"""textDocument/codeLens: over the module, what the migration comes to; picked, it opens the report.

Beside it stands "Rehearse". How either page is shown is the editor's own affair: a command of the client,
which it names in its initialization options (`clientCommands`). Where it does not, the first lens is a text,
a command with an empty name, which VS Code and Neovim show and do not run; and there is no second one.
"""

from __future__ import annotations

from lsprotocol import types

from . import convert
from .documents import Document
from .session import Session

OPTIONS = types.CodeLensOptions(resolve_provider=False)
SHOW_REPORT = "ectoMigrations.showReport"
REHEARSE = "ectoMigrations.rehearse"


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
    found = [types.CodeLens(range=place, command=command)]
    if REHEARSE in ls.client.commands and analysis.project.database == "postgres":
        command = types.Command(title="Rehearse", command=REHEARSE, arguments=[document.uri])
        found.append(types.CodeLens(range=place, command=command))
    return found
