"""Rows that a migration writes: in a migration of their own, in batches.

What comes before stays, what comes after goes to a later migration: the order is what it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ...findings import Finding, Level
from ...operations import DropTable, Insert
from ...records import dataclass
from ...schema.state import Schema
from ...syntax.span import Span
from .. import module_edits
from ..context import Context, Proposal, offer
from ..model import Change, Edit, Files
from ..move_index import without_lines
from ..naming import snake
from ..new_migrations import Placing
from . import in_batches, not_null, plain
from .assemble import Part, assembled
from .body import Body, Statement, backward, comments, forward, stands_alone
from .frame import NoFiles, keeps_only_callbacks, moduledoc, without_unused
from .in_batches import Write
from .reading import Taken, read_down, read_write

STRATEGY = "write-rows-apart"
RULES = (
    "backfill-in-ddl-transaction",
    "backfill-unbatched",
    "wipe-column",
    "pending-trigger-events",
)
# Said of the statement that comes after the rows were written.
_AFTER = ("pending-trigger-events",)


@dataclass(frozen=True, slots=True)
class _Segment:
    """Statements that go to one migration; `taken` are the writes of one in batches."""

    statements: tuple[Statement, ...]
    taken: tuple[Taken, ...] = ()


@dataclass(frozen=True, slots=True)
class _Plan:
    body: Body
    # What stays in the current file, and what comes after it.
    kept: tuple[Statement, ...]
    segments: tuple[_Segment, ...]
    enforced: not_null.Enforced | None
    # The statements of `down` that go along, and `down` of a migration that does nothing else.
    gone: tuple[Statement, ...]
    downs: tuple[Write, ...]
    down: str | None
    labels: tuple[str, ...]


def proposals(context: Context) -> Iterator[Proposal]:
    findings = context.findings(context.migration.migration.span, RULES)
    if not findings or not context.can_add_files:
        return
    plan = _plan(context, findings)
    if plan is None:
        return
    made = _change(context, plan, NoFiles())
    files = len(made.new_files) + 1
    subject = "+".join(taken.up.name for segment in plan.segments for taken in segment.taken) or "rows"
    batches = any(segment.taken for segment in plan.segments)
    if files > 1:
        title = f"Split into {files} migrations: {' → '.join(plan.labels)}"
    else:
        title = (
            f"{plan.labels[0][:1].upper()}{plan.labels[0][1:]} that commit one by one, without a transaction"
        )
    answered = tuple(item for item in findings if batches or item.rule != "backfill-unbatched")
    yield Proposal(
        offer(
            context,
            STRATEGY,
            subject,
            title,
            findings[0].span,
            findings=answered,
            preferred=True,
            new_files=files - 1,
        ),
        partial(_change, context, plan),
    )


# --- what goes where ---------------------------------------------------------------------------------------


def _plan(context: Context, findings: tuple[Finding, ...]) -> _Plan | None:
    body = forward(context)
    if body is None:
        return None
    taken: dict[int, Taken] = {}
    apart: set[int] = set()
    for finding in findings:
        number = _place(body, finding.span)
        if number is None:
            return None
        if finding.rule in _AFTER:
            apart.add(number)
            continue
        statement = body.statements[number]
        if _inserts(statement):
            if _loses_its_source(body, number):
                return None
            apart |= {number, number + 1}
            continue
        write = read_write(context, statement, _bound_for(body, number))
        if write is not None:
            taken[number] = write
        elif finding.level >= Level.RISK:
            return None
    if body.callback == "up" and any(write.down is not None for write in taken.values()):
        return None
    segments = _segments(body, taken, apart)
    if not segments:
        return None
    kept = segments.pop(0).statements if not segments[0].taken else ()
    while kept and kept[-1].only_flushes:
        kept = kept[:-1]
    if not segments:
        return None
    return _completed(context, body, kept, segments)


def _place(body: Body, span: Span) -> int | None:
    """The statement that does what is found: its SQL may stand elsewhere, in a variable."""
    for number, statement in enumerate(body.statements):
        operations = [operation for step in statement.steps for operation in step.statement.operations]
        if any(operation.span == span for operation in operations):
            return number
    found = (at for at, statement in enumerate(body.statements) if statement.node.span.encloses(span))
    return next(found, None)


def _inserts(statement: Statement) -> bool:
    operations = [operation for step in statement.steps for operation in step.statement.operations]
    return bool(operations) and all(isinstance(operation, Insert) for operation in operations)


def _bound_for(body: Body, number: int) -> frozenset[str]:
    """The variables whose texts only this statement reads, given right before it."""
    names: set[str] = set()
    for earlier in reversed(body.statements[:number]):
        if earlier.binds is None:
            break
        names.add(earlier.binds)
    for later in body.statements[number + 1 :]:
        if later.binds is not None:
            names -= {name for name in names if name in later.names and name != later.binds}
            if later.binds in names:
                break
        else:
            names -= later.names
    return frozenset(names)


def _loses_its_source(body: Body, number: int) -> bool:
    """Whether a table is dropped that the rows come from: what code writes there by then would be lost."""
    read = {
        Schema.key(relation)
        for step in body.statements[number].steps
        for operation in step.statement.operations
        if isinstance(operation, Insert)
        for relation in operation.reads
    }
    return any(
        isinstance(operation, DropTable) and Schema.key(operation.relation) in read
        for statement in body.statements[number:]
        for step in statement.steps
        for operation in step.statement.operations
    )


def _segments(body: Body, taken: dict[int, Taken], apart: set[int]) -> list[_Segment]:
    segments: list[_Segment] = []
    texts: tuple[Statement, ...] = ()
    for number, statement in enumerate(body.statements):
        last = segments[-1] if segments else None
        write = taken.get(number)
        if statement.binds is not None and _goes_along(body, taken, number):
            texts = (*texts, statement)
        elif write is not None:
            if last is not None and last.taken and _same_down(last.taken, write):
                segments[-1] = _Segment((*last.statements, *texts, statement), (*last.taken, write))
            else:
                segments.append(_Segment((*texts, statement), (write,)))
            texts = ()
        elif statement.only_flushes and last is not None and last.taken:
            continue
        elif last is None or last.taken or number in apart:
            segments.append(_Segment((statement,)))
        else:
            segments[-1] = _Segment((*last.statements, statement))
    return [item for item in segments if not all(one.only_flushes for one in item.statements)]


def _goes_along(body: Body, taken: dict[int, Taken], number: int) -> bool:
    """Whether it gives a text to the write that follows."""
    name = body.statements[number].binds
    for place, later in enumerate(body.statements[number + 1 :], number + 1):
        if later.binds is None:
            return place in taken and name in later.names
    return False


def _same_down(known: tuple[Taken, ...], write: Taken) -> bool:
    return (known[-1].down is None) == (write.down is None)


def _completed(
    context: Context, body: Body, kept: tuple[Statement, ...], segments: list[_Segment]
) -> _Plan | None:
    enforced = None
    first = segments[0]
    if kept and first.taken and len(segments) > 1:
        enforced = not_null.read(
            context, kept, [taken.up for taken in first.taken], segments[1].statements[0]
        )
        if enforced is not None:
            rest = segments[1].statements[1:]
            segments[1:2] = [_Segment(rest)] if rest else []
    others = [segment for segment in segments if not segment.taken]
    if not all(stands_alone(context, one) for segment in others for one in segment.statements):
        return None
    if not kept and not keeps_only_callbacks(context):
        return None
    gone: tuple[Statement, ...] = ()
    downs: tuple[Write, ...] = tuple(taken.down for taken in first.taken if taken.down is not None)
    down: str | None = None
    if body.callback == "up":
        back = backward(context)
        if others and context.migration.down is not None:
            groups = [plain.lines_and_schema(context, segment.statements) for segment in others]
            found = plain.reversed_in(context, groups, back)
            if found is None:
                return None
            gone = found
        if not kept:
            left = tuple(one for one in back.statements if one not in gone) if back is not None else ()
            read = read_down(context, left)
            if read is None or (read.writes and not first.taken):
                return None
            downs, down = read.writes, read.text
    elif any(not plain.is_reversible(context, segment.statements) for segment in others):
        return None
    labels = [plain.label(kept)] if kept else []
    labels += [_label(segment) for segment in segments]
    if enforced is not None:
        labels.insert(2, "enforce NOT NULL")
    return _Plan(body, kept, tuple(segments), enforced, gone, downs, down, tuple(labels))


def _label(segment: _Segment) -> str:
    if not segment.taken:
        return plain.label(segment.statements)
    tables = list(dict.fromkeys(str(taken.up.relation) for taken in segment.taken))
    verb = "update" if all(taken.up.verb == "update" for taken in segment.taken) else "delete from"
    if any(taken.wiped for taken in segment.taken):
        tables = list(dict.fromkeys(taken.up.subject for taken in segment.taken))
        return f"set {' and '.join(tables)} to NULL in batches"
    if len({taken.up.verb for taken in segment.taken}) > 1:
        verb = "write"
    return f"{verb} {' and '.join(tables)} in batches"


# --- the files ---------------------------------------------------------------------------------------------


def _change(context: Context, plan: _Plan, files: Files) -> Change:
    parts: list[Part] = []
    for segment in plan.segments:
        parts.append(
            _batches(context, plan, segment) if segment.taken else plain.part(context, segment.statements)
        )
        if plan.enforced is not None and segment is plan.segments[0]:
            parts.append(not_null.part(context, plan.enforced))
    if not plan.kept:
        return assembled(context, parts[0], (), parts[1:], files)
    edits = _without(context, plan)
    if plan.enforced is not None:
        edits += not_null.defaults(context, plan.enforced, plan.kept[-1])
    timeout = module_edits.lock_timeout(
        context.document, context.migration.migration, context.analysis.project.settings.lock_timeout
    )
    if timeout is not None:
        edits.append(timeout)
    about = "what has to be there before the rows are written."
    return assembled(context, None, tuple(edits), parts, files, about=about)


def _without(context: Context, plan: _Plan) -> list[Edit]:
    """The current file without what goes to others."""
    document = context.document
    after = plan.body.statements[len(plan.kept) :]
    span = Span(plan.kept[-1].lines.end, after[-1].lines.end)
    edits = [without_lines(document, Span(document.next_line(plan.kept[-1].node.end), span.end))]
    edits += [without_lines(document, one.lines) for one in plan.gone]
    return [*edits, *without_unused(context, edits)]


def _batches(context: Context, plan: _Plan, segment: _Segment) -> Part:
    ups = [taken.up for taken in segment.taken]
    downs = [taken.down for taken in segment.taken if taken.down is not None][::-1]
    down = None
    in_place = segment is plan.segments[0] and not plan.kept
    if in_place:
        downs, down = downs or list(plan.downs), plan.down
    settings = context.analysis.project.settings
    subjects = list(dict.fromkeys(one.subject for one in ups))
    what = " and ".join(subjects) if len(subjects) < 3 else f"{len(subjects)} columns"
    verbs = {one.verb for one in ups}
    does = "deletes rows of" if verbs == {"delete"} else "writes"
    head = [*(f for one in segment.statements for f in comments(context.document, one.lines))]
    about = f"{does} {what} in batches, each of which commits by itself. It can be stopped and run again."
    about += _when(context, plan, ups)
    tables = "_and_".join(dict.fromkeys(snake(one.relation.name or "") for one in ups))

    def text(module: str) -> str:
        placing = Placing(
            module=module,
            step=1,
            steps=1,
            disable_migration_lock=context.disable_migration_lock,
            batch_size=settings.backfill_batch_size,
        )
        document = moduledoc(context) if in_place else None
        return "".join(f"{line}\n" for line in head) + in_batches.text(placing, ups, downs, down, document)

    columns = list(dict.fromkeys(column for one in ups for column in one.columns))
    name = f"delete_from_{tables}" if verbs == {"delete"} else f"update_{tables}"
    if len(columns) == 1 and len(ups) == 1:
        name = f"update_{tables}_{snake(columns[0])}"
    return Part(name=name, about=about, text=text)


def _when(context: Context, plan: _Plan, ups: list[Write]) -> str:
    """What has to be deployed before or after, for columns that this migration has added."""
    covered = plan.enforced.defaults if plan.enforced is not None else ()
    empty: list[str] = []
    filled: list[str] = []
    for one in ups:
        for column in one.columns:
            added = plain.added(plan.kept, one.relation, column)
            if added is None or column in dict(covered):
                continue
            (empty if added.default is None else filled).append(f"{one.relation}.{column}")
    said = ""
    if empty:
        said += f" Deploy it after the code that writes {_listed(empty)}: rows written later stay without."
    if filled:
        said += f" It writes over {_listed(filled)}, whatever code has written there by then."
    return said


def _listed(names: list[str]) -> str:
    unique = list(dict.fromkeys(names))
    return " and ".join([", ".join(unique[:-1]), unique[-1]] if len(unique) > 1 else unique)
