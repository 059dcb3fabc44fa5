"""`check --fix` and `check --diff`: what needs no decision, written or shown."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from .cells import printable
from .errors import CommandError, complain

if TYPE_CHECKING:
    from ecto_migrations_analysis.fixes.unattended import Fixed
    from ecto_migrations_analysis.project.discovery import Workspace

    from .baseline import Baseline
    from .checked import Checked
    from .files import Target

# A file that changes may let another one be fixed that comes after it in the history.
_PASSES = 5


def configure(parser: argparse.ArgumentParser) -> None:
    way = parser.add_mutually_exclusive_group()
    way.add_argument(
        "--fix",
        action="store_true",
        help="apply the fixes that need no decision and make no files, say which, then check",
    )
    way.add_argument(
        "--diff",
        action="store_true",
        help="show what --fix would change, and change nothing; exit code 1 where there is something",
    )


def write(
    targets: Iterable[Target], workspace: Callable[[], Workspace], baseline: Baseline | None
) -> tuple[Workspace, bool]:
    """Fixes the files, says on standard error what was done, and gives a workspace as they are now.

    A file is written as a whole or not at all; the second value says whether one could not be. Raises
    `CommandError` for standard input.
    """
    import sys

    from . import disk

    targets = list(targets)
    if any(target.from_stdin for target in targets):
        raise CommandError("--fix writes files, and standard input is none: --diff shows what it would do")
    files = workspace()
    failed: set[str] = set()
    for _ in range(_PASSES):
        changed = False
        for target in targets:
            if target.path in failed:
                continue
            try:
                before, fixed = _fixed(target, files, baseline)
                if fixed.titles:
                    disk.write(target.path, before, fixed.analysis.source.data, ())
            except CommandError as error:
                complain(str(error))
                failed.add(target.path)
                continue
            for title in fixed.titles:
                print(f"fixed {printable(target.shown)}: {printable(title)}", file=sys.stderr)
            changed = changed or bool(fixed.titles)
        if not changed:
            break
        files = workspace()
    return files, bool(failed)


def show(targets: Iterable[Target], workspace: Workspace, baseline: Baseline | None) -> int:
    """Prints the differences as `diff -u` does, and returns the exit code."""
    import sys

    from . import exit_codes
    from .expand import diff, painted
    from .terminal import Terminal

    terminal = Terminal.of(sys.stdout)
    found = broken = False
    for target in targets:
        try:
            before, fixed = _fixed(target, workspace, baseline)
        except CommandError as error:
            complain(str(error))
            broken = True
            continue
        if not fixed.titles:
            continue
        found = True
        after = fixed.analysis.source.data
        for line in diff(target.shown, target.shown, before.decode("utf-8", "replace"), after):
            print(painted(line, terminal))
    if broken:
        return exit_codes.ERROR
    return exit_codes.FINDINGS if found else exit_codes.OK


def _fixed(target: Target, workspace: Workspace, baseline: Baseline | None) -> tuple[bytes, Fixed]:
    """The text as it is, and as it would be."""
    from ecto_migrations_analysis.analysis import Analysis
    from ecto_migrations_analysis.engine import analyze
    from ecto_migrations_analysis.fixes.unattended import fix
    from ecto_migrations_analysis.syntax.source import Source

    from . import disk
    from .checked import Checked, check

    def reported(checked: Checked) -> Analysis:
        return (baseline.without_known(checked) if baseline is not None else checked).analysis

    checked = check(target, workspace)
    project = checked.analysis.project

    def judge(source: Source) -> Analysis:
        return reported(Checked(target, analyze(source, project)))

    return checked.analysis.source.data, fix(reported(checked), judge, disk.DiskFiles())
