"""What a run changes, in words, each thing once."""

from __future__ import annotations

from ..analysis import Run
from .words import describe_in


def changes(run: Run | None) -> list[str]:
    """What it does in order, each as the predicate of a sentence without a capital."""
    words = [describe_in(operation, step.before) for step, operation in (run.operations if run else ())]
    return list(dict.fromkeys(text[:1].lower() + text[1:] for text in words))
