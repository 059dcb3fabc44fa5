"""The source around a finding, with the squiggle under its span."""

from __future__ import annotations

from itertools import accumulate
from typing import Final

from ecto_migrations_analysis.syntax.source import Source
from ecto_migrations_analysis.syntax.span import Span

from .cells import cells, printable, width
from .terminal import Terminal

_LINES_BEFORE: Final = 2
_LINES_AFTER: Final = 1
# Of a span with more lines the middle is left out.
_MOST_LINES: Final = 5
# Cells shown to the left of a span that does not fit.
_LEAD: Final = 20
_INDENT: Final = "  "


def frame(source: Source, span: Span, label: str, terminal: Terminal, *styles: str) -> list[str]:
    """The lines to print; `label` stands behind the squiggle, both painted in `styles`."""
    lines = source.lines
    first, first_column = lines.character_position(span.start)
    last, last_column = lines.character_position(span.end)
    if last > first and last_column == 0:
        # The span ends with a line end: nothing of the next line belongs to it.
        last -= 1
        last_column = len(lines.line_text(last))
    top = max(0, first - _LINES_BEFORE)
    bottom = min(lines.line_count - 1, last + _LINES_AFTER)
    if bottom > last and not lines.line_text(bottom):
        bottom = last
    gutter = max(3, len(str(bottom + 1)))
    room = max(_LEAD, terminal.width - len(_INDENT) - gutter - 3)

    skip = _skipped_cells(source, first, first_column, (last, last_column), room)
    marked = range(first, last + 1)
    omitted = range(first + _MOST_LINES - 2, last) if len(marked) > _MOST_LINES else range(0)

    output: list[str] = []
    for number in range(top, bottom + 1):
        if number in omitted:
            if number == omitted.start:
                output.append(_row(terminal, gutter, terminal.glyphs.ellipsis, ""))
            continue
        text = lines.line_text(number)
        output.append(_row(terminal, gutter, str(number + 1), _window(text, skip, room, terminal)))
        if number in marked:
            start = first_column if number == first else len(text) - len(text.lstrip())
            stop = last_column if number == last else len(text.rstrip())
            under = _squiggle(text, start, stop, skip, room, terminal)
            output.extend(
                _row(terminal, gutter, "", line)
                for line in _labelled(under, label if number == last else "", room, terminal, styles)
            )
    return output


def _row(terminal: Terminal, gutter: int, number: str, text: str) -> str:
    head = terminal.paint(f"{number:>{gutter}} {terminal.glyphs.bar}", "dim")
    return f"{_INDENT}{head} {text}".rstrip()


def _skipped_cells(source: Source, first: int, first_column: int, end: tuple[int, int], room: int) -> int:
    """How many cells on the left are left out so that the beginning of the span can be seen."""
    text = source.lines.line_text(first)
    last, last_column = end
    before = sum(taken for _, taken in cells(text[:first_column]))
    stop = last_column if last == first else len(text.rstrip())
    after = sum(taken for _, taken in cells(text[:stop]))
    if after <= room:
        return 0
    return max(0, before - _LEAD)


def _window(text: str, skip: int, room: int, terminal: Terminal) -> str:
    """The part of a line that is shown: `room` cells from cell `skip` on, cut edges marked."""
    shown = cells(text)
    total = sum(taken for _, taken in shown)
    if not skip and total <= room:
        return "".join(character for character, _ in shown)
    ends = list(accumulate(taken for _, taken in shown))
    left_cut = skip > 0
    right_cut = total > skip + room
    output = terminal.glyphs.ellipsis if left_cut and total > skip else ""
    column = skip + len(output)
    for (character, taken), end in zip(shown, ends, strict=True):
        if end - taken < column:
            # A wide character that the edge cuts in two leaves one blank cell.
            if end > column:
                output += " " * (end - column)
                column = end
            continue
        if end > skip + room - (1 if right_cut else 0):
            break
        output += character
        column = end
    return output + (terminal.glyphs.ellipsis if right_cut else "")


def _squiggle(text: str, start: int, stop: int, skip: int, room: int, terminal: Terminal) -> tuple[int, str]:
    """Where the squiggle begins (in cells from the left edge of the window), and the squiggle."""
    offset = max(0, sum(taken for _, taken in cells(text[:start])) - skip)
    end = sum(taken for _, taken in cells(text[:stop])) - skip
    length = max(1, min(end, room) - offset)
    return offset, terminal.glyphs.underline * length


def _labelled(
    under: tuple[int, str], label: str, room: int, terminal: Terminal, styles: tuple[str, ...]
) -> list[str]:
    offset, squiggle = under
    label = printable(label)
    line = " " * offset + terminal.paint(squiggle, *styles)
    if not label:
        return [line]
    if offset + len(squiggle) + 1 + width(label) <= room or not terminal.wrap:
        return [f"{line} {terminal.paint(label, *styles)}"]
    return [line, " " * max(0, min(offset, room - width(label))) + terminal.paint(label, *styles)]
