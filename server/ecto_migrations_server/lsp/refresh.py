"""Tells the client to ask again for what it shows in the text, where the answer would be another one now.

An answer is given when the project is known. What it was is kept, and compared when something else is known
of the project: a client that asks for every document at each keystroke would be a busy one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

from .documents import Document

Answer = TypeVar("Answer")

# Of several documents that are judged again at once, the first makes the client ask for all.
_PAUSE_SECONDS = 0.05


class Refresher(Generic[Answer]):
    """`answer` is what would be answered for a document now; `ask` sends the request for all documents."""

    def __init__(self, answer: Callable[[Document], Answer], ask: Callable[[], object]) -> None:
        self.enabled = False
        self._answer = answer
        self._ask = ask
        self._answers: dict[str, tuple[int, Answer]] = {}
        self._asking: asyncio.TimerHandle | None = None

    def answered(self, document: Document, answer: Answer) -> None:
        """The client has been given this for this version of the document."""
        if self.enabled:
            self._answers[document.key] = (document.version, answer)

    def arrived(self, document: Document) -> None:
        """Something else is known of the project around the document, which has been analysed."""
        version, answer = self._answers.get(document.key, (None, None))
        # For another version the client asks by itself.
        if version == document.version and self._asking is None and answer != self._answer(document):
            self._asking = asyncio.get_running_loop().call_later(_PAUSE_SECONDS, self._ask_again)

    def closed(self, document: Document) -> None:
        self._answers.pop(document.key, None)

    def _ask_again(self) -> None:
        self._asking = None
        self._ask()
