"""The report on a release in Markdown: all migrations of a range as one deploy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ecto_migrations_analysis import operations as op
from ecto_migrations_analysis.findings import Finding, Level
from ecto_migrations_analysis.operations import Relation
from ecto_migrations_analysis.records import dataclass
from ecto_migrations_analysis.report.commands import commands
from ecto_migrations_analysis.report.consequences import blocked_by
from ecto_migrations_analysis.report.deadlocks import Deadlock
from ecto_migrations_analysis.report.deployment import Deployment
from ecto_migrations_analysis.report.migration import irreversible, report
from ecto_migrations_analysis.report.operations import forward
from ecto_migrations_analysis.report.release import ReleaseLock
from ecto_migrations_analysis.rules.pages import page_url
from ecto_migrations_analysis.schema.state import Schema

from .bundle import Bundle, Group, Item
from .deploying import demand_list, from_a_release, rollback_notes, trouble
from .planning import change_words, splits
from .texts import cell, code, counted, fenced, listed, shortened
from .verifying import cycle, modelled, tests_box, together

# More pairs of tables than that are said by their order.
_MOST_PAIRS: Final = 2
_CLASSES: Final = ("dangerous", "risky", "safe")


def release_markdown(bundle: Bundle) -> str:
    """The whole report; ends with a line end."""
    parts = [f"# Release Report — {bundle.text}", *_notes(bundle)]
    if not bundle.groups:
        parts.insert(1, "No new migrations.")
    for group in bundle.groups:
        sections = [
            *_overview(group),
            *_locks(group),
            *_deadlocks(group),
            *_separate(group),
            *_plan(group),
            *_verification(group),
            *_migrations(group),
        ]
        if len(bundle.groups) > 1:
            sections = [
                f"## {group.title} (`{group.folder}`)",
                *(f"#{part}" if part.startswith("##") else part for part in sections),
            ]
        parts += sections
    return "\n\n".join(parts) + "\n"


def verdict(group: Group) -> str:
    """`3 migrations of Blog.Repo: dangerous (1 dangerous, 2 safe)`."""
    classes = [item.analysis.classification for item in group.items]
    many = [f"{classes.count(name)} {name}" for name in _CLASSES if name in classes]
    details = f" ({', '.join(many)})" if len(classes) > 1 else ""
    whole = f"**{group.report.classification}**{details}"
    return f"{counted(len(classes), 'migration')} of `{group.title}`: {whole}"


def way_back(item: Item) -> str:
    if not item.analysis.migrations:
        return "no migration"
    if irreversible(item.analysis) is not None:
        return "cannot be rolled back"
    down = item.analysis.migrations[0].down
    refused = down is not None and any(step.statement.error for step in down.steps)
    return "rollback fails" if refused else "reversible"


def _notes(bundle: Bundle) -> Iterator[str]:
    if bundle.notes:
        yield "\n".join(f"- {note}" for note in bundle.notes)


def _overview(group: Group) -> Iterator[str]:
    yield f"{verdict(group)}."
    rows = ["| | migration | what it does | judged | way back |", "|---:|---|---|---|---|"]
    for number, item in enumerate(group.items, 1):
        what = cell(change_words(item.analysis, 3))
        rows.append(
            f"| {number} | `{item.name}` | {what} | {item.analysis.classification} | {way_back(item)} |"
        )
    yield "\n".join(rows)


def _locks(group: Group) -> Iterator[str]:
    yield "## Locks in Order"
    found = group.report.locks
    if not found:
        yield "No table is locked." if group.report.certain else "Not known."
        return
    rows = ["| | table | lock | held for | waits |", "|---:|---|---|---|---|"]
    for lock in found:
        rows.append(f"| {lock.number + 1} | {' | '.join(map(cell, lock_cells(lock)))} |")
    yield "\n".join(rows)
    if not group.report.certain:
        yield "There may be more: a part of what is sent is not known."


def lock_cells(lock: ReleaseLock) -> tuple[str, str, str, str]:
    """Table, mode, duration, and who waits."""
    held = lock.held
    if lock.new:
        return f"`{lock.lock.relation}` (new)", lock.lock.mode, held, "nobody: no code uses it yet"
    rows = "writes of the same rows" if lock.rows else "nobody"
    waits = " and ".join(blocked_by([lock.lock.mode])) or rows
    return f"`{lock.lock.relation}`", lock.lock.mode, held, waits


def _deadlocks(group: Group) -> Iterator[str]:
    yield "## Deadlocks"
    yield serialised(group)
    found = group.report.deadlocks
    if not found:
        if group.report.certain:
            yield "No transaction holds a lock that others wait for while it asks for another one."
        return
    yield (
        "With the application, where a transaction takes the same locks in the other order. PostgreSQL ends"
        " one of the two after `deadlock_timeout`, either the migration or the application's:"
    )
    yield "\n".join(f"- {line}" for line in deadlock_lines(group))


def serialised(group: Group) -> str:
    """Whether migrations can meet each other."""
    outside = [f"`{group.items[number].name}`" for number in group.report.unserialised]
    if not outside:
        # What the configuration says may only be known when it runs.
        unknown = any(item.analysis.project.repo.migration_lock is None for item in group.items)
        lock = "Ecto's lock, if `migration_lock` leaves it on" if unknown else "Ecto's lock"
        return (
            f"With each other the migrations cannot deadlock: they run one after the other under {lock}, from"
            " however many nodes."
        )
    text = (
        f"Let one node migrate: {listed(outside, 4)} {'runs' if len(outside) == 1 else 'run'} outside of"
        " Ecto's lock, and two nodes that build an index of the same table at once deadlock."
    )
    for item in group.report.opposing:
        names = [f"`{group.items[number].name}`" for number in (item.one, item.other)]
        text += f" {names[0]} and {names[1]} lock `{item.first}` and `{item.second}` in opposite order."
    return text


def deadlock_lines(group: Group) -> Iterator[str]:
    """For each migration what it can deadlock with."""
    by_migration: dict[int, list[Deadlock]] = {}
    for number, item in group.report.deadlocks:
        by_migration.setdefault(number, []).append(item)
    for number, items in by_migration.items():
        name = group.items[number].name
        pairs = [item for item in items if item.first != item.second]
        if len(pairs) <= _MOST_PAIRS:
            said = [f"with one that {item.sentence}" for item in items]
        else:
            order = dict.fromkeys(table for item in pairs for table in (item.first, item.second))
            tables = listed((f"`{table}`" for table in order), 6)
            said = [f"it locks {tables} in this order; with one that uses two of them in another"]
            said += [f"with one that {item.sentence}" for item in items if item.first == item.second]
        lines = group.items[number].analysis.source.lines
        places = sorted({lines.line_of(item.second_step.statement.span.start) + 1 for item in items})
        at = f"line{'s' if len(places) > 1 else ''} {listed(map(str, places), 4)}"
        yield f"`{name}` ({number + 1}), {at}: {'; '.join(said)}."


def _separate(group: Group) -> Iterator[str]:
    yield "## Not in One Deploy"
    if not group.report.separate:
        yield "Nothing is known that would have to be kept apart."
        return
    yield "\n".join(f"- {text}" for text in separate_lines(group))


def separate_lines(group: Group) -> Iterator[str]:
    for item in group.report.separate:
        first = f"`{group.items[item.first].name}` ({item.first + 1})"
        if item.second is None or item.second == item.first:
            yield f"{first}, line {item.line}: {item.message}"
        else:
            second = f"`{group.items[item.second].name}` ({item.second + 1})"
            yield f"{first} and {second}, line {item.line}: {item.message}"


def _plan(group: Group) -> Iterator[str]:
    yield "## Deployment Plan"
    steps = list(plan_steps(group))
    yield "\n".join(f"{number}. [ ] {step}" for number, step in enumerate(steps, 1))
    yield "### Rollback"
    yield from _rollback(group)
    transaction = all(one.transactional for item in group.items for one in item.analysis.migrations[:1])
    left = [name for item in group.items for name in item.deployment.left] if not transaction else []
    several = len(group.items) > 1
    yield from trouble(group.items[0].analysis, transaction, tuple(left), several=several)
    if group.commands is not None:
        reversible = all(way_back(item) == "reversible" for item in group.items)
        yield from from_a_release(group.commands, reversible=reversible)


def plan_steps(group: Group) -> Iterator[str]:
    """The steps of the deploy, in order."""
    if any(item.kind != "code" for item in group.report.separate):
        yield "Take apart what does not belong into one deploy (above), each part with a plan of its own"
    asked = [
        f"{text} ({number})"
        for number, item in enumerate(group.items, 1)
        for text in demand_list(item.analysis, item.deployment.demands)
    ]
    if asked:
        yield "Code first: before it migrates, every node runs code that" + "".join(
            f"\n   - {text}" for text in asked
        )
    if group.commands is not None:
        yield f"Migrate{where(group)}: {code(group.commands.migrate)}{_quiet(group)}"
    written = [name for item in group.items for name in item.deployment.written]
    if written:
        yield f"Backfill: rows of {listed(written)} are written by it. Look at the rows before going on"
    new = new_things(group)
    if new:
        yield f"Deploy the code that uses {listed(new)}"
    for name, table in _unvalidated(group):
        yield f"Clean up: validate {name} of {table} in a later migration; it holds for new rows only so far"


def where(group: Group) -> str:
    """The folder where mix is started, if that is another one than the user's."""
    return f" (in `{group.start}`)" if group.start else ""


