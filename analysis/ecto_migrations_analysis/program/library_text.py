"""`String`, `Atom`, `Integer` and their like, on known values."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from ..syntax.span import Span
from .terms import FALSE, TRUE, Atom, ListTerm, Number, Piece, Term, Text, Unknown, as_bool, plain_text
from .values import MAX_TEXT, boolean, is_keyword_list, known, text_of, to_options

if TYPE_CHECKING:
    from .evaluator import Evaluator

Function: TypeAlias = "Callable[[Evaluator, list[Term], Span], Term]"

# Elixir's `String.trim` takes off Unicode white space; these are what occurs in source text.
_SPACE = " \t\n\r\f\v\u00a0\u2028\u2029\u0085"


def _texts(arguments: list[Term]) -> list[str] | None:
    found = [argument.value if isinstance(argument, Text) else None for argument in arguments]
    return None if None in found else [text for text in found if text is not None]


def _mapped(change: Callable[..., str]) -> Function:
    """A function of strings alone."""

    def function(_: Evaluator, arguments: list[Term], span: Span) -> Term:
        texts = _texts(arguments)
        if texts is None:
            return Unknown("a string made from one that is not known", span)
        try:
            return plain_text(change(*texts), span)
        except TypeError:
            return Unknown("a string function", span)

    return function


def _tested(test: Callable[[str, str], bool]) -> Function:
    def function(_: Evaluator, arguments: list[Term], span: Span) -> Term:
        if len(arguments) == 2 and isinstance(arguments[0], Text):
            subject = arguments[0].value
            pattern = arguments[1]
            candidates: list[Term] = list(pattern.items) if isinstance(pattern, ListTerm) else [pattern]
            texts = _texts(candidates)
            if subject is not None and texts is not None:
                return boolean(any(test(subject, text) for text in texts))
        return Unknown("a test of a string", span)

    return function


def _replace(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    reason = Unknown("a string made from one that is not known", span)
    texts = _texts(arguments[:3])
    if texts is None or len(texts) < 3:
        return reason
    subject, pattern, replacement = texts
    options = to_options(arguments[3]) if len(arguments) > 3 else to_options(None)
    if not options.complete or any(option.key != "global" for option in options):
        return reason
    once = as_bool(options.get("global") or TRUE) is False
    if not pattern or subject.count(pattern) * len(replacement) > MAX_TEXT:
        return reason
    return plain_text(subject.replace(pattern, replacement, 1 if once else -1), span)


def _replace_ends(start: bool, end: bool, repeated: bool) -> Callable[[str, str, str], str]:
    def change(subject: str, pattern: str, replacement: str) -> str:
        if not pattern:
            return subject
        if end:
            count = 0
            while subject.endswith(pattern) and (repeated or not count):
                subject = subject[: -len(pattern)]
                count += 1
            return subject + replacement * count
        count = 0
        while start and subject.startswith(pattern) and (repeated or not count):
            subject = subject[len(pattern) :]
            count += 1
        return replacement * count + subject

    return change


def _trim(start: bool, end: bool) -> Function:
    """`String.trim(text)`, and `String.trim(text, what)` and their like for one side."""
    trimmed = _mapped(lambda text, what: _replaced_at(text, what, start, end))

    def function(_: Evaluator, arguments: list[Term], span: Span) -> Term:
        subject = arguments[0] if arguments else None
        if len(arguments) == 2:
            return trimmed(_, arguments, span)
        if len(arguments) != 1 or not isinstance(subject, Text):
            return Unknown("a string made from one that is not known", span)
        pieces = list(subject.pieces)
        # Only the ends change, so that the rest keeps its place in the source.
        while start and pieces and pieces[0].text is not None:
            cut = len(pieces[0].text) - len(pieces[0].text.lstrip(_SPACE))
            pieces[0] = _shortened(pieces[0], cut, 0)
            if pieces[0].text:
                break
            pieces.pop(0)
        while end and pieces and pieces[-1].text is not None:
            cut = len(pieces[-1].text) - len(pieces[-1].text.rstrip(_SPACE))
            pieces[-1] = _shortened(pieces[-1], 0, cut)
            if pieces[-1].text:
                break
            pieces.pop()
        return Text(tuple(pieces), subject.span)

    return function


def _replaced_at(text: str, what: str, start: bool, end: bool) -> str:
    while what and start and text.startswith(what):
        text = text[len(what) :]
    while what and end and text.endswith(what):
        text = text[: -len(what)]
    return text


def _shortened(piece: Piece, front: int, back: int) -> Piece:
    text = piece.text or ""
    kept = text[front : len(text) - back]
    if not piece.verbatim:
        return Piece(kept, piece.span)
    start = piece.span.start + len(text[:front].encode())
    return Piece(kept, Span(start, start + len(kept.encode())), True)


def _split(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    texts = _texts(arguments[:2])
    options = to_options(arguments[2]) if len(arguments) > 2 else to_options(None)
    if texts is None or not options.complete or any(option.key != "trim" for option in options):
        return Unknown("the parts of a string", span)
    if len(texts) == 1:
        parts = texts[0].split()
    elif texts[1]:
        parts = texts[0].split(texts[1])
    else:
        return Unknown("the parts of a string", span)
    if as_bool(options.get("trim") or FALSE):
        parts = [part for part in parts if part]
    return ListTerm(tuple(plain_text(part, span) for part in parts), span)


def _atom(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    texts = _texts(arguments)
    if texts is None or len(texts) != 1:
        return Unknown("an atom made from a string that is not known", span)
    return Atom(texts[0], arguments[0].span if isinstance(arguments[0], Text) else span)


def _string(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    text = text_of(arguments[0]) if len(arguments) == 1 else None
    return Unknown("a string", span) if text is None else plain_text(text, span)


def _integer(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    texts = _texts(arguments)
    if texts and len(texts) == 1 and len(texts[0]) < 100 and texts[0].lstrip("+-").isdecimal():
        return Number(int(texts[0]), span)
    return Unknown("a number", span)


def _length(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    texts = _texts(arguments)
    if texts and len(texts) == 1 and texts[0].isascii():
        return Number(len(texts[0]), span)
    return Unknown("the length of a string", span)


def _duplicate(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    if len(arguments) == 2 and isinstance(arguments[0], Text) and isinstance(arguments[1], Number):
        text, count = arguments[0].value, arguments[1].value
        if text is not None and isinstance(count, int) and 0 <= count * len(text) < 100_000:
            return plain_text(text * count, span)
    return Unknown("a string", span)


def _slice(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    if len(arguments) == 3 and isinstance(arguments[0], Text):
        start, length = arguments[1], arguments[2]
        text = arguments[0].value
        if text is not None and text.isascii() and isinstance(start, Number) and isinstance(length, Number):
            if isinstance(start.value, int) and isinstance(length.value, int) and length.value >= 0:
                first = start.value if start.value >= 0 else max(0, len(text) + start.value)
                return plain_text(text[first : first + length.value], span)
    return Unknown("a part of a string", span)


def _module_concat(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    parts: list[Term] = []
    for argument in arguments:
        if isinstance(argument, ListTerm) and known(argument.items):
            parts.extend(argument.items)
        else:
            parts.append(argument)
    names = [part.name if isinstance(part, Atom) else text_of(part) for part in parts]
    if not names or None in names:
        return Unknown("a module's name", span)
    return Atom(".".join(name.removeprefix("Elixir.") for name in names if name is not None), span, True)


def _path_join(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    parts = arguments
    if len(arguments) == 1 and isinstance(arguments[0], ListTerm):
        parts = list(arguments[0].items)
    texts = _texts(parts)
    if texts is None or any(text.startswith("/") for text in texts[1:]):
        return Unknown("a path", span)
    return plain_text("/".join(text.rstrip("/") for text in texts), span)


def _path_expand(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    """Within the project only: nothing above its root is known."""
    texts = _texts(arguments)
    if not texts or len(texts) > 2 or texts[0].startswith(("/", "~")):
        return Unknown("a path", span)
    parts: list[str] = []
    for part in "/".join(reversed(texts)).split("/"):
        if part == "..":
            if not parts:
                return Unknown("a path", span)
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    absolute = "/" if texts[-1].startswith("/") else ""
    return plain_text(absolute + "/".join(parts), span)


def _app_dir(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    """`Application.app_dir(:app, "priv/…")`: what a build copies there stands in the project as it is."""
    if len(arguments) == 1:
        return plain_text(".", span)
    return _path_join(_, arguments[1:], span) if len(arguments) == 2 else Unknown("a path", span)


def _padded(leading: bool) -> Function:
    def function(_: Evaluator, arguments: list[Term], span: Span) -> Term:
        if len(arguments) in (2, 3) and isinstance(arguments[0], Text) and isinstance(arguments[1], Number):
            text, count = arguments[0].value, arguments[1].value
            padding = arguments[2].value if len(arguments) == 3 and isinstance(arguments[2], Text) else " "
            if text is not None and text.isascii() and padding and isinstance(count, int) and count < 1000:
                missing = max(0, count - len(text))
                filled = (padding * missing)[:missing]
                return plain_text(filled + text if leading else text + filled, span)
        return Unknown("a string", span)

    return function


def _capitalize(text: str) -> str:
    return text[:1].upper() + text[1:].lower()


def _underscored(text: str) -> str:
    """`Macro.underscore/1`."""
    out: list[str] = []
    for at, character in enumerate(text):
        before = text[at - 1] if at else ""
        after = text[at + 1] if at + 1 < len(text) else ""
        if character == ".":
            out.append("/")
            continue
        if character.isupper() and before and before not in "._/":
            if not before.isupper() or (after and not after.isupper() and after not in "._/"):
                out.append("_")
        out.append(character.lower())
    return "".join(out)


def _camelized(text: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in text.split("_"))


def _jason(_: Evaluator, arguments: list[Term], span: Span) -> Term:
    if len(arguments) == 1 and isinstance(arguments[0], ListTerm) and not arguments[0].items:
        return plain_text("[]", span)
    if arguments and is_keyword_list(arguments[0]):
        return Unknown("JSON", span)
    return Unknown("JSON", span)


TEXT: dict[str, Function] = {
    "String.upcase": _mapped(lambda text: text.upper()),
    "String.downcase": _mapped(lambda text: text.lower()),
    "String.capitalize": _mapped(_capitalize),
    "String.reverse": _mapped(lambda text: text[::-1]),
    "String.replace": _replace,
    "String.replace_prefix": _mapped(_replace_ends(True, False, False)),
    "String.replace_suffix": _mapped(_replace_ends(False, True, False)),
    "String.replace_leading": _mapped(_replace_ends(True, False, True)),
    "String.replace_trailing": _mapped(_replace_ends(False, True, True)),
    "String.trim_leading": _trim(True, False),
    "String.trim_trailing": _trim(False, True),
    "String.trim": _trim(True, True),
    "String.split": _split,
    "String.to_atom": _atom,
    "String.to_existing_atom": _atom,
    "String.to_integer": _integer,
    "String.length": _length,
    "String.duplicate": _duplicate,
    "String.slice": _slice,
    "String.starts_with?": _tested(str.startswith),
    "String.ends_with?": _tested(str.endswith),
    "String.contains?": _tested(lambda subject, part: part in subject),
    "String.Chars.to_string": _string,
    "Atom.to_string": _string,
    "Integer.to_string": _string,
    "Float.to_string": _string,
    "List.to_string": _string,
    "IO.iodata_to_binary": _string,
    "IO.chardata_to_string": _string,
    "Module.concat": _module_concat,
    "Path.join": _path_join,
    "Path.expand": _path_expand,
    "Path.dirname": _mapped(lambda path: path.rpartition("/")[0] or "."),
    "Path.basename": _mapped(lambda path: path.rpartition("/")[2]),
    "Application.app_dir": _app_dir,
    ":code.priv_dir": lambda _, __, span: plain_text("priv", span),
    "File.cwd!": lambda _, __, span: plain_text(".", span),
    "String.pad_leading": _padded(True),
    "String.pad_trailing": _padded(False),
    "Macro.underscore": _mapped(_underscored),
    "Macro.camelize": _mapped(_camelized),
    "Jason.encode!": _jason,
}
