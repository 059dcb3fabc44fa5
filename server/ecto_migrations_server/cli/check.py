"""`ecto-migrations check [PATH…]`: the findings in migration files."""

from __future__ import annotations

import argparse
from typing import Final

from .errors import CommandError, complain
from .formats import findings as formats

HELP: Final = "say what migrations will do to the database, and what is unsafe about it"
_FAIL_LEVELS: Final = ("info", "risk", "danger", "never")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths",
        metavar="PATH",
        nargs="*",
        help="migration files, or folders that hold some; - for standard input "
        "(default: priv/*/migrations and apps/*/priv/*/migrations)",
    )
    parser.add_argument("--format", choices=formats.NAMES, default="text", help="default: text")
    parser.add_argument(
        "--fail-level",
        choices=_FAIL_LEVELS,
        default="risk",
        help="the lowest level of findings that make the exit code 1 (default: risk)",
    )
    parser.add_argument(
        "--stdin-filename", metavar="FILE", help="the file that standard input is (to be) saved as"
    )


def run(arguments: argparse.Namespace) -> int:
    import gc
    import sys

    from ecto_migrations_analysis.findings import Level
    from ecto_migrations_analysis.project.discovery import Workspace

    from . import exit_codes, files
    from .checked import Checked, check

    targets = files.targets(arguments.paths, arguments.stdin_filename)
    failing = None if arguments.fail_level == "never" else Level[arguments.fail_level.upper()]
    output = formats.format_named(arguments.format, sys.stdout, failing)
    found = broken = False
    # Nothing changes during the run.
    workspace = Workspace(settled=True)
    for target in targets:
        try:
            checked: Checked = check(target, workspace)
        except CommandError as error:
            # The other files can be checked all the same.
            complain(str(error))
            broken = True
            continue
        output.add(checked)
        gc.enable()
        levels = (finding.level for finding in checked.analysis.findings)
        found = found or (failing is not None and any(level >= failing for level in levels))
    output.finish()
    if broken:
        return exit_codes.ERROR
    return exit_codes.FINDINGS if found else exit_codes.OK