def _quiet(group: Group) -> str:
    """Who waits for longer than an instant."""
    waiting: dict[str, set[str]] = {}
    for item in group.report.locks:
        if item.long and not item.new:
            waiting.setdefault(f"`{item.lock.relation}`", set()).update(blocked_by([item.lock.mode]))
    reads = [table for table, kinds in waiting.items() if "reads" in kinds]
    writes = [table for table, kinds in waiting.items() if kinds == {"writes"}]
    found = [
        *([f"reads and writes of {listed(reads)}"] if reads else []),
        *([f"writes to {listed(writes)}"] if writes else []),
    ]
    return f". Choose a quiet hour: {' and '.join(found)} wait for longer than an instant" if found else ""


def new_things(group: Group) -> list[str]:
    """The tables and columns that are there after the release and were not before."""
    tables: dict[Relation, None] = {}
    columns: dict[tuple[Relation, str], None] = {}
    for item in group.items:
        for migration in item.analysis.migrations[:1]:
            for _, operation in forward(migration):
                if isinstance(operation, op.CreateTable) and operation.partition_of is None:
                    tables[Schema.key(operation.relation)] = None
                elif isinstance(operation, op.DropTable):
                    tables.pop(Schema.key(operation.relation), None)
                elif isinstance(operation, op.AddColumn):
                    columns[Schema.key(operation.relation), operation.column.name or "…"] = None
                elif isinstance(operation, op.DropColumn):
                    columns.pop((Schema.key(operation.relation), operation.column or "…"), None)
    own = [f"`{table}`" for table in tables]
    return own + [f"`{table}.{column}`" for table, column in columns if table not in tables]


