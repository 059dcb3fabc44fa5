"""The formats of `check`, and what each of them is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol, TextIO

if TYPE_CHECKING:
    from ecto_migrations_analysis.findings import Level

    from ..checked import Checked

NAMES: Final = ("text", "json", "github", "gitlab", "sarif", "junit", "markdown")


class Format(Protocol):
    """Takes file after file, in their order, and ends its output when there are no more.

    What `read` makes of a file may come from another process: it has to be something that can be pickled.
    """

    def read(self, checked: Checked) -> Any:
        """What the output needs of a file; nothing changes by it."""

    def add(self, part: Any) -> None:
        """The next file, as `read` has given it."""

    def finish(self) -> None:
        """There are no more."""


def format_named(name: str, output: TextIO, failing: Level | None) -> Format:
    """One of `NAMES`. `failing`: the lowest level that fails the run; None where none does."""
    match name:
        case "json":
            from .findings_json import FindingsJson

            return FindingsJson(output)
        case "github":
            from .findings_github import FindingsGithub

            return FindingsGithub(output)
        case "gitlab":
            from .findings_gitlab import FindingsGitlab

            return FindingsGitlab(output)
        case "sarif":
            from .findings_sarif import FindingsSarif

            return FindingsSarif(output)
        case "junit":
            from .findings_junit import FindingsJunit

            return FindingsJunit(output, failing)
        case "markdown":
            from .findings_markdown import FindingsMarkdown

            return FindingsMarkdown(output)
    from ..terminal import Terminal
    from .findings_text import FindingsText

    return FindingsText(output, Terminal.of(output))
