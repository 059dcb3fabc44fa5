"""A rehearsal for a pull request: Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TextIO

from ...rehearse import words
from ...rehearse.model import Pass, Rehearsal
from ..cells import printable

# An underscore inside of a word is one.
_MARKUP = re.compile(r"[\\`*\[\]<>|#]|(?<![^\W_])_|_(?![^\W_])")


def write(shown: str, rehearsal: Rehearsal, nulls: bool, output: TextIO) -> None:
    for line in _lines(shown, rehearsal, nulls):
        print(line, file=output)


def _lines(shown: str, rehearsal: Rehearsal, nulls: bool) -> Iterator[str]:
    yield f"# Rehearsal of {_text(rehearsal.module)}: {words.VERDICTS[rehearsal.verdict]}"
    yield ""
    yield f"{_code(shown)}, {_text(words.setting(rehearsal))}."
    for name, reason in rehearsal.empty.items():
        yield f"{_code(name)} stays empty: {_text(reason)}."
    yield ""
    for number, item in enumerate(rehearsal.passes, 1):
        yield f"{number}. [{'x' if item.succeeded else ' '}] {words.outcome(item)}"
    for item in words.shown(rehearsal):
        yield from _pass(rehearsal, item, nulls)
    yield from _section("Differs from the analysis", words.differences(rehearsal))
    yield from _section("After the rollback", words.catalog(rehearsal))
    yield from _section("Not run of the history", words.gaps(rehearsal))


def _pass(rehearsal: Rehearsal, item: Pass, nulls: bool) -> Iterator[str]:
    yield ""
    yield f"## {item.direction}"
    yield ""
    for number, seen in enumerate(item.statements, 1):
        sql = " ".join(seen.sql.split()) or "what the code does"
        took = "" if seen.state == "not run" else f"{words.took(seen.seconds)}. "
        yield f"{number}. {_code(sql)}  "
        yield f"   {took}{_text(words.statement(seen))}".rstrip()
    if not item.statements and item.error is None:
        yield "Nothing is sent to the database."
    failure = words.failure(rehearsal, item, nulls)
    if failure:
        if item.statements:
            yield ""
        yield " ".join(_text(sentence).rstrip(".") + "." for sentence in failure)


def _section(title: str, sentences: list[str]) -> Iterator[str]:
    if sentences:
        yield ""
        yield f"## {title}"
        yield ""
        for sentence in sentences:
            yield f"- {_text(sentence)}"


def _code(text: str) -> str:
    """`text` between more backticks than it holds in a row."""
    text = printable(text)
    ticks = "`"
    while ticks in text:
        ticks += "`"
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def _text(text: str) -> str:
    """`text` as plain text: nothing in it is taken for markup, and it stays readable where none is shown."""
    return _MARKUP.sub(r"\\\g<0>", printable(text))
