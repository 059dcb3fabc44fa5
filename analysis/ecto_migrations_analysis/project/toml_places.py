"""Where keys and values stand in a TOML text, which `tomllib` does not tell.

For texts that `tomllib` has read without an error: what is right needs no second look, so that a scanner is
enough. tomlkit and others that keep positions are parsers of their own, and one more dependency.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

Path = tuple["str | int", ...]

# Settings are at most this deep (`per_file_ignores."x"[0]`); what is deeper is no setting.
_MAX_DEPTH = 4
_TOKEN = re.compile(
    r'(?P<text>"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\')'
    r"|(?P<comment>\#[^\n]*)|(?P<blank>[ \t\r]+)|(?P<mark>[\[\]{}=,.\n])|(?P<bare>[^\s\[\]{}=,.#\"']+)",
    re.S,
)


class Places(NamedTuple):
    """Half-open ranges of character offsets by path: ("tables", "small", 0) is an item of a list."""

    keys: dict[Path, tuple[int, int]]
    values: dict[Path, tuple[int, int]]


def find_places(text: str) -> Places:
    """Every key and value of a text, as far as settings go. Never raises."""
    scanner = _Scanner(text)
    scanner.document()
    return scanner.places


class _Token(NamedTuple):
    kind: str
    text: str
    start: int
    end: int


class _Scanner:
    def __init__(self, text: str) -> None:
        self.places = Places({}, {})
        self._tokens = list(_tokens(text))
        self._at = 0

    def document(self) -> None:
        table: Path = ()
        while (token := self._peek()) is not None:
            if token.text == "\n":
                self._at += 1
            elif token.text == "[":
                table = self._header()
                self._line()
            else:
                self._pair(table)
                self._line()

    def _header(self) -> Path:
        while (token := self._peek()) is not None and token.text == "[":
            self._at += 1
        return self._key(())

    def _pair(self, table: Path) -> None:
        """`key = value`; what is neither is passed over."""
        path = self._key(table)
        token = self._peek()
        if token is None or token.text != "=":
            return
        self._at += 1
        self._value(path)

    def _key(self, table: Path) -> Path:
        """A dotted key; each of its parts is a place."""
        path = table
        while (token := self._peek()) is not None and token.kind in ("text", "bare"):
            path = (*path, _name(token))
            self.places.keys.setdefault(path, (token.start, token.end))
            self._at += 1
            dot = self._peek()
            if dot is None or dot.text != ".":
                break
            self._at += 1
        return path

    def _value(self, path: Path) -> None:
        token = self._peek()
        if token is None or token.text == "\n":
            return
        start = token.start
        if token.text in "[{" and len(path) < _MAX_DEPTH:
            self._at += 1
            if token.text == "[":
                self._items(path)
            else:
                self._pairs(path)
        else:
            self._skip()
        self.places.values.setdefault(path, (start, self._tokens[self._at - 1].end))

    def _items(self, path: Path) -> None:
        number = 0
        while (token := self._peek()) is not None:
            if token.text == "]":
                self._at += 1
                return
            if token.text in (",", "\n"):
                self._at += 1
                continue
            before = self._at
            self._value((*path, number))
            number += 1
            self._at = max(self._at, before + 1)

    def _pairs(self, path: Path) -> None:
        while (token := self._peek()) is not None:
            if token.text == "}":
                self._at += 1
                return
            before = self._at
            if token.text not in (",", "\n"):
                self._pair(path)
            self._at = max(self._at, before + 1)

    def _skip(self) -> None:
        """Over one value, whatever it holds."""
        depth = 0
        while (token := self._peek()) is not None:
            if depth == 0 and token.text in (",", "]", "}", "\n"):
                return
            depth += (token.text in ("[", "{")) - (token.text in ("]", "}"))
            self._at += 1

    def _line(self) -> None:
        """To the end of the line."""
        while (token := self._peek()) is not None and token.text != "\n":
            self._at += 1

    def _peek(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None


def _tokens(text: str) -> Iterator[_Token]:
    """Without blanks and comments; a character that begins no token is passed over."""
    for match in _TOKEN.finditer(text):
        if match.lastgroup not in ("comment", "blank"):
            yield _Token(match.lastgroup or "", match[0], match.start(), match.end())


def _name(token: _Token) -> str:
    if token.kind == "bare":
        return token.text
    if token.text.startswith("'"):
        return token.text[1:-1]
    import tomllib

    try:
        return str(tomllib.loads(f"key = {token.text}")["key"])
    except (ValueError, KeyError):
        return token.text[1:-1]
