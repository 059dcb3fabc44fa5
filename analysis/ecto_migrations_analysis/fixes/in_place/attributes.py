"""Module attributes that nothing needs, that Ecto does not know, or that `use` takes back.

`use Ecto.Migration` sets `@disable_ddl_transaction` and `@disable_migration_lock` to false; what stands
below it counts (`Ecto.Migration.__using__/1`).
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Finding
from ...program.migration import Attribute
from .. import module_edits
from ..context import Context, Proposal
from ..model import Edit
from .common import answer, found, whole_lines

UNNEEDED = ("disable-ddl-transaction-unneeded", "disable-migration-lock-unneeded")
MISSPELT = "attribute-misspelt"
MISPLACED = "attribute-misplaced"


def proposals(context: Context) -> Iterator[Proposal]:
    for finding in found(context, *UNNEEDED):
        edit = _line(context, finding)
        if edit is not None:
            name = finding.subject["attribute"]
            yield answer(context, "remove-attribute", name, f"Remove @{name}", (finding,), (edit,), safe=True)
    for finding in found(context, MISSPELT):
        yield from _respelt(context, finding)
    misplaced = found(context, MISPLACED)
    if misplaced:
        yield from _moved(context, misplaced)


def _line(context: Context, finding: Finding) -> Edit | None:
    """The line of the attribute gone; None where something else stands in it."""
    document, span = context.document, finding.span
    if not document.starts_line(span.start) or document.rest_of_line(span.end).strip():
        return None
    return whole_lines(document, span)


def _flag(context: Context, name: str) -> Attribute:
    migration = context.migration.migration
    return (
        migration.disable_ddl_transaction
        if name == "disable_ddl_transaction"
        else migration.disable_migration_lock
    )


def _respelt(context: Context, finding: Finding) -> Iterator[Proposal]:
    wrong, near = finding.subject["attribute"], finding.subject["near"]
    if _flag(context, near).span is not None:
        # The right one is there too: only one of them may stay.
        edit = _line(context, finding)
        title = f"Remove @{wrong}: @{near} is there"
    else:
        start = context.document.data.index(wrong.encode(), finding.span.start, finding.span.end)
        edit = Edit(finding.span._replace(start=start, end=start + len(wrong.encode())), near)
        title = f"Write @{near}"
    if edit is not None:
        yield answer(context, "respell-attribute", wrong, title, (finding,), (edit,), safe=True)


def _moved(context: Context, findings: tuple[Finding, ...]) -> Iterator[Proposal]:
    """All of them at once, for they go to the same place."""
    document = context.document
    names = [finding.subject["attribute"] for finding in findings]
    cuts = [_line(context, finding) for finding in findings]
    text = "\n".join(f"@{name} true" for name in names)
    if any(_flag(context, name).value is True for name in names):
        return
    if not all(
        document.source.text(finding.span).split() == [f"@{name}", "true"]
        for finding, name in zip(findings, names, strict=True)
    ):
        return
    below = module_edits.below_use(document, context.migration.migration, text.split("\n"))
    if below is None or any(cut is None for cut in cuts):
        return
    edits = [below, *(cut for cut in cuts if cut is not None)]
    what = " and ".join(f"@{name}" for name in names)
    yield answer(
        context,
        "move-attribute",
        "+".join(names),
        f"Move {what} below use Ecto.Migration",
        findings,
        edits,
        safe=True,
    )
