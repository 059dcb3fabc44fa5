"""`ecto-migrations report FILE|RANGE`: what a migration does in both directions, or all of a release."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

from .errors import CommandError

if TYPE_CHECKING:
    from ..reports.bundle import Bundle
    from ..verification import Kind, Ran

HELP: Final = (
    "show what a migration does in both directions, or all migrations of a release, and plan the deploy"
)


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "target",
        metavar="FILE|RANGE",
        help="a migration file; or revisions of git: A..B, A...B, or A for all that has come since, committed"
        " or not",
    )
    parser.add_argument(
        "paths", metavar="PATH", nargs="*", help="with a range: only migrations in these files and folders"
    )
    parser.add_argument("--format", choices=("text", "json", "markdown"), default=None, help="default: text")
    parser.add_argument(
        "--compact", action="store_true", help="a short form in Markdown, for a comment on a pull request"
    )
    parser.add_argument(
        "--verified",
        metavar="FILE",
        help="tick what was run as this file says, which rehearse and cycle have written; default: the user's"
        " own record of their runs",
    )


def run(arguments: argparse.Namespace) -> int:
    import os

    if arguments.compact and arguments.format not in (None, "markdown"):
        raise CommandError(f"--compact is Markdown, not {arguments.format}")
    if arguments.verified is not None and not os.path.isfile(arguments.verified):
        from .cells import printable

        raise CommandError(f"{printable(arguments.verified)} does not exist: no run is written down there")
    if os.path.isfile(arguments.target) or arguments.target.endswith(".exs"):
        if arguments.paths:
            raise CommandError("one migration file, or a range of revisions with paths, is wanted")
        return _file(arguments)
    return _range(arguments)


def _file(arguments: argparse.Namespace) -> int:
    import sys

    from . import exit_codes, files
    from .checked import check
    from .formats import report_json, report_text
    from .terminal import Terminal

    checked = check(files.target(arguments.target))
    runs = _runs(checked.target.path, checked.analysis.source.data, arguments.verified)
    if arguments.compact:
        from ..reports.bundle import alone
        from ..reports.compact import compact

        sys.stdout.write(compact(alone(checked.analysis, checked.target.shown, runs)))
    elif arguments.format == "json":
        report_json.write(checked, runs, sys.stdout)
    elif arguments.format == "markdown":
        from ..reports.migration_markdown import markdown

        sys.stdout.write(markdown(checked.analysis, checked.target.shown, runs))
    else:
        report_text.write(checked, sys.stdout, Terminal.of(sys.stdout))
    return exit_codes.OK


def _runs(path: str, data: bytes, record: str | None) -> dict[Kind, Ran]:
    from .. import verification

    return verification.runs_of(path, data, verification.read(record or verification.record_of(path)))


def _range(arguments: argparse.Namespace) -> int:
    import gc
    import os

    from ecto_migrations_analysis.project.discovery import Workspace
    from ecto_migrations_analysis.project.release import NoRange, is_revision, revisions

    from ..reports.bundle import bundle
    from . import exit_codes
    from .cells import printable
    from .ending import ending_in_order

    gc.enable()
    here = os.path.realpath(os.getcwd())
    target = arguments.target
    if ".." not in target and not is_revision(here, target):
        what = "is a folder" if os.path.isdir(target) else "does not exist"
        raise CommandError(
            f"{printable(target)} {what}, and git knows no revision of this name in {printable(here)}"
        )
    below = [os.path.normpath(os.path.join(here, path)) for path in arguments.paths] or [here]
    try:
        with (
            ending_in_order(),
            bundle(
                revisions(here, target),
                below=below,
                maker=lambda base: Workspace(settled=True, base=base),
                record=arguments.verified,
                shown_from=here,
            ) as found,
        ):
            _write(found, arguments)
    except NoRange as error:
        raise CommandError(printable(str(error))) from error
    return exit_codes.OK


def _write(found: Bundle, arguments: argparse.Namespace) -> None:
    import sys

    if arguments.compact:
        from ..reports.compact import compact

        sys.stdout.write(compact(found))
    elif arguments.format == "json":
        from .formats import release_json

        release_json.write(found, sys.stdout)
    elif arguments.format == "markdown":
        from ..reports.release_markdown import release_markdown

        sys.stdout.write(release_markdown(found))
    else:
        from .formats import release_text
        from .terminal import Terminal

        release_text.write(found, sys.stdout, Terminal.of(sys.stdout))
