"""A file and everything the analysis says about it: what the output formats render."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecto_migrations_analysis.analysis import Analysis
from ecto_migrations_analysis.findings import Finding
from ecto_migrations_analysis.fixes.model import Offer
from ecto_migrations_analysis.records import dataclass

from .cells import printable
from .errors import CommandError
from .files import Target

if TYPE_CHECKING:
    from ecto_migrations_analysis.project.discovery import Workspace


@dataclass(frozen=True)
class Checked:
    target: Target
    analysis: Analysis
    offers: tuple[Offer, ...] = ()

    def fixes(self, finding: Finding) -> list[Offer]:
        """The fixes that answer a finding, the preferred one first."""
        found = [
            offer
            for offer in self.offers
            if finding.rule in offer.rules and finding.span in offer.finding_spans
        ]
        return sorted(found, key=lambda offer: not offer.preferred)


def check(target: Target, workspace: Workspace | None = None) -> Checked:
    """Reads and analyses one file. Raises `CommandError` where it cannot be read.

    `workspace` remembers the history between the files of one run.
    """
    from ecto_migrations_analysis.engine import analyze
    from ecto_migrations_analysis.fixes.registry import offers
    from ecto_migrations_analysis.project.discovery import Workspace

    workspace = workspace or Workspace()
    source = target.read()
    try:
        analysis = analyze(source, workspace.context_for(target.path))
        return Checked(target, analysis, offers(analysis))
    except Exception as error:
        # An error of this program, not of the file. Other files can still be checked.
        raise CommandError(
            f"internal error at {printable(target.shown)}: {type(error).__name__}: {printable(str(error))}"
        ) from error
