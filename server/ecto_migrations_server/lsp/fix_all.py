"""`source.fixAll.ecto-migrations`: what needs no decision, all at once, as on save.

Offered only where the client asks for that kind, and where there is something to do.
"""

from __future__ import annotations

from collections.abc import Iterable

from ecto_migrations_analysis.analysis import Analysis
from ecto_migrations_analysis.fixes.model import Change
from lsprotocol import types

from .session import Session

KIND = "source.fixAll.ecto-migrations"
TITLE = "Fix everything that needs no decision"
# The offer in the data of the action.
OFFER = "fix-all"


def is_wanted(only: Iterable[types.CodeActionKind | str] | None) -> bool:
    """Whether the client asks for it by name: `source`, `source.fixAll`, or the kind itself."""
    names = [wanted.value if isinstance(wanted, types.CodeActionKind) else wanted for wanted in only or ()]
    return any(name == KIND or (name and KIND.startswith(f"{name}.")) for name in names)


def is_offered(analysis: Analysis) -> bool:
    from ecto_migrations_analysis.fixes.registry import offers
    from ecto_migrations_analysis.fixes.unattended import is_unattended

    return any(is_unattended(offer) for offer in offers(analysis))


def change(ls: Session, analysis: Analysis) -> Change | None:
    """The lines that differ afterwards; None where nothing does."""
    from ecto_migrations_analysis.engine import analyze
    from ecto_migrations_analysis.fixes.unattended import edits, fix

    fixed = fix(analysis, lambda source: analyze(source, analysis.project), ls.files)
    if not fixed.titles:
        return None
    try:
        return Change(edits=edits(analysis.source.data, fixed.analysis.source.data))
    except UnicodeDecodeError:
        # The text as the editor has it is UTF-8; this is another one.
        return None
