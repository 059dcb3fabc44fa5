"""`ecto-migrations report FILE`: what a migration runs in both directions, statement by statement."""

from __future__ import annotations

import argparse
from typing import Final

HELP: Final = "show the SQL of a migration in both directions, with the locks each statement takes"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a migration file")
    parser.add_argument(
        "--format", choices=("text", "json", "markdown"), default="text", help="default: text"
    )


def run(arguments: argparse.Namespace) -> int:
    import sys

    from . import exit_codes, files
    from .checked import check
    from .formats import report_json, report_text
    from .terminal import Terminal

    checked = check(files.target(arguments.file))
    if arguments.format == "json":
        report_json.write(checked, sys.stdout)
    elif arguments.format == "markdown":
        from ..report_markdown import markdown

        sys.stdout.write(markdown(checked.analysis, checked.target.shown))
    else:
        report_text.write(checked, sys.stdout, Terminal.of(sys.stdout))
    return exit_codes.OK
