"""`ecto-migrations check [PATH…]`: the findings in migration files."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TextIO

from .errors import CommandError, complain
from .fixing import configure as configure_fixing
from .formats import findings as formats
from .settings import configure as configure_settings

if TYPE_CHECKING:
    from ecto_migrations_analysis.findings import Level

    from .files import Target

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
        "--jobs",
        metavar="N",
        type=_jobs,
        help="how many processes work on the files (default: as many as it pays)",
    )
    parser.add_argument(
        "--stdin-filename", metavar="FILE", help="the file that standard input is (to be) saved as"
    )
    configure_fixing(parser)
    configure_settings(parser)


def _jobs(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is no number of processes")
    return int(text)


class _Outcome(NamedTuple):
    """What became of a file: its part of the output, whether it fails the run, what is wrong in settings."""

    part: Any
    fails: bool
    problems: list[tuple[str, list[str]]]


def run(arguments: argparse.Namespace) -> int:
    import gc
    import sys
    from contextlib import closing

    from ecto_migrations_analysis.findings import Level

    from . import exit_codes, files, jobs, settings
    from .checked import check
    from .progress import Progress

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
    found = broken = False
    if arguments.fix:
        from .fixing import write as write_fixes

        workspace, broken = write_fixes(targets, lambda: settings.workspace(arguments), baseline)
    progress = Progress(len(targets), sys.stderr)
    output = _output(arguments, progress.above(sys.stdout), failing)
    problems = settings.Problems()

    def read(target: Target) -> _Outcome:
        checked = check(target, workspace)
        gc.enable()
        told = problems.of(checked.analysis.project.settings_files)
        if baseline is not None:
            checked = baseline.without_known(checked)
        levels = (finding.level for finding in checked.analysis.findings)
        fails = failing is not None and any(level >= failing for level in levels)
        return _Outcome(output.read(checked), fails, told)

    with closing(jobs.each(targets, arguments.jobs or jobs.sensible(len(targets)), read)) as outcomes:
        for outcome in outcomes:
            if isinstance(outcome, CommandError):
                progress.hide()
                # The other files can be checked all the same.
                complain(str(outcome))
                broken = True
            else:
                if any(texts for _, texts in outcome.problems):
                    progress.hide()
                problems.tell(outcome.problems)
                output.add(outcome.part)
                found = found or outcome.fails
            progress.step()
    progress.hide()
    output.finish()
    if broken:
        return exit_codes.ERROR
    # A baseline is written instead of a report.
    return exit_codes.FINDINGS if found and arguments.write_baseline is None else exit_codes.OK


def _output(arguments: argparse.Namespace, stream: TextIO, failing: Level | None) -> formats.Format:
    if arguments.write_baseline is not None:
        from .baseline import Written

        return Written(arguments.write_baseline, stream)
    if not arguments.statistics:
        return formats.format_named(arguments.format, stream, failing)
    if arguments.format not in ("text", "json"):
        raise CommandError(f"--statistics comes as text or as JSON, not as {arguments.format}")
    from .formats.statistics import Statistics

    return Statistics(stream, as_json=arguments.format == "json")
