"""The safe form of everything dangerous in a migration at once: the fixes of its findings, put together.

Each fix keeps the migrations it makes in their order, and those of the statement that comes first come first.
Where two fixes would change the same text, they are not put together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from ..findings import Level
from ..syntax.span import Span
from . import naming
from .context import Context, Proposal, offer
from .document import Document
from .emptied import without_emptied
from .model import Change, Edit, Files, NewFile, OtherEdits
from .move_index import without_lines
from .small import FIXES

STRATEGY = "split-everything"
# They make the whole migration run without a transaction, which the others count on; or take all of it apart.
_APART = (
    "concurrent-index",
    "index-attributes",
    "write-rows-apart",
    "split-transactions",
    "replace-key",
    "rename-file:",
    "whole-file:",
)


def proposals(context: Context, known: Iterable[Proposal]) -> Iterator[Proposal]:
    """`known` are the proposals of all strategies, the simplest first."""
    if not context.can_add_files:
        return
    chosen = _chosen(context, list(known))
    if len(chosen) < 2 or not any(proposal.offer.new_file_count for proposal in chosen):
        return
    if _together(context, chosen, _Allotted(None)) is None:
        return
    new_files = sum(proposal.offer.new_file_count for proposal in chosen)
    findings = tuple(
        finding
        for finding in context.analysis.findings
        if any(_answers(proposal, finding.rule, finding.span) for proposal in chosen)
    )
    yield Proposal(
        offer(
            context,
            STRATEGY,
            "+".join(proposal.offer.id.partition(":")[0] for proposal in chosen),
            f"Split into {new_files + 1} migrations: the safe form of all {len(chosen)} changes",
            context.migration.migration.name_span,
            findings=findings,
            new_files=new_files,
        ),
        partial(_change, context, chosen),
    )


def _chosen(context: Context, known: list[Proposal]) -> list[Proposal]:
    """For each risk and danger the preferred fix, else the first; in the order of the text."""
    module = context.migration.migration.module
    own = [
        proposal
        for proposal in known
        if proposal.offer.id.split(":")[1] == module
        and proposal.offer.rules
        and not proposal.offer.suppresses
        and not proposal.offer.id.startswith(_APART)
        and proposal.offer.id.partition(":")[0] not in FIXES
    ]
    found: list[Proposal] = []
    for finding in context.analysis.findings:
        if finding.level < Level.RISK or not finding.forward:
            continue
        answering = [proposal for proposal in own if _answers(proposal, finding.rule, finding.span)]
        if not answering or any(proposal in found for proposal in answering):
            continue
        found.append(next((item for item in answering if item.offer.preferred), answering[0]))
    return sorted(found, key=lambda proposal: proposal.offer.span)


def _answers(proposal: Proposal, rule: str, span: Span) -> bool:
    return rule in proposal.offer.rules and span in proposal.offer.finding_spans


class _Allotted:
    """The files that exist and those that the fixes before have been given."""

    def __init__(self, files: Files | None) -> None:
        self.files = files
        self.new: dict[str, set[str]] = {}

    def names(self, folder: str) -> frozenset[str]:
        there = self.files.names(folder) if self.files is not None else frozenset()
        return there | frozenset(self.new.get(folder, ()))

    def read(self, path: str) -> bytes | None:
        return self.files.read(path) if self.files is not None else None

    def add(self, file: NewFile) -> None:
        folder, name = naming.split_path(file.path)
        self.new.setdefault(folder or ".", set()).add(name)


def _change(context: Context, chosen: list[Proposal], files: Files) -> Change:
    made = _together(context, chosen, _Allotted(files))
    assert made is not None
    return made


def _together(context: Context, chosen: list[Proposal], files: _Allotted) -> Change | None:
    """None where two of them change the same text."""
    edits: list[Edit] = []
    new_files: list[NewFile] = []
    others: list[OtherEdits] = []
    for proposal in chosen:
        made = proposal.make(files)
        if {other.path for other in made.others} & {other.path for other in others}:
            return None
        # Two of them may want the same callback or attribute.
        edits += [edit for edit in made.edits if edit not in edits or edit.text == ""]
        new_files += made.new_files
        others += made.others
        for file in made.new_files:
            files.add(file)
    merged = _merged(context.document, edits)
    whole = without_emptied(context, merged) if merged is not None else None
    if whole is None:
        return None
    return Change(edits=whole, new_files=tuple(new_files), others=tuple(others))


def _merged(document: Document, edits: list[Edit]) -> tuple[Edit, ...] | None:
    """The edits in order; deletions that meet become one, what goes to one place is put together."""
    merged: list[Edit] = []
    for edit in sorted(edits, key=lambda edit: edit.span):
        last = merged[-1] if merged else None
        if last is None or edit.span.start > last.span.end:
            merged.append(edit)
        elif not edit.text and not last.text:
            both = Span(last.span.start, max(last.span.end, edit.span.end))
            whole = document.line_start(both.start) == both.start
            merged[-1] = without_lines(document, both) if whole else Edit(both, "")
        elif edit.span == last.span and edit.span.start == edit.span.end:
            merged[-1] = Edit(edit.span, last.text + edit.text)
        elif edit.span.start == last.span.end and last.span.start < last.span.end:
            merged.append(edit)
        else:
            return None
    return tuple(merged)
