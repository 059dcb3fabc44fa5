"""`ecto-migrations explain [RULE]`: a rule's page, or the list of rules."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final, TextIO

from .errors import CommandError

if TYPE_CHECKING:
    from ecto_migrations_analysis.rules.base import Rule

    from .terminal import Terminal

HELP: Final = "print the page of a rule, or the list of rules"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("rule", metavar="RULE", nargs="?", help="the id of a rule, as findings show it")


def run(arguments: argparse.Namespace) -> int:
    import sys

    from ecto_migrations_analysis.rules.catalogue import rules

    from . import exit_codes
    from .terminal import Terminal

    known = rules()
    terminal = Terminal.of(sys.stdout)
    if arguments.rule is None:
        _list(list(known.values()), sys.stdout, terminal)
    elif arguments.rule in known:
        _page(known[arguments.rule], sys.stdout, terminal)
    else:
        raise CommandError(f"there is no rule {arguments.rule!r}{_hint(arguments.rule, list(known))}")
    return exit_codes.OK


def _list(rules: list[Rule], output: TextIO, terminal: Terminal) -> None:
    from .formats.words import LEVEL_STYLES

    longest = max(len(rule.id) for rule in rules)
    for rule in sorted(rules, key=lambda rule: (-rule.level, rule.id)):
        level = terminal.paint(f"{rule.level!s:<6}", *LEVEL_STYLES[rule.level])
        print(f"{level}  {rule.id:<{longest}}  {rule.title()}", file=output)


def _page(rule: Rule, output: TextIO, terminal: Terminal) -> None:
    from ecto_migrations_analysis.rules.catalogue import ENTRIES
    from ecto_migrations_analysis.rules.pages import page, page_url

    text = f"{page(rule, ENTRIES[rule.id])}\n{page_url(rule.id)}\n"
    if not terminal.colour:
        output.write(text)
        return
    # Only here, where somebody reads it in a terminal: rich takes longer to import than a check takes.
    from rich.console import Console
    from rich.markdown import Markdown

    Console(file=output, force_terminal=True, width=min(terminal.width, 100)).print(Markdown(text))


def _hint(name: str, known: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]}?" if near else " (ecto-migrations explain lists the rules)"
