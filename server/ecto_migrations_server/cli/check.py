"""`ecto-migrations check [PATH…]`: the findings in migration files."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final, TextIO

from .cells import printable
from .errors import CommandError, complain
from .fixing import configure as configure_fixing
from .formats import findings as formats
from .settings import configure as configure_settings

if TYPE_CHECKING:
    from ecto_migrations_analysis.findings import Level

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
        "--since",
        metavar="REV",
        help="only migrations that are new or changed since the work branched off from REV (a branch, a tag "
        "or a commit of git)",
    )
    parser.add_argument(
        "--baseline", metavar="FILE", help="leave out the findings that FILE knows (see --write-baseline)"
    )
    parser.add_argument(
        "--write-baseline", metavar="FILE", help="write all findings to FILE, report none, and exit with 0"
    )
    parser.add_argument(
        "--statistics", action="store_true", help="how often each rule fires, instead of the findings"
    )
    parser.add_argument(
        "--stdin-filename", metavar="FILE", help="the file that standard input is (to be) saved as"
    )
    configure_fixing(parser)
    configure_settings(parser)


def run(arguments: argparse.Namespace) -> int:
    import gc
    import sys

    from ecto_migrations_analysis.findings import Level

    from . import exit_codes, files, settings
    from .checked import Checked, check

    # Nothing changes during the run.
    workspace = settings.workspace(arguments)
    targets = files.targets(arguments.paths, arguments.stdin_filename, workspace)
    if arguments.since is not None:
        targets = files.since(targets, arguments.since)
    if arguments.show_settings:
        settings.show(targets, workspace, sys.stdout)
        return exit_codes.OK
    failing = None if arguments.fail_level == "never" else Level[arguments.fail_level.upper()]
    baseline = None
    if arguments.baseline is not None and arguments.write_baseline is None:
        from .baseline import Baseline

        baseline = Baseline.read(arguments.baseline)
    if arguments.diff:
        from .fixing import show

        return show(targets, workspace, baseline)
    if arguments.fix:
        from .fixing import write as write_fixes

        workspace = write_fixes(targets, lambda: settings.workspace(arguments), baseline)
    # A baseline is written instead of a report.
    output = None if arguments.write_baseline is not None else _output(arguments, sys.stdout, failing)
    written: list[Checked] = []
    found = broken = False
    problems = settings.Problems()
    for target in targets:
        try:
            checked: Checked = check(target, workspace)
        except CommandError as error:
            # The other files can be checked all the same.
            complain(str(error))
            broken = True
            continue
        gc.enable()
        problems.tell(checked.analysis.project.settings_files)
        if output is None:
            written.append(checked)
            continue
        if baseline is not None:
            checked = baseline.without_known(checked)
        output.add(checked)
        levels = (finding.level for finding in checked.analysis.findings)
        found = found or (failing is not None and any(level >= failing for level in levels))
    if output is not None:
        output.finish()
    else:
        from .baseline import write
        from .formats.words import counted

        number = write(arguments.write_baseline, written)
        print(f"{counted(number, 'finding')} written to {printable(arguments.write_baseline)}.")
    if broken:
        return exit_codes.ERROR
    return exit_codes.FINDINGS if found else exit_codes.OK


def _output(arguments: argparse.Namespace, stream: TextIO, failing: Level | None) -> formats.Format:
    if not arguments.statistics:
        return formats.format_named(arguments.format, stream, failing)
    if arguments.format not in ("text", "json"):
        raise CommandError(f"--statistics comes as text or as JSON, not as {arguments.format}")
    from .formats.statistics import Statistics

    return Statistics(stream, as_json=arguments.format == "json")
