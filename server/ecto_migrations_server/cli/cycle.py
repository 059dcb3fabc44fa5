"""`ecto-migrations cycle [FILE…]`: migrations rolled back and run again, twice, by the project's own mix."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING, Final

from .cells import printable
from .errors import CommandError, complain

if TYPE_CHECKING:
    from ..cycle.model import Cycle, Plan

HELP: Final = "roll migrations back and run them again, twice, by mix in the test environment"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files",
        metavar="FILE",
        nargs="*",
        help="migration files of one folder; they and all that are newer are rolled back "
        "(default: the newest migration)",
    )
    parser.add_argument("--step", metavar="N", type=_step, help="roll back the newest N migrations instead")
    parser.add_argument("--with-tests", action="store_true", help="at the end, run mix test")
    parser.add_argument("--env", metavar="NAME", default="test", help="MIX_ENV, never prod (default: test)")
    parser.add_argument("--repo", metavar="REPO", help="the repo, where the project has several")
    parser.add_argument("--prefix", metavar="PREFIX", help="the prefix to migrate, given on to mix")
    parser.add_argument(
        "--host",
        metavar="HOST",
        help="the database server, where it is another machine: it is refused unless named",
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would run, and run nothing")
    parser.add_argument("--yes", action="store_true", help="do not ask; needed where nobody can answer")
    parser.add_argument(
        "--verified",
        metavar="FILE",
        help="where to write down what was run (default: a folder of the user's)",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")


def _step(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is no number of migrations")
    return int(text)


def run(arguments: argparse.Namespace) -> int:
    import sys

    from ..cycle import database, mix, running
    from ..cycle.errors import Refused
    from . import exit_codes, files
    from .ending import ending_in_order
    from .formats import cycle_json, cycle_text

    if arguments.files and arguments.step is not None:
        raise CommandError("--step counts from the newest migration, and a FILE names one: either, not both")
    for path in arguments.files:
        # Says that it does not exist, or is a folder.
        files.target(path)
    as_json = arguments.format == "json"
    # Standard output is the program's that reads JSON; people then read standard error.
    shown = cycle_text.Shown(sys.stderr if as_json else sys.stdout)
    try:
        database.check_environment(arguments.env, os.environ)
        plan = _plan(arguments)
        shown.plan(plan)
        if arguments.dry_run:
            if as_json:
                cycle_json.write_plan(plan, sys.stdout)
            return exit_codes.OK
        runner = mix.Mix(mix.find(), plan.folder, plan.environment)
        if not arguments.yes and not _agreed():
            return exit_codes.ERROR
        with ending_in_order():
            try:
                done = running.run(plan, runner, shown, host=arguments.host)
            except (KeyboardInterrupt, SystemExit):
                shown.interrupted()
                raise
    except running.CannotRun as error:
        way_out = f" ({error.explanation.way_out})" if error.explanation.way_out is not None else ""
        raise CommandError(printable(f"{error}{way_out}; nothing was rolled back")) from error
    except Refused as error:
        raise CommandError(printable(str(error))) from error
    shown.cycle(done)
    if as_json:
        cycle_json.write(done, sys.stdout)
    _remember(done, arguments.verified)
    if done.passed:
        return exit_codes.OK
    return exit_codes.ERROR if done.failure is not None and done.failure.elsewhere else exit_codes.FINDINGS


def _plan(arguments: argparse.Namespace) -> Plan:
    from ..cycle import database
    from ..cycle.plan import plan
    from .files import reason

    if arguments.repo is not None:
        database.check_repo(arguments.repo)
    try:
        return plan(
            arguments.files,
            step=arguments.step,
            environment=arguments.env,
            repo=arguments.repo,
            prefix=arguments.prefix,
            tests=arguments.with_tests,
        )
    except OSError as error:
        if error.filename is None:
            raise
        where = printable(str(error.filename))
        raise CommandError(f"{where} cannot be read: {reason(error)}") from error


def _agreed() -> bool:
    """Whether somebody at a terminal says yes. Raises `CommandError` where nobody can."""
    import sys

    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise CommandError(
            "nobody is here to agree (standard input is no terminal): --yes says that it may run"
        )
    print("Run this? [y/N] ", end="", file=sys.stderr, flush=True)
    answer = ""
    try:
        answer = sys.stdin.readline()
    finally:
        if not answer.endswith("\n"):
            print(file=sys.stderr)
    if answer.strip().lower() in ("y", "yes"):
        return True
    complain("nothing was run")
    return False


def _remember(done: Cycle, record: str | None) -> None:
    """Writes down what was run of which migration, for the boxes of the report."""
    from ..verification import Ran, ran, record_of, remember
    from .files import reason

    if done.failure is not None and done.failure.elsewhere:
        return
    steps = ", ".join(
        f"{result.gate.kind} {'✓' if result.passed else '✗'}"
        for result in done.results
        if result.gate.kind != "tests"
    )
    runs: list[Ran] = []
    for migration in done.plan.migrations:
        if done.went_round and migration.version not in done.taken_back:
            continue
        about = f"MIX_ENV={done.plan.environment}: {steps}"
        runs.append(ran(migration.path, migration.text, "cycle", passed=done.went_round, result=about))
        for result in done.results:
            if result.gate.kind == "tests":
                tests = result.note or (result.failure.sentence if result.failure is not None else "")
                runs.append(
                    ran(
                        migration.path,
                        migration.text,
                        "tests",
                        passed=result.passed,
                        result=f"mix test: {tests}",
                    )
                )
    if not runs:
        return
    path = record or record_of(done.plan.migrations[0].path)
    try:
        remember(runs, path)
    except OSError as error:
        complain(f"{printable(path)} cannot be written, so the report will not know: {reason(error)}")
