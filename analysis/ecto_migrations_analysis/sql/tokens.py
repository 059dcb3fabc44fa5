"""The tokens of one SQL text. The tree gives no ends and no place for clauses; the tokens do."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from .parser import Token

_OPEN = {"ASCII_40": "ASCII_41", "ASCII_91": "ASCII_93"}
_CLOSE = set(_OPEN.values())


class Tokens:
    """Positions are indexes of tokens; ranges are half-open; past the end there is nothing but `""`."""

    def __init__(self, sql: str, tokens: list[Token]) -> None:
        self.sql = sql
        self.items = tokens
        self._starts = [token.start for token in tokens]

    def at(self, character: int) -> int:
        """The first token that starts at `character` or behind it."""
        return bisect_left(self._starts, character)

    def word(self, index: int) -> str:
        """The token in upper case as it is written (a quoted name keeps its quotes)."""
        if not 0 <= index < len(self.items):
            return ""
        token = self.items[index]
        return self.sql[token.start : token.end].upper()

    def is_word(self, index: int, *words: str) -> bool:
        return self.word(index) in words

    def sequence(self, index: int, *words: str) -> bool:
        """Whether these words stand at `index`, one after the other."""
        return all(self.word(index + place) == word for place, word in enumerate(words))

    def skip(self, index: int, *words: str) -> int:
        """Behind `words` if all of them stand at `index`, else `index`."""
        return index + len(words) if self.sequence(index, *words) else index

    def close(self, index: int) -> int:
        """The token that closes the parenthesis or bracket at `index`; the last token where none does."""
        depth = 0
        for place in range(index, len(self.items)):
            name = self.items[place].name
            if name in _OPEN:
                depth += 1
            elif name in _CLOSE:
                depth -= 1
                if depth == 0:
                    return place
        return len(self.items) - 1

    def top_level(self, first: int, last: int) -> Iterator[int]:
        """The tokens from `first` on that stand in no parentheses; ends at `last` or at an unopened `)`."""
        index = first
        while index < last:
            name = self.items[index].name
            if name in _CLOSE:
                return
            yield index
            index = self.close(index) + 1 if name in _OPEN else index + 1

    def find(self, words: Iterable[str], first: int, last: int) -> int | None:
        """The first token outside parentheses that is one of `words`."""
        wanted = set(words)
        return next((index for index in self.top_level(first, last) if self.word(index) in wanted), None)

    def end_of_level(self, first: int, last: int) -> int:
        """Where the parentheses around `first` close, at most `last`."""
        stop = first
        for index in self.top_level(first, last):
            stop = self.close(index) + 1 if self.items[index].name in _OPEN else index + 1
        return min(stop, last)

    def split(self, first: int, last: int) -> list[tuple[int, int]]:
        """The parts between the commas outside parentheses."""
        parts: list[tuple[int, int]] = []
        start = first
        for index in self.top_level(first, last):
            if self.items[index].name == "ASCII_44":
                parts.append((start, index))
                start = index + 1
        parts.append((start, self.end_of_level(start, last)))
        return parts

    def name_end(self, index: int) -> int:
        """Behind a name that may be qualified: `a`, `a.b`, `a.b.c`."""
        index += 1
        while self.word(index) == ".":
            index += 2
        return index

    def enclosing(self, index: int, first: int, last: int) -> tuple[int, int]:
        """What the innermost parentheses around `index` hold; `first` to `last` where there are none."""
        depth = 0
        for place in range(index, first - 1, -1):
            name = self.items[place].name
            if name in _CLOSE:
                depth += 1
            elif name in _OPEN:
                if depth == 0:
                    return place + 1, self.close(place)
                depth -= 1
        return first, last
