"""Literals made of parts: strings, sigils, lists, tuples, keyword lists, maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..syntax import strings
from ..syntax.span import Span
from ..syntax.tree import Node
from .scope import Scope, pair_key
from .terms import NIL, Atom, ListTerm, MapTerm, Number, Piece, Term, Text, TupleTerm, Unknown
from .values import REST, text_of

if TYPE_CHECKING:
    from .evaluator import Evaluator

# What these say depends on nothing else …
LITERALS = frozenset({"atom", "boolean", "nil", "integer", "float", "char"})
# … and what these say only on their parts.
CONSTANTS = frozenset({"string", "sigil", "charlist", "quoted_atom", "list", "tuple", "keywords"})


def is_constant(node: Node) -> bool:
    for child in node.children:
        kind = child.kind
        if kind == "interpolation" or kind == "quoted_keyword":
            return False
        if kind == "pair":
            if (
                len(child.children) != 2
                or child.children[0].kind != "keyword"
                or child.children[1].memo is None
            ):
                return False
        elif child.memo is None and kind not in _PARTS_OF_STRINGS:
            return False
    return True


_PARTS_OF_STRINGS = frozenset({"quoted_content", "escape_sequence", "sigil_name", "sigil_modifiers"})


def text(evaluator: Evaluator, node: Node, scope: Scope) -> Text:
    """A quoted literal with its interpolations."""
    pieces: list[Piece] = []
    for part in strings.parts(node):
        if isinstance(part, strings.Literal):
            pieces.append(Piece(part.text, part.span, part.verbatim))
        else:
            value = evaluator.block(part.body, scope)
            inserted = text_of(value)
            evaluator.charge(len(inserted or "") // 64)
            pieces.append(Piece(inserted, part.span))
    return Text(tuple(pieces), node.span)


def quoted_atom(evaluator: Evaluator, node: Node, scope: Scope) -> Term:
    value = text(evaluator, node, scope).value
    if value is None:
        return Unknown("an interpolated atom", node.span)
    if value.startswith("Elixir."):
        return Atom(value.removeprefix("Elixir."), node.span, True)
    return Atom(value, node.span)


def charlist(evaluator: Evaluator, node: Node, scope: Scope) -> Term:
    value = text(evaluator, node, scope).value
    if value is None or len(value) > 1000:
        return Unknown("a charlist", node.span)
    return ListTerm(tuple(Number(ord(character), node.span) for character in value), node.span)


def sigil(evaluator: Evaluator, node: Node, scope: Scope) -> Term:
    name = strings.sigil_name(node)
    if name in ("w", "W"):
        return _words(evaluator, node, scope)
    if name in ("s", "S", "SQL"):
        return text(evaluator, node, scope)
    if name in ("c", "C"):
        return charlist(evaluator, node, scope)
    return Unknown(f"the sigil ~{name}", node.span)


def _words(evaluator: Evaluator, node: Node, scope: Scope) -> Term:
    words: list[tuple[str, Span]] = []
    open_word: tuple[str, Span] | None = None
    for piece in text(evaluator, node, scope).pieces:
        if piece.text is None:
            return Unknown("an interpolated list of words", node.span)
        at = piece.span.start
        for run, is_space in _runs(piece.text):
            span = Span(at, at + len(run.encode())) if piece.verbatim else piece.span
            at = span.end if piece.verbatim else at
            if is_space:
                words.extend([open_word] if open_word else [])
                open_word = None
            elif open_word:
                open_word = (open_word[0] + run, open_word[1].union(span))
            else:
                open_word = (run, span)
    words.extend([open_word] if open_word else [])
    if strings.sigil_modifiers(node) == "a":
        return ListTerm(tuple(Atom(word, span) for word, span in words), node.span)
    return ListTerm(tuple(Text((Piece(word, span, True),), span) for word, span in words), node.span)


def tuple_of(evaluator: Evaluator, node: Node, scope: Scope) -> Term:
    """A tuple; pairs at its end are one keyword list, as in `{:string, null: true}`."""
    return TupleTerm(tuple(evaluator.evaluate(child, scope) for child in node.children), node.span)


def _items(evaluator: Evaluator, node: Node, scope: Scope) -> tuple[Term, ...]:
    items: list[Term] = []
    for child in node.children:
        if child.kind == "keywords":
            pairs = evaluator.evaluate(child, scope)
            items.extend(pairs.items if isinstance(pairs, ListTerm) else ())
        else:
            items.append(evaluator.evaluate(child, scope))
    return tuple(items)


def list_of(evaluator: Evaluator, node: Node, scope: Scope) -> Term:
    last = node.children[-1] if node.children else None
    if last is not None and last.kind == "binary_operator" and last.operator == "|":
        if len(last.children) == 2:
            heads = [evaluator.evaluate(child, scope) for child in (*node.children[:-1], last.children[0])]
            tail = evaluator.evaluate(last.children[1], scope)
            rest = tail.items if isinstance(tail, ListTerm) else (Unknown(REST, tail.span),)
            return ListTerm((*heads, *rest), node.span)
    return ListTerm(_items(evaluator, node, scope), node.span)


def keywords(evaluator: Evaluator, node: Node, scope: Scope) -> Term:
    items: list[Term] = []
    for pair in node.children:
        if pair.kind == "pair" and len(pair.children) == 2:
            value = evaluator.evaluate(pair.children[1], scope)
            items.append(TupleTerm((key(evaluator, pair, scope), value), pair.span))
    return ListTerm(tuple(items), node.span)


def key(evaluator: Evaluator, pair: Node, scope: Scope) -> Term:
    """The atom of `key: value`; its span leaves the colon out."""
    node = pair.children[0]
    if node.kind == "keyword":
        name = pair_key(pair)
        return Atom(name, Span(node.start, node.start + len(name.encode())))
    return quoted_atom(evaluator, node, scope)


def map_of(evaluator: Evaluator, node: Node, scope: Scope) -> Term:
    struct = node.child("struct")
    name: str | None = None
    if struct is not None:
        value = evaluator.evaluate(struct.children[0], scope) if struct.children else NIL
        if not isinstance(value, Atom):
            return Unknown("a struct whose name is not known", node.span)
        name = value.name
    items: list[tuple[Term, Term]] = []
    content = node.child("map_content")
    for child in content.children if content else ():
        if child.kind == "keywords":
            for pair in child.children:
                if pair.kind == "pair" and len(pair.children) == 2:
                    items.append((key(evaluator, pair, scope), evaluator.evaluate(pair.children[1], scope)))
        elif child.kind == "binary_operator" and child.operator == "=>" and len(child.children) == 2:
            left, right = child.children
            items.append((evaluator.evaluate(left, scope), evaluator.evaluate(right, scope)))
        else:
            return Unknown("an updated map", node.span)
    return MapTerm(tuple(items), node.span, name)


def _runs(text: str) -> list[tuple[str, bool]]:
    """The text cut into stretches of whitespace and of everything else."""
    runs: list[tuple[str, bool]] = []
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or text[at].isspace() != text[start].isspace():
            runs.append((text[start:at], text[start].isspace()))
            start = at
    return runs
