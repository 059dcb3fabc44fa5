"""What a quoted literal says, piece by piece, each piece with the source it comes from.

Strings, heredocs, sigils and quoted atoms: escapes (`elixir_interpolation:unescape_string`), the indentation
of heredocs (`elixir_tokenizer:remove_heredoc_spaces`: as many spaces or tabs are taken from the start of
each line as stand before the closing quotes) and interpolations.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..records import dataclass
from .span import Span
from .tree import Node

_ESCAPES = {
    "0": "\0",
    "a": "\a",
    "b": "\b",
    "d": "\x7f",
    "e": "\x1b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "s": " ",
    "t": "\t",
    "v": "\v",
}
_LINE = re.compile(rb"[^\n]*\n|[^\n]+")
_OPENING = re.compile(rb"[ \t]*\r?\n")


@dataclass(frozen=True, slots=True)
class Literal:
    """`text` stands in the source at `span`; `verbatim` where the bytes there are exactly its UTF-8."""

    text: str
    span: Span
    verbatim: bool


@dataclass(frozen=True, slots=True)
class Hole:
    """`#{…}`: the expressions in it (a block, in general), and the whole interpolation's span."""

    body: tuple[Node, ...]
    span: Span


def sigil_name(node: Node) -> str:
    name = node.child("sigil_name")
    return name.text if name else ""


def sigil_modifiers(node: Node) -> str:
    modifiers = node.child("sigil_modifiers")
    return modifiers.text if modifiers else ""


def is_heredoc(node: Node) -> bool:
    return node.data[_quote_start(node) :][:3] in (b'"""', b"'''")


def parts(node: Node) -> Iterator[Literal | Hole]:
    """The parts of a `string`, `charlist`, `sigil`, `quoted_atom` or `quoted_keyword`, in order."""
    raw = node.kind == "sigil" and sigil_name(node)[:1].isupper()
    heredoc = is_heredoc(node)
    indent = _indentation(node) if heredoc else 0
    # The line break behind the opening quotes belongs to them; a line's indentation is still to be taken off.
    at_line_start = heredoc
    first = heredoc
    for child in node.children:
        if child.kind == "quoted_content":
            yield from _content(child, indent, at_line_start, first, raw)
            at_line_start = heredoc and node.data[child.end - 1 : child.end] == b"\n"
        elif child.kind == "escape_sequence":
            yield _escape(child, raw, node)
            at_line_start = heredoc and child.text.endswith("\n")
        elif child.kind == "interpolation":
            yield Hole(tuple(child.children), child.span)
            at_line_start = False
        else:
            continue
        first = False


def _quote_start(node: Node) -> int:
    name = node.child("sigil_name")
    if name is not None:
        return name.end
    return node.start + 1 if node.kind == "quoted_atom" else node.start


def _indentation(node: Node) -> int:
    modifiers = node.child("sigil_modifiers")
    stop = (modifiers.start if modifiers else node.end) - 3
    line = node.data[max(node.data.rfind(b"\n", node.start, stop) + 1, node.start) : stop]
    return len(line) if not line.strip(b" \t") else 0


def _continued(data: bytes, start: int, end: int) -> int:
    """Where the backslash before the line's end stands; `end` where there is none."""
    at = end - 1
    if data[at : at + 1] != b"\n":
        return end
    at -= 1 if data[at - 1 : at] == b"\r" else 0
    first = at
    while first > start and data[first - 1 : first] == b"\\":
        first -= 1
    return at - 1 if (at - first) % 2 else end


def _content(node: Node, indent: int, at_line_start: bool, first: bool, raw: bool) -> Iterator[Literal]:
    data, offset = node.data, node.start
    if first:
        opening = _OPENING.match(data, offset, node.end)
        offset = opening.end() if opening else offset
    run_start = offset
    for line in _LINE.finditer(data, offset, node.end):
        start, end = line.span()
        if indent and (at_line_start or start > offset):
            cut = start
            while cut < min(start + indent, end) and data[cut] in b" \t":
                cut += 1
            if cut > start:
                if start > run_start:
                    yield _literal(data, run_start, start)
                run_start = cut
        # In a heredoc the grammar leaves a backslash before the line's end to us.
        backslash = end if raw else _continued(data, start, end)
        if backslash < end:
            if backslash > run_start:
                yield _literal(data, run_start, backslash)
            yield Literal("", Span(backslash, end), False)
            run_start = end
    if node.end > run_start:
        yield _literal(data, run_start, node.end)


def _literal(data: bytes, start: int, end: int) -> Literal:
    try:
        return Literal(data[start:end].decode("utf-8"), Span(start, end), True)
    except UnicodeDecodeError:
        return Literal(data[start:end].decode("utf-8", "replace"), Span(start, end), False)


def _escape(node: Node, raw: bool, quoted: Node) -> Literal:
    text = node.text
    if raw:
        # An uppercase sigil escapes its closing delimiter and nothing else.
        closing = quoted.data[: quoted.end].rstrip(
            b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        )
        delimiter = closing[-1:].decode("latin-1")
        if not is_heredoc(quoted) and text == "\\" + delimiter:
            return Literal(delimiter, node.span, False)
        return Literal(text, node.span, True)
    return Literal(_unescape(text), node.span, False)


def _unescape(text: str) -> str:
    rest = text[1:]
    if rest in ("\n", "\r\n"):
        return ""
    if rest[:1] in ("x", "u") and len(rest) > 1:
        try:
            code = int(rest[1:].strip("{}"), 16)
            return chr(code) if not 0xD800 <= code <= 0xDFFF else "\ufffd"
        except (ValueError, OverflowError):
            return rest
    return _ESCAPES.get(rest, rest)