def _unvalidated(group: Group) -> list[tuple[str, str]]:
    """What no migration of the release validates."""
    found: dict[tuple[str, str], None] = {}
    for item in group.items:
        found.update(dict.fromkeys(item.deployment.unvalidated))
        for name in item.deployment.validated:
            found.pop(name, None)
    return list(found)


def _rollback(group: Group) -> Iterator[str]:
    stuck = [item.name for item in group.items if way_back(item) != "reversible"]
    if stuck:
        yield f"Not as a whole: {listed(f'`{name}`' for name in stuck)} cannot be rolled back."
        if stuck == [group.items[0].name] or group.commands is None:
            return
    if group.commands is not None and not stuck:
        start = f"cd {group.start}\n" if group.start else ""
        yield "\n".join(fenced(start + group.commands.rollback, "sh"))
    last = group.items[-1]
    if stuck and last.name not in stuck:
        position = max(number for number, item in enumerate(group.items) if item.name in stuck)
        after = group.items[position + 1 :]
        yield f"What came after can be: {listed(f'`{item.name}`' for item in after)}."
        first = after[0].analysis
        found = commands(first.project, first.source.path or after[0].shown)
        if found is not None:
            start = f"cd {group.start}\n" if group.start else ""
            yield "\n".join(fenced(start + found.rollback, "sh"))
    new = tuple(new_things(group))
    lost = [name for item in group.items for name in item.deployment.loses]
    notes = Deployment(
        new=new,
        # What the release has made and dropped again, nobody has written to.
        loses=tuple(name for name in lost if name in new or "." not in name),
        returns_empty=tuple(name for item in group.items for name in item.deployment.returns_empty),
    )
    if not stuck:
        yield " ".join(rollback_notes(notes, several=len(group.items) > 1))


