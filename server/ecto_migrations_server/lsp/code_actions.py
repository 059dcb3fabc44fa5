"""textDocument/codeAction and codeAction/resolve: the fixes of the analysis as the editor's code actions.

The request comes with every move of the caret, so it only lists what there is. The edit is made when the
user has picked one: then names for new files are chosen too, free at that moment. A client that cannot ask
a second time gets the edit at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ecto_migrations_analysis.analysis import Analysis
from ecto_migrations_analysis.fixes.model import Change, Offer
from lsprotocol import types

from . import convert, fix_all
from .documents import Document
from .session import Session

# Gets a list of URIs.
FILES_CREATED = "ectoMigrations.filesCreated"

OPTIONS = types.CodeActionOptions(
    code_action_kinds=[types.CodeActionKind.QuickFix, types.CodeActionKind.RefactorRewrite, fix_all.KIND],
    resolve_provider=True,
)


async def code_actions(ls: Session, params: types.CodeActionParams) -> list[types.CodeAction]:
    document = ls.migration(params.text_document.uri)
    if document is None or not ls.client.code_action_literals:
        return []
    from ecto_migrations_analysis.fixes.registry import offers

    analysis = await ls.full_analysis(document)
    wanted = params.context.only
    found = [
        action
        for offer in offers(analysis, convert.span(document.source, params.range))
        if _is_wanted(convert.kind(offer.kind), wanted)
        and (ls.client.creates_files or not offer.new_file_count)
        and (ls.client.renames_files or not offer.renames)
        and (action := _action(ls, document, analysis, offer, params.context.diagnostics)) is not None
    ]
    if fix_all.is_wanted(wanted) and fix_all.is_offered(analysis):
        everything = types.CodeAction(title=fix_all.TITLE, kind=fix_all.KIND)
        if (action := _resolvable(ls, everything, document, analysis, fix_all.OFFER)) is not None:
            found.append(action)
    return found


async def resolve(ls: Session, action: types.CodeAction) -> types.CodeAction:
    """The action with its edit; where the text is no longer the same, without one and with a message."""
    data = action.data if isinstance(action.data, Mapping) else {}
    document = ls.documents.get(str(data.get("uri")))
    if document is None:
        return _refused(ls, action, "the file is no longer open")
    if document.version != data.get("version"):
        return _refused(ls, action, "the file has changed since; ask for the code action again")
    analysis = await ls.full_analysis(document)
    if ls.documents.get(document.uri) is not document:
        return _refused(ls, action, "the file has changed since; ask for the code action again")
    change = _change(ls, analysis, str(data.get("offer")))
    if change is None:
        return _refused(ls, action, "the code that it was for is no longer there")
    return _with_edit(ls, action, change, document)


def _action(
    ls: Session,
    document: Document,
    analysis: Analysis,
    offer: Offer,
    diagnostics: Iterable[types.Diagnostic],
) -> types.CodeAction | None:
    action = types.CodeAction(
        title=offer.title,
        kind=convert.kind(offer.kind),
        diagnostics=_answered(analysis, offer, document, diagnostics) or None,
        is_preferred=offer.preferred or None,
    )
    return _resolvable(ls, action, document, analysis, offer.id)


def _resolvable(
    ls: Session, action: types.CodeAction, document: Document, analysis: Analysis, offer_id: str
) -> types.CodeAction | None:
    """The action without its edit, where the client asks for that later; None where there is no such edit."""
    if ls.client.resolves_edits:
        action.data = {"uri": document.uri, "version": document.version, "offer": offer_id}
        return action
    change = _change(ls, analysis, offer_id)
    if change is None:
        return None
    return _with_edit(ls, action, change, document)


def _with_edit(ls: Session, action: types.CodeAction, change: Change, document: Document) -> types.CodeAction:
    """Runs a command of the client after the edit, where it has one for the new files.

    Neovim leaves them behind empty on the disk, with their texts in buffers that nobody sees.
    """
    action.edit = convert.workspace_edit(change, document, ls.client, ls.files.open_at, action.title)
    if change.new_files and action.edit is not None and FILES_CREATED in ls.client.commands:
        uris = [convert.uri(file.path) for file in change.new_files]
        action.command = types.Command(
            title="Write the new migrations", command=FILES_CREATED, arguments=[uris]
        )
    return action


def _change(ls: Session, analysis: Analysis, offer_id: str) -> Change | None:
    from ecto_migrations_analysis.fixes.registry import StaleOffer, change

    if offer_id == fix_all.OFFER:
        return fix_all.change(ls, analysis)
    try:
        return change(analysis, offer_id, ls.files)
    except StaleOffer:
        return None


def _refused(ls: Session, action: types.CodeAction, reason: str) -> types.CodeAction:
    # A message and not an error: VS Code passes over the error of a resolve request in silence.
    message = f"{convert.SOURCE}: “{action.title}” was not applied: {reason}"
    ls.window_show_message(types.ShowMessageParams(type=types.MessageType.Warning, message=message))
    return action


def _is_wanted(kind: types.CodeActionKind, only: Iterable[types.CodeActionKind | str] | None) -> bool:
    """Whether `kind` is one of those asked for or below one of them (`refactor` holds `refactor.rewrite`)."""
    if not only:
        return True
    names = [wanted.value if isinstance(wanted, types.CodeActionKind) else wanted for wanted in only]
    return any(name in ("", kind.value) or kind.value.startswith(f"{name}.") for name in names)


def _answered(
    analysis: Analysis, offer: Offer, document: Document, diagnostics: Iterable[types.Diagnostic]
) -> list[types.Diagnostic]:
    """Those of the client's diagnostics that the offer is an answer to."""
    findings = [
        finding
        for finding in analysis.findings
        if finding.rule in offer.rules and finding.span in offer.finding_spans
    ]
    keys: list[Any] = [convert.diagnostic_data(finding) for finding in findings]
    places = [(finding.rule, convert.text_range(document.source, finding.span)) for finding in findings]
    return [
        diagnostic
        for diagnostic in diagnostics
        if diagnostic.source == convert.SOURCE
        and (diagnostic.data in keys if diagnostic.data else (diagnostic.code, diagnostic.range) in places)
    ]
