"""A file and everything the analysis says about it: what the output formats render."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ecto_migrations_analysis.analysis import Analysis
from ecto_migrations_analysis.findings import Finding
from ecto_migrations_analysis.fixes.model import Offer
from ecto_migrations_analysis.records import dataclass, replace
from ecto_migrations_analysis.syntax.span import Span

from .cells import printable
from .errors import CommandError
from .files import Target

if TYPE_CHECKING:
    from ecto_migrations_analysis.project.discovery import Workspace


@dataclass(frozen=True)
class Checked:
    """`known`: findings of the file that are not reported again; `analysis` has the others."""

    target: Target
    analysis: Analysis
    known: tuple[Finding, ...] = ()

    @property
    def classification(self) -> str:
        """How grave the file is, with what is known."""
        if not self.known:
            return self.analysis.classification
        return replace(self.analysis, findings=(*self.analysis.findings, *self.known)).classification

    @cached_property
    def offers(self) -> tuple[Offer, ...]:
        """Every fix there is in the file; most files need none, so nobody looks before somebody asks."""
        from ecto_migrations_analysis.fixes.registry import offers

        return offers(self.analysis)

    def fixes(self, finding: Finding) -> list[Offer]:
        """The fixes that answer a finding, the preferred one first; silencing it is none."""
        found = self._by_finding.get((finding.rule, finding.span), [])
        return sorted(found, key=lambda offer: not offer.preferred)

    def rewrites(self, line: int | None = None) -> list[Offer]:
        """What `expand` can do, in the order in which it numbers them: at `line` (from 1), or in the file.

        Splits come first, as the command is for them; what no finding asks for comes last.
        """
        found = self._fixes if line is None else self._by_line.get(line, [])
        return sorted(
            found,
            key=lambda offer: (not offer.rules, not offer.new_file_count, not offer.preferred, offer.span),
        )

    @cached_property
    def _fixes(self) -> list[Offer]:
        return [offer for offer in self.offers if not offer.suppresses]

    @cached_property
    def _by_finding(self) -> dict[tuple[str, Span], list[Offer]]:
        found: dict[tuple[str, Span], list[Offer]] = {}
        for offer in self._fixes:
            for key in dict.fromkeys((rule, span) for rule in offer.rules for span in offer.finding_spans):
                found.setdefault(key, []).append(offer)
        return found

    @cached_property
    def _by_line(self) -> dict[int, list[Offer]]:
        line_of = self.analysis.source.lines.line_of
        found: dict[int, list[Offer]] = {}
        for offer in self._fixes:
            lines = {
                line for span in places(offer) for line in range(line_of(span.start), line_of(span.end) + 1)
            }
            for line in lines:
                found.setdefault(line + 1, []).append(offer)
        return found


def places(offer: Offer) -> tuple[Span, ...]:
    """Where a fix is asked for: at its findings, else at its subject."""
    return offer.finding_spans or (offer.span,)


def check(target: Target, workspace: Workspace | None = None) -> Checked:
    """Reads and analyses one file. Raises `CommandError` where it cannot be read.

    `workspace` remembers the history between the files of one run.
    """
    from ecto_migrations_analysis.engine import analyze
    from ecto_migrations_analysis.project.discovery import Workspace

    workspace = workspace or Workspace()
    source = target.read()
    try:
        return Checked(target, analyze(source, workspace.context_for(target.path)))
    except Exception as error:
        # An error of this program, not of the file. Other files can still be checked.
        raise CommandError(
            f"internal error at {printable(target.shown)}: {type(error).__name__}: {printable(str(error))}"
        ) from error