def _verification(group: Group) -> Iterator[str]:
    """One box for each kind of run: ticked where it was passed with every migration."""
    if group.commands is None:
        return
    yield "## Verification"
    yield "\n".join(release_boxes(group))


def release_boxes(group: Group) -> Iterator[str]:
    runs = [(item.name, item.runs) for item in group.items]
    if modelled(group.items[0].analysis.project):
        yield from together(runs, "rehearsal", "Rehearsal of each: `ecto-migrations rehearse FILE`")
    if group.commands is not None and all(way_back(item) == "reversible" for item in group.items):
        yield from together(runs, "cycle", cycle(group.commands, group.items[0].shown))
    elif group.commands is not None:
        yield from together(runs, "cycle", f"Migrated: `MIX_ENV=test {group.commands.migrate}`")
    yield tests_box([item.runs for item in group.items])


def _migrations(group: Group) -> Iterator[str]:
    yield "## Migrations"
    for number, item in enumerate(group.items, 1):
        yield f"### {number}. {item.name}"
        yield "\n".join(_migration(item))


def _migration(item: Item) -> Iterator[str]:
    whole = report(item.analysis)
    yield f"- File: `{item.shown}`"
    yield f"- Change: {change_words(item.analysis)}"
    yield f"- Classification: **{whole.classification}**"
    yield f"- Transaction: {'one for the whole migration' if whole.transaction else 'none'}"
    back = "yes" if whole.irreversible is None else f"no: {shortened(whole.irreversible)}"
    yield f"- Reversible: {back}"
    for split in splits(item.analysis)[:1]:
        yield f"- In steps: {split.title} ({code(f'ecto-migrations expand {item.shown}:{split.line}')})"
    for finding in graded(item):
        yield f"- **{finding.level}** in {finding.lines}: {finding.message}{finding.remark} {finding.link}"
    hints = sum(finding.level == Level.INFO for finding in item.analysis.findings)
    if hints:
        yield f"- {counted(hints, 'finding')} for information"


@dataclass(frozen=True, kw_only=True)
class Graded:
    """A risk or danger of a migration; where a rule has found it in several lines, the first one's words.

    `table` is set where it is about a table that the release makes.
    """

    level: Level
    lines: str
    message: str
    link: str
    table: str | None

    @property
    def remark(self) -> str:
        return f" (`{self.table}` is made by this release.)" if self.table is not None else ""


def graded(item: Item) -> list[Graded]:
    """The risks and dangers, the gravest first, those about tables of this release at the end."""
    made = {str(table) for table in item.made.tables}
    found: dict[tuple[str, Level, str | None], list[Finding]] = {}
    for finding in item.analysis.findings:
        if finding.level > Level.INFO:
            table = finding.subject.get("table")
            own = table if finding.forward and table in made else None
            found.setdefault((finding.rule, finding.level, own), []).append(finding)
    ordered = sorted(found.items(), key=lambda each: (each[0][2] is not None, -each[0][1], each[1][0].span))
    return [
        Graded(
            level=level,
            lines=_lines(item, several),
            message=shortened(several[0].message),
            link=f"[{rule}]({page_url(rule)})",
            table=table,
        )
        for (rule, level, table), several in ordered
    ]


def _lines(item: Item, findings: list[Finding]) -> str:
    line_of = item.analysis.source.lines.line_of
    lines = list(dict.fromkeys(line_of(finding.span.start) + 1 for finding in findings))
    if len(lines) == 1:
        return f"line {lines[0]}"
    return f"line {lines[0]} (also {listed(map(str, lines[1:]), 6)})"
