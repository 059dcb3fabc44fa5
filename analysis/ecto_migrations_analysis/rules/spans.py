"""The word of a statement that is the cause."""

from __future__ import annotations

import re

from ..operations import Operation, Statement
from ..syntax.source import Source
from ..syntax.span import Span


def word_span(
    source: Source, pattern: re.Pattern[bytes], operation: Operation, statement: Statement | None = None
) -> Span:
    """Where `pattern` stands in the source of the operation, or of its statement; else the whole operation."""
    spans = [operation.span, statement.span] if statement is not None else [operation.span]
    for span in spans:
        found = pattern.search(source.data, span.start, span.end)
        if found is not None:
            return Span(found.start(), found.end())
    return operation.span
