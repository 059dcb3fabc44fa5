"""`ecto-migrations expand FILE[:LINE]`: the safe form of a migration, as a diff or written to the disk."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING, Final

from .cells import cells, printable
from .errors import CommandError

if TYPE_CHECKING:
    from ecto_migrations_analysis.fixes.model import Change, Offer

    from .checked import Checked
    from .terminal import Terminal

HELP: Final = "show the safe form of a migration as a diff, or write it"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "place", metavar="FILE[:LINE]", help="a migration file, and the line of what is to be rewritten"
    )
    parser.add_argument("--list", action="store_true", help="list the fixes there are, and change nothing")
    parser.add_argument(
        "--pick", metavar="NUMBER", type=int, help="the fix with this number in the list (default: the best)"
    )
    parser.add_argument(
        "--write", action="store_true", help="write the files: all of them or none, and never over another"
    )


def run(arguments: argparse.Namespace) -> int:
    import sys

    from . import exit_codes, files
    from .checked import check
    from .terminal import Terminal

    path, line = _place(arguments.place)
    checked = check(files.target(path))
    offers = _offers(checked, line)
    terminal = Terminal.of(sys.stdout)
    if arguments.list:
        for text in _listed(checked, offers):
            print(text)
        return exit_codes.OK
    offer = _picked(checked, offers, line, arguments.pick)
    _apply(checked, offer, arguments.write, terminal)
    return exit_codes.OK


def _place(text: str) -> tuple[str, int | None]:
    """`path:7` is line 7 of `path`, unless there is a file of that very name."""
    path, separator, line = text.rpartition(":")
    if separator and line.isdecimal() and not os.path.exists(text):
        return path, int(line)
    return text, None


def _offers(checked: Checked, line: int | None) -> list[Offer]:
    lines = checked.analysis.source.lines
    if line is not None and not 1 <= line <= lines.line_count:
        raise CommandError(f"{checked.target.shown} has {lines.line_count} lines, and no line {line}")
    return checked.rewrites(line)


def _listed(checked: Checked, offers: list[Offer]) -> list[str]:
    from .checked import places

    lines = checked.analysis.source.lines
    rows = []
    for number, offer in enumerate(offers, 1):
        where = f"{printable(checked.target.shown)}:{lines.line_of(places(offer)[0].start) + 1}"
        rows.append(f"{number}. {where}  {printable(offer.title)}")
    return rows


def _picked(checked: Checked, offers: list[Offer], line: int | None, number: int | None) -> Offer:
    shown = checked.target.shown
    where = shown if line is None else f"line {line} of {shown}"
    if not offers:
        raise CommandError(f"there is nothing to rewrite in {where}")
    if number is not None:
        if not 1 <= number <= len(offers):
            raise CommandError(f"--pick takes a number from 1 to {len(offers)} in {where}")
        return offers[number - 1]
    if line is None:
        from .checked import places

        lines = checked.analysis.source.lines
        # A refactoring that no finding asks for is no second place.
        asked = [offer for offer in offers if offer.rules] or offers
        numbers = sorted({lines.line_of(span.start) + 1 for offer in asked for span in places(offer)})
        if len(numbers) > 1:
            raise CommandError(
                f"{shown} has several places to rewrite: add a line, {shown}:{numbers[0]}"
                f" (there is something in {', '.join(map(str, numbers))})"
            )
    return offers[0]


def _apply(checked: Checked, offer: Offer, write: bool, terminal: Terminal) -> None:
    from ecto_migrations_analysis.fixes.registry import StaleOffer, change

    from . import disk

    source, target = checked.analysis.source, checked.target
    try:
        made: Change = change(checked.analysis, offer.id, disk.DiskFiles())
    except StaleOffer as stale:
        raise CommandError(
            f"{_shown(str(stale))} no longer has what it was for; nothing was written"
        ) from stale
    after = disk.edited(source, made.edits)
    folder = os.path.dirname(target.shown)
    names = {file.path: os.path.join(folder, os.path.basename(file.path)) for file in made.new_files}
    if write:
        disk.write(target.path, source.data, after, made.new_files, made.others, made.rename)
        changed = [*((other.path, other.after != other.before) for other in made.others)]
        changed.append((target.shown, after != source.data))
        done = [("changed", _shown(path)) for path, is_changed in changed if is_changed]
        if made.rename is not None:
            new = os.path.join(folder, os.path.basename(made.rename.to))
            done.append(("renamed", f"{target.shown} to {new}"))
        for verb, name in [*done, *(("created", name) for name in names.values())]:
            print(f"{terminal.paint(verb, 'green')} {name}")
        return
    print(f"# {offer.title}")
    for other in made.others:
        name = _shown(other.path)
        for line in diff(name, name, other.before.decode("utf-8", "replace"), other.after):
            print(painted(line, terminal))
    for line in diff(target.shown, target.shown, source.data.decode("utf-8", "replace"), after):
        print(painted(line, terminal))
    for file in made.new_files:
        for line in diff(None, names[file.path], "", file.text.encode()):
            print(painted(line, terminal))
    if made.rename is not None:
        old, new = target.shown, os.path.join(folder, os.path.basename(made.rename.to))
        print(f"diff --git a/{old.lstrip('/')} b/{new.lstrip('/')}")
        print(f"similarity index 100%\nrename from {old}\nrename to {new}")
    print("# to write this: add --write")


def _shown(path: str) -> str:
    """The path as it is typed here: from the working directory where the file lies below it."""
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative


def diff(old: str | None, new: str, before: str, after: bytes) -> list[str]:
    """The lines of a unified diff; `old` None for a file that is new."""
    from difflib import unified_diff

    return list(
        unified_diff(
            _lines(before),
            _lines(after.decode("utf-8", "replace")),
            f"a/{old.lstrip('/')}" if old is not None else "/dev/null",
            f"b/{new.lstrip('/')}",
            lineterm="",
        )
    )


def _lines(text: str) -> list[str]:
    """Lines as `diff` has them: `str.splitlines` also splits where no line ends."""
    if text and not text.endswith("\n"):
        text += "\n\\ No newline at end of file\n"
        *lines, last, note, _ = text.split("\n")
        return [*lines, f"{last}\n{note}"]
    return text.split("\n")[:-1]


def painted(line: str, terminal: Terminal) -> str:
    """A line of a diff in its colours, where there are any."""
    if terminal.wrap:
        # For the eyes; where it goes into a file or a pipe it stays what `patch` can read.
        line = "".join(shown for shown, _ in cells(line))
    styles = {"+": ("green",), "-": ("red",), "@": ("cyan",)}.get(line[:1], ())
    if line.startswith(("+++", "---")):
        styles = ("bold",)
    return terminal.paint(line, *styles) if styles else line
