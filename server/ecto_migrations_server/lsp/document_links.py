"""textDocument/documentLink: from a rule in a comment that silences it to the rule's page."""

from __future__ import annotations

from lsprotocol import types

from . import convert
from .session import Session

OPTIONS = types.DocumentLinkOptions(resolve_provider=False)


def document_links(ls: Session, params: types.DocumentLinkParams) -> list[types.DocumentLink]:
    """Names of excellent_migrations that stand for several rules lead nowhere."""
    document = ls.migration(params.text_document.uri)
    if document is None:
        return []
    from ecto_migrations_analysis.rules.catalogue import ENTRIES
    from ecto_migrations_analysis.rules.pages import page_url
    from ecto_migrations_analysis.rules.suppression import comments

    return [
        types.DocumentLink(
            range=convert.text_range(document.source, name.span),
            target=page_url(name.rules[0]),
            tooltip=f"The page of {name.rules[0]}",
        )
        for comment in comments(document.source)
        for name in comment.names
        if len(name.rules) == 1 and name.rules[0] in ENTRIES
    ]
