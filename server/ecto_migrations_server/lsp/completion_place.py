"""Where in a migration the caret stands, for completion: told from the text before it.

While somebody types, blocks lack their `end` and the tree is of little use. The words `do`, `fn` and `end`
before the caret say all that is needed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ecto_migrations_snippets.template import Where

_TOKEN = re.compile(
    r"""
      ~[a-z]\"\"\" (?:\\. | [^\\])*? \"\"\" | ~[A-Z]+\"\"\" .*? \"\"\"
    | \"\"\" (?:\\. | [^\\])*? \"\"\" | ''' (?:\\. | [^\\])*? '''
    | (?P<open> \"\"\" | ''' )                 # no end: the caret is inside
    | ~[a-zA-Z]+ (?: \([^)]*\) | \[[^\]]*\] | \{[^}]*\} | <[^>]*> | \|[^|]*\| | /[^/]*/ )
    | " (?:\\. | [^"\\])* " | ' (?:\\. | [^'\\])* '
    | (?P<cut> ["'] | ~[a-zA-Z]+[(\[{<|/] )
    | (?P<comment> \#[^\n]* )
    | \?\\?.                      # a character, such as ?"
    | :\w+[?!]? | \w+[?!]?:(?=\s)   # an atom :end, a key do:
    | (?P<word> (?<![\w.@&]) (?: do | fn | end ) (?![\w?!]) )
    | (?P<opening> [(\[{] ) | (?P<closing> [)\]}] )
    | (?P<newline> \n )
    | \w+[?!]?
    """,
    re.VERBOSE | re.DOTALL,
)
# With the hyphens that names of templates have: who types one of them types them too.
_WORD_BEFORE_CARET = re.compile(r"[ \t]*((?:\w[\w-]*)?)")
_CALLBACK = re.compile(r"def\s+(change|up|down)\b")
_COMMENT = re.compile(r"#[^\n]*")
_FRESH = re.compile(
    r"""
    \s* (?:\#[^\n]*\s*)*
    defmodule \s+ (?P<module>[\w.]+) \s+ do \s+
    (?:use \s+ (?P<use>[\w.]+) \s+)?
    (?:def \s+ (?:change|up|down) (?:\(\))? \s+ do \s+ (?::ok \s+)? end \s+)*
    end \s*
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Fresh:
    """A migration that says nothing yet; names as far as the text gives them."""

    module: str | None
    use: str | None


@dataclass(frozen=True, slots=True)
class Caret:
    """`word` is what was typed of a statement's first word, `before` the number of characters before it.

    `where` is the part of a template that belongs here, `callback` the function (`change`, `up`, `down`) it
    would run in. `fresh` is set where the whole file may be filled in.
    """

    where: Where
    word: str
    before: int
    callback: str = "change"
    fresh: Fresh | None = None


def locate(text: str, caret: int) -> Caret | None:
    """Where the statement at character `caret` of `text` would stand.

    None where no statement can start (behind something else on its line, in a string or a comment), and
    where none of ours belongs.
    """
    start = _WORD_BEFORE_CARET.fullmatch(text, text.rfind("\n", 0, caret) + 1, caret)
    if start is None:
        return None
    word = start[1]
    before = caret - len(word)
    blocks = _open_blocks(text[:before])
    if blocks is None:
        return None
    if (fresh := _fresh(text[:before] + text[caret:])) is not None:
        return Caret("file", word, before, fresh=fresh)
    inside_alter = False
    for header in reversed(blocks):
        if header.startswith("create"):
            return None
        # An `if` or a `for` inside `alter` holds lines of its own kind.
        inside_alter = inside_alter or header.startswith("alter")
        if header.startswith("def"):
            callback = _CALLBACK.match(header)
            if callback is None:
                # Another function, or the module itself.
                return None
            return Caret("alter" if inside_alter else "callback", word, before, callback[1])
    return None


def _fresh(text: str) -> Fresh | None:
    if not _COMMENT.sub("", text).strip():
        return Fresh(None, None)
    match = _FRESH.fullmatch(text)
    return Fresh(match["module"], match["use"]) if match is not None else None


def _open_blocks(text: str) -> list[str] | None:
    """The headers of the blocks that are open at the end of `text`; None inside a string or comment."""
    blocks: list[str] = []
    depth = 0
    statement = 0
    for token in _TOKEN.finditer(text):
        if token["open"] or token["cut"] or (token["comment"] and token.end() == len(text)):
            return None
        if token["newline"] and depth == 0:
            statement = token.end()
        elif token["opening"]:
            depth += 1
        elif token["closing"]:
            depth = max(0, depth - 1)
        elif token["word"] == "end":
            if blocks:
                blocks.pop()
            statement = token.end()
        elif token["word"]:
            blocks.append(text[statement : token.start()].strip())
            depth = 0
            statement = token.end()
    return blocks
