"""A picture of a terminal screen from its text with escape sequences (`tmux capture-pane -e`)."""

from __future__ import annotations

import re
from pathlib import Path

import pyte
from PIL import Image, ImageDraw, ImageFont

FOREGROUND = "#e0e2ea"
BACKGROUND = "#14161b"
SIZE = 30
# That of the font, so that the lines of a frame meet.
LINE_HEIGHT = 1.164

# xterm's colours, by the names pyte gives them.
_COLOURS = {
    "black": "#07080d",
    "red": "#ffc0b9",
    "green": "#b3f6c0",
    "brown": "#fce094",
    "blue": "#a6dbff",
    "magenta": "#ffcaff",
    "cyan": "#8cf8f7",
    "white": "#eef1f8",
}
_LINK = re.compile(r"\x1b\]8;[^\x1b\x07]*(?:\x1b\\|\x07)")
_STYLE = re.compile(r"\x1b\[([\d;:]*)m")


def draw(screen: str, columns: int, rows: int, target: Path) -> None:
    """Writes a PNG. Underlines of every kind are drawn as curls in the colour that the program asked for."""
    plain, underlines = _without_underlines(screen)
    terminal = pyte.Screen(columns, rows)
    pyte.Stream(terminal).feed(plain)
    regular = ImageFont.truetype("DejaVuSansMono.ttf", SIZE)
    bold = ImageFont.truetype("DejaVuSansMono-Bold.ttf", SIZE)
    width = round(regular.getlength("M"))
    height = round(SIZE * LINE_HEIGHT)
    margin = width
    image = Image.new("RGB", (columns * width + 2 * margin, rows * height + 2 * margin), BACKGROUND)
    pen = ImageDraw.Draw(image)
    for row in range(rows):
        for column in range(columns):
            cell = terminal.buffer[row][column]
            foreground = _colour(cell.fg, FOREGROUND)
            background = _colour(cell.bg, BACKGROUND)
            if cell.reverse:
                foreground, background = background, foreground
            left, top = margin + column * width, margin + row * height
            if background != BACKGROUND:
                pen.rectangle([left, top, left + width - 1, top + height - 1], fill=background)
            if cell.data.strip():
                pen.text((left, top), cell.data, fill=foreground, font=bold if cell.bold else regular)
            if (colour := underlines.get((row, column))) is not None:
                _curl(pen, left, top + height - 6, width, _colour(colour, foreground))
    image.save(target)


def _curl(pen: ImageDraw.ImageDraw, left: int, middle: int, width: int, colour: str) -> None:
    half = width / 2
    points = [(left, middle + 2), (left + half / 2, middle - 2), (left + half, middle + 2)]
    points += [(left + 3 * half / 2, middle - 2), (left + width, middle + 2)]
    pen.line(points, fill=colour, width=3, joint="curve")


def _colour(name: str, default: str) -> str:
    if name == "default":
        return default
    return _COLOURS.get(name.removeprefix("bright"), f"#{name}")


def _without_underlines(screen: str) -> tuple[str, dict[tuple[int, int], str]]:
    """The text without links and underlines, which pyte misreads, and where the underlines are, by cell."""
    underlines: dict[tuple[int, int], str] = {}
    lines = []
    curled, colour = False, "default"
    for row, line in enumerate(_LINK.sub("", screen).rstrip("\n").split("\n")):
        column = 0
        parts = []
        at = 0
        for match in _STYLE.finditer(line):
            text = line[at : match.start()]
            if curled:
                underlines.update({(row, column + number): colour for number in range(len(text))})
            column += len(text)
            at = match.end()
            codes, curled, colour = _style(match[1], curled, colour)
            parts += [text, f"\x1b[{codes}m" if codes is not None else ""]
        text = line[at:]
        if curled:
            underlines.update({(row, column + number): colour for number in range(len(text))})
        lines.append("".join([*parts, text]))
    return "\r\n".join(lines), underlines


def _style(codes: str, curled: bool, colour: str) -> tuple[str | None, bool, str]:
    """The codes of one sequence without those of underlines, and the state of the underline after it."""
    if codes in ("", "0"):
        return codes, False, "default"
    kept: list[str] = []
    pending = codes.split(";")
    while pending:
        code = pending.pop(0)
        kind = code.partition(":")[0]
        if kind == "0":
            curled, colour = False, "default"
            kept.append("0")
        elif kind == "4":
            curled = code != "4:0"
        elif kind == "24":
            curled = False
        elif kind == "58":
            # 58:2::R:G:B or 58;2;R;G;B, and 58:5:N or 58;5;N
            fields = code.split(":")[1:] or [pending.pop(0)]
            if fields[0] == "2":
                numbers = [field for field in fields[1:] if field]
                while len(numbers) < 3:
                    numbers.append(pending.pop(0))
                colour = "".join(f"{int(number):02x}" for number in numbers[-3:])
            elif len(fields) < 2:
                pending.pop(0)
        elif kind == "59":
            colour = "default"
        elif kind in ("38", "48") and ":" not in code:
            count = 4 if pending and pending[0] == "2" else 2
            kept += [code, *pending[:count]]
            del pending[:count]
        else:
            kept.append(code)
    return (";".join(kept) if kept else None), curled, colour
