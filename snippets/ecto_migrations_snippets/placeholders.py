"""Placeholders: read from a template, written as an LSP snippet or as plain text.

A template marks them as the LSP's snippet grammar does (Language Server Protocol 3.17, "Snippet Syntax"), in
the two forms `${1:default}` (a tab stop) and `${name:default}` (a value the caller may give). Everything else
in it is plain text: a lone `$`, `}` or `\\` needs no escaping there and is escaped on the way out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

_PLACEHOLDER = re.compile(r"\$\{(?:(?P<number>\d+)|(?P<name>[a-z_]+)):(?P<default>[^}]*)\}")


@dataclass(frozen=True, slots=True)
class TabStop:
    number: int
    default: str


Part: TypeAlias = "str | TabStop"


def parse(text: str, values: Mapping[str, str], after: int) -> tuple[Part, ...]:
    """The parts of `text`, in order.

    A named placeholder becomes its value in `values` under the key `name:default` or `name`; one without a
    value becomes a tab stop, numbered from `after` + 1 on (the same default, the same number).
    """
    parts: list[Part] = []
    numbers: dict[str, int] = {}
    at = 0
    for match in _PLACEHOLDER.finditer(text):
        parts.append(text[at : match.start()])
        at = match.end()
        default = match["default"]
        if match["number"]:
            parts.append(TabStop(int(match["number"]), default))
            continue
        key = f"{match['name']}:{default}"
        value = values.get(key, values.get(match["name"]))
        if value is None:
            number = numbers.setdefault(default, after + 1 + len(numbers))
            parts.append(TabStop(number, default))
        else:
            parts.append(value)
    parts.append(text[at:])
    return tuple(part for part in parts if part != "")


def highest_number(text: str) -> int:
    return max((int(match["number"] or 0) for match in _PLACEHOLDER.finditer(text)), default=0)


def plain(parts: Sequence[Part]) -> str:
    """The text with every default filled in."""
    return "".join(part if isinstance(part, str) else part.default for part in parts)


def snippet(parts: Sequence[Part]) -> str:
    """The text in the snippet grammar: the first of equal tab stops has the default, the rest mirror it."""
    return "".join(_snippet_parts(parts))


def _snippet_parts(parts: Sequence[Part]) -> Iterator[str]:
    seen: set[int] = set()
    for part in parts:
        if isinstance(part, str):
            # Outside of braces `}` stands for itself.
            yield re.sub(r"[\\$]", r"\\\g<0>", part)
        elif part.number in seen:
            yield f"${{{part.number}}}"
        else:
            seen.add(part.number)
            yield f"${{{part.number}:{escape(part.default)}}}"


def escape(default: str) -> str:
    """A default value as it stands between the braces."""
    return re.sub(r"[\\$}]", r"\\\g<0>", default)
