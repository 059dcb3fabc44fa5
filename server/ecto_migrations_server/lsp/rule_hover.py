"""What the id of a rule in a comment stands for: its page."""

from __future__ import annotations

import re

from ecto_migrations_analysis.rules.catalogue import ENTRIES, rule
from ecto_migrations_analysis.rules.pages import page_url
from ecto_migrations_analysis.syntax.source import Source
from ecto_migrations_analysis.syntax.span import Span
from ecto_migrations_analysis.syntax.tree import parse

_WORD = re.compile(rb"[a-z][a-z0-9]*(?:-[a-z0-9]+)+")


def rule_at(source: Source, offset: int) -> tuple[str, Span] | None:
    """The id of a known rule in the comment at this byte offset, and where it stands."""
    for comment in parse(source).comments:
        if comment.contains(offset):
            for word in _WORD.finditer(source.data, comment.start, comment.end):
                span = Span(word.start(), word.end())
                name = word.group().decode()
                if name in ENTRIES and span.start <= offset <= span.end:
                    return name, span
    return None


def rule_hover(source: Source, offset: int) -> tuple[str, Span] | None:
    """Its page without the examples, Markdown, for the caret at this byte offset."""
    found = rule_at(source, offset)
    if found is None:
        return None
    name, span = found
    known = rule(name)
    text = known.page().partition("\n")[2].strip()
    heading = f"**{known.title()}** · {known.level}"
    return f"{heading}\n\n{text}\n\n[{name}]({page_url(name)})", span
