"""Which argument of which call the caret is in, told from the text before it.

While somebody types `remove :ti`, or `add :x,` with another call on the next line, the tree shows something
else or nothing. The tokens before the caret say all that is needed: the calls that are open, with and without
parentheses, the blocks around them, and what their arguments are so far.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"""
      (?P<skip> \"\"\" .*? \"\"\" | ''' .*? ''' | \#[^\n]* | \?\\?\S
        | ~[a-zA-Z]+ (?: \"\"\" .*? \"\"\" | \([^)]*\) | \[[^\]]*\] | \{[^}]*\} | <[^>]*> | \|[^|]*\|
            | /[^/]*/ | \"[^"]*\" ) [a-z]* )
    | (?P<open> \"\"\" | ''' | ~[a-zA-Z]+[(\[{<|/"] )      # without its end: the caret is inside
    | (?P<key> (?:[a-z_]\w*[?!]? | \"[^"\n]*\") :(?=\s|\Z) )
    | :?(?P<string> \" (?:\\. | [^"\\])* \" ) | '(?:\\.|[^'\\])*'
    | (?P<cut> ["'] )
    | (?P<atom> :[A-Za-z_]\w*[?!]? )
    | (?P<word> [A-Za-z_][\w.]*[?!]? )
    | (?P<opening> [(\[{] ) | (?P<closing> [)\]}] )
    | (?P<comma> , ) | (?P<newline> \n )
    | (?P<other> \S )
    """,
    re.VERBOSE | re.DOTALL,
)
# What is being typed: an atom, a string of one word, or a bare word.
_TYPED = re.compile(r'(?::|"|:")?\w*\Z')
_REST = re.compile(r"\w*[?!]?\"?")
_WORD_BEHIND = re.compile(r"\w*[?!]?")
# Calls that stand as the only argument of another one without parentheses: `create index :posts, [:a]`.
_INNER = frozenset({"table", "index", "unique_index", "constraint", "references"})
_OUTER = frozenset({"create", "create_if_not_exists", "drop", "drop_if_exists", "alter", "rename"})
# Functions whose result nobody uses as an argument: they begin a statement wherever they begin a line.
_STATEMENTS = _OUTER | {
    "add",
    "add_if_not_exists",
    "modify",
    "remove",
    "remove_if_exists",
    "timestamps",
    "execute",
}


@dataclass
class Call:
    """A call that is open at the caret, or that heads a block.

    `arguments` are the names (of an atom or string) by position; `key` is the option whose value is next,
    `keys` those that are written already. `inside` says in which brackets of its the caret is ("[", "{").
    """

    name: str = ""
    position: int = 0
    key: str | None = None
    keys: list[str] = field(default_factory=list)
    arguments: dict[int, str] = field(default_factory=dict)
    table: str | None = None
    inside: str = ""
    started: bool = False


@dataclass(frozen=True, slots=True)
class Argument:
    """`call` is the innermost open call; `blocks` are the calls whose `do` is open, outermost first.

    `typed` is what stands from `start` to the caret: `:ti`, `"ti`, `nu` or nothing. `end` is behind the word
    that the caret is in. `callback` is the function around it.
    """

    call: Call
    blocks: tuple[Call, ...]
    typed: str
    start: int
    end: int
    callback: str

    @property
    def table(self) -> str | None:
        """The table of the block around the caret: of `alter` or `create`."""
        for block in reversed(self.blocks):
            if block.name in ("alter", "create", "create_if_not_exists", "table"):
                return block.table or block.arguments.get(0)
        return None


def locate_argument(text: str, caret: int) -> Argument | None:
    """None in a comment, inside of a longer string, and where no call is open."""
    found = _TYPED.search(text, 0, caret)
    assert found is not None
    start = found.start()
    typed = found[0]
    if typed.startswith(":") and start > 0 and (text[start - 1].isalnum() or text[start - 1] in ':_"'):
        return None
    state = _State()
    for token in _TOKEN.finditer(text, 0, start):
        state.take(token)
    if state.lost or not state.frames:
        return None
    call, inside = state.call()
    if not call.name:
        return None
    call.inside = inside
    behind = (_REST if '"' in typed else _WORD_BEHIND).match(text, caret)
    callback = next((block.arguments.get(-1, "") for block in state.blocks() if block.name == "def"), "")
    end = behind.end() if behind is not None else caret
    return Argument(call, tuple(state.blocks()), typed, start, end, callback)


@dataclass
class _Frame:
    """An open bracket, a block (`do`), or the statement in it. `inline`: a block `do: …`, without an end."""

    kind: str
    call: Call
    inline: bool = False


class _State:
    def __init__(self) -> None:
        self.frames: list[_Frame] = [_Frame("block", Call()), _Frame("statement", Call())]
        self.lost = False
        self._last = "newline"
        self._word_end = -1

    def blocks(self) -> list[Call]:
        return [frame.call for frame in self.frames if frame.kind == "block" and frame.call.name]

    def call(self) -> tuple[Call, str]:
        """The innermost call, and the brackets between it and the caret."""
        inside = ""
        for frame in reversed(self.frames):
            if frame.kind in ("[", "{"):
                inside = frame.kind + inside
            elif frame.kind != "block":
                return frame.call, inside
            else:
                break
        return Call(), ""

    def take(self, token: re.Match[str]) -> None:
        kind = token.lastgroup or "other"
        if kind == "skip":
            if not token[0].startswith("#"):
                self._value(None)
            elif token.end() == token.endpos and "\n" not in token[0]:
                self.lost = True  # the caret is in the comment
            return
        if kind in ("open", "cut"):
            self.lost = True
            return
        getattr(self, f"_{kind}")(token)
        self._last = "continues" if kind == "comma" or token[0] in ("|", ">", "=", "<", "+", "&") else kind

    # --- tokens --------------------------------------------------------------------------------------------

    def _key(self, token: re.Match[str]) -> None:
        name = token[0].rstrip(":").strip('"')
        if name == "do":
            self._open_block(inline=True)
            return
        # Inside of a list, `desc: :title` is the list's own.
        call = self.frames[-1].call
        call.key = name
        call.keys.append(name)

    def _atom(self, token: re.Match[str]) -> None:
        self._value(token[0][1:])

    def _string(self, token: re.Match[str]) -> None:
        self._value(token["string"][1:-1])

    def _word(self, token: re.Match[str]) -> None:
        word = token[0]
        if self._last == "newline" and self.frames[-1].kind == "statement" and word in _STATEMENTS:
            # `add :x,` was left unfinished on the line above.
            self._new_statement()
        if word == "do":
            self._open_block(inline=False)
        elif word == "fn":
            self.frames += [_Frame("block", Call("fn")), _Frame("statement", Call())]
        elif word == "end":
            self._close_block()
        elif word == "else":
            self._new_statement()
        else:
            top = self.frames[-1]
            called = token.string[token.end() : token.end() + 1] == "("
            if called:
                self._word_end = token.end()
                top.call.started = True
                self._called = word
            elif top.kind == "statement" and not top.call.started:
                top.call.started = True
                top.call.name = word
            elif top.kind == "statement" and top.call.name in ("def", "defp"):
                top.call.arguments[-1] = word
            elif top.kind == "statement" and word in _INNER and top.call.name in _OUTER:
                top.call = Call(word, started=True)
            else:
                self._value(None)

    _called = ""

    def _opening(self, token: re.Match[str]) -> None:
        name = self._called if token[0] == "(" and token.start() == self._word_end else ""
        top = self.frames[-1]
        if name and top.kind == "statement" and top.call.name in ("def", "defp"):
            top.call.arguments[-1] = name
        self.frames.append(_Frame(token[0], Call(name, started=True)))

    def _closing(self, token: re.Match[str]) -> None:
        wanted = {")": "(", "]": "[", "}": "{"}[token[0]]
        while len(self.frames) > 2 and self.frames[-1].kind != wanted:
            if self.frames[-1].kind == "block" and not self.frames[-1].inline:
                return
            self.frames.pop()
        if len(self.frames) <= 2:
            return
        closed = self.frames.pop()
        outer = self.frames[-1].call
        if closed.call.name in _INNER or closed.call.table:
            outer.table = outer.table or closed.call.table or closed.call.arguments.get(0)
        if self.frames[-1].kind == "statement" and not outer.name and closed.call.name:
            outer.name = closed.call.name
            outer.table = outer.table or closed.call.arguments.get(0)
            outer.arguments.update(closed.call.arguments)
            outer.position = closed.call.position + 1
        self._called = ""

    def _comma(self, token: re.Match[str]) -> None:
        call = self.frames[-1].call
        call.position += 1
        call.key = None

    def _newline(self, token: re.Match[str]) -> None:
        if self.frames[-1].kind == "statement" and self._last != "continues":
            self._new_statement()

    def _other(self, token: re.Match[str]) -> None:
        if token[0] == ";":
            self._new_statement()

    # --- steps ---------------------------------------------------------------------------------------------

    def _value(self, name: str | None) -> None:
        top = self.frames[-1]
        top.call.started = True
        if name is not None and top.call.key is None:
            top.call.arguments.setdefault(top.call.position, name)

    def _open_block(self, inline: bool) -> None:
        while len(self.frames) > 1 and self.frames[-1].kind not in ("statement", "("):
            self.frames.pop()
        self.frames += [_Frame("block", self.frames[-1].call, inline), _Frame("statement", Call())]

    def _close_block(self) -> None:
        while len(self.frames) > 2 and self.frames[-1].kind != "block":
            self.frames.pop()
        if len(self.frames) > 2:
            self.frames.pop()
        self._new_statement()

    def _new_statement(self) -> None:
        while len(self.frames) > 2 and self.frames[-1].kind == "statement" and self.frames[-2].inline:
            del self.frames[-2:]
        if self.frames[-1].kind == "statement":
            self.frames[-1] = _Frame("statement", Call())
