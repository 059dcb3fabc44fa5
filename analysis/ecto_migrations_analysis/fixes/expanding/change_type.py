"""A column's new type, by a second column that takes its place under its name.

No code has to change between the steps: a trigger fills the new column from the old one, and one short
transaction exchanges their names, those of their indexes and those of their constraints. From then on the
trigger goes the other way round, so that the exchange can be taken back without loss.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from ...operations import Relation
from ...records import dataclass, replace
from .. import elixir, module_edits, separate_default, sql_names
from ..context import Context, Proposal, offer
from ..model import Change, Edit, Files, NewFile
from ..naming import snake
from ..new_migrations import Placing, module
from . import statements
from .carried import Copy, Place
from .retyping import RULES, Retyping, edits, retypings
from .texts import Filling, contract, fill, filling

STRATEGY = "change-type-by-new-column"
TITLE = (
    "Change the type in 4 migrations: add {new}, kept equal by a trigger → fill it in batches, with all that"
    " belongs to {old} → exchange the names → drop the old column"
)


def proposals(context: Context) -> Iterator[Proposal]:
    if not can_be_split(context):
        return
    for retyping in retypings(context):
        findings = context.findings(retyping.span, RULES)
        made = edits(context, retyping, first_comments(retyping)) if findings else None
        filled = fillings(context, retyping)
        if made is None or filled is None:
            continue
        yield Proposal(
            offer(
                context,
                STRATEGY,
                f"{retyping.relation}.{retyping.column.name}",
                TITLE.format(new=retyping.new, old=retyping.column.name),
                retyping.span,
                findings=findings,
                preferred=True,
                new_files=3,
            ),
            partial(_change, context, retyping, made, *filled),
        )


def can_be_split(context: Context) -> bool:
    """Whether the migration is one that other migrations can be put beside."""
    if not context.can_add_files or context.analysis.project.database != "postgres":
        return False
    return context.migration.migration.disable_ddl_transaction.value is False


def first_comments(retyping: Retyping) -> list[str]:
    old = f"{retyping.relation}.{retyping.column.name}"
    return [
        f"Step 1 of 4: adds {retyping.relation}.{retyping.new} as {retyping.type}. A trigger fills it from"
        f" {old}.",
        "No code has to change: step 2 (fill) and step 3 (exchange the names) can follow at once; step 4"
        " drops the old column.",
    ]


def fillings(context: Context, retyping: Retyping) -> tuple[Filling, Filling] | None:
    """How the new column is filled, and, once the names are exchanged, the old one again."""
    schema, table, column = retyping.step.before, retyping.table, retyping.column
    key = context.key(retyping.step, retyping.relation)
    forward = Place(relation=retyping.relation, old=column.name, new=retyping.new, suffix="new")
    back = Place(relation=retyping.relation, old=column.name, new=retyping.former, suffix="old")
    first = filling(schema, table, column, forward, retyping.forward, key, comment=False)
    second = filling(schema, table, column, back, retyping.backward, key, comment=True)
    return (first, second) if first is not None and second is not None else None


def _change(
    context: Context,
    retyping: Retyping,
    edits: tuple[Edit, ...],
    forward: Filling,
    back: Filling,
    files: Files,
) -> Change:
    filled, exchanged, dropped = places(context, retyping, files)
    up, down = exchange(retyping, forward.copies, back.copies)
    texts = [
        (filled[0], second(retyping, forward, filled[1])),
        (exchanged[0], _exchanging(retyping, up, down, exchanged[1])),
        (
            dropped[0],
            last(
                retyping,
                back,
                dropped[1],
                "Deploy when step 3 has proven itself: until then its rollback takes no time.",
            ),
        ),
    ]
    document = context.document
    return Change(edits=edits, new_files=tuple(NewFile(path, document.lines(text)) for path, text in texts))


def places(context: Context, retyping: Retyping, files: Files) -> list[tuple[str, Placing]]:
    """Paths and placings of steps 2, 3 and 4."""
    namer = context.namer(files)
    table, name = snake(retyping.relation.name or ""), snake(retyping.column.name)
    names = (f"fill_{table}_{name}_new", f"exchange_{table}_{name}", f"drop_{table}_{name}_old")
    return [separate_default.place(context, namer, called, step, 4) for step, called in enumerate(names, 2)]


def second(retyping: Retyping, forward: Filling, placing: Placing) -> str:
    old = f"{retyping.relation}.{retyping.column.name}"
    return fill(
        forward,
        placing,
        [
            f"Step 2 of 4: copies {old} to {retyping.new} in small batches outside a transaction,"
            f" then builds on it what belongs to {retyping.column.name}. It can be stopped and run"
            " again.",
        ],
    )


def last(
    retyping: Retyping,
    back: Filling,
    placing: Placing,
    when: str,
    *,
    up: Sequence[str] = (),
    down: Sequence[str] = (),
) -> str:
    """`up` and `down` are further statements, beside the drop and what takes it back."""
    return contract(
        back,
        # The exchange has taken its default.
        replace(retyping.column, default=None),
        placing,
        [*retyping.backward.end, *up],
        [*down, *retyping.backward.begin],
        [
            f"Step 4 of 4: drops {retyping.relation}.{retyping.former} and the trigger. From then on"
            f" {retyping.relation}.{retyping.column.name} takes values that only {retyping.type} can hold.",
            when,
        ],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What an exchange does besides: when the triggers are gone, and when the columns have their names."""

    before: Sequence[str] = ()
    after: Sequence[str] = ()


NOTHING = Beside()


def exchange(
    retyping: Retyping,
    new: tuple[Copy, ...],
    former: tuple[Copy, ...],
    there: Beside = NOTHING,
    back: Beside = NOTHING,
) -> tuple[list[str], list[str]]:
    """What gives the new column, its indexes and its constraints the old ones' names; and takes it back."""
    relation, column = retyping.relation, retyping.column
    forward, backward = retyping.forward, retyping.backward
    alter = f"ALTER TABLE {forward.table}"
    name, first, last = (sql_names.name(item) for item in (column.name, retyping.new, retyping.former))
    default = column.default.sql if column.default is not None else None
    up = [
        *forward.end,
        *retyping.without_views,
        *there.before,
        f"{alter} RENAME COLUMN {name} TO {last}",
        f"{alter} RENAME COLUMN {first} TO {name}",
        *there.after,
        *retyping.with_views,
    ]
    down = [
        *backward.end,
        *retyping.without_views,
        *back.before,
        f"{alter} RENAME COLUMN {name} TO {first}",
        f"{alter} RENAME COLUMN {last} TO {name}",
        *back.after,
        *retyping.with_views,
    ]
    for copy, left in zip(new, former, strict=True):
        up += [
            _rename(relation, copy, copy.original, left.name),
            _rename(relation, copy, copy.name, copy.original),
        ]
    for copy, left in reversed(list(zip(new, former, strict=True))):
        down += [
            _rename(relation, copy, copy.original, copy.name),
            _rename(relation, copy, left.name, copy.original),
        ]
    if default is not None:
        own = f"{alter} ALTER COLUMN {name} SET DEFAULT {default}"
        up += [own, f"{alter} ALTER COLUMN {last} DROP DEFAULT"]
        down += [own, f"{alter} ALTER COLUMN {first} DROP DEFAULT"]
    up += [backward.create_function, backward.create_trigger]
    down += [forward.create_function, forward.create_trigger]
    return up, down


def of_views(retyping: Retyping) -> list[str]:
    """What to know about the views that are made again."""
    if not retyping.views:
        return []
    names = " and ".join(str(view.name) for view in retyping.views)
    them = "it" if len(retyping.views) == 1 else "them"
    return [f"Makes {names} again: what was granted on {them} is to be granted again here."]


def _exchanging(retyping: Retyping, up: list[str], down: list[str], placing: Placing) -> str:
    comments = [
        f"Step 3 of 4: the new column becomes {retyping.relation}.{retyping.column.name}; the old one stays"
        f" as {retyping.former}, filled by a trigger, so that this can be taken back.",
        f"Deploy when step 2 has run. Values that only {retyping.type} can hold are refused until step 4.",
        *of_views(retyping),
    ]
    parts = [
        module_edits.after_begin(placing.lock_timeout).rstrip(),
        "def up do\n" + elixir.indent(_executes(up), 2) + "\nend",
        "def down do\n" + elixir.indent(_executes(down), 2) + "\nend",
    ]
    return module(placing, comments, "use Ecto.Migration", parts)


def _executes(sql: list[str]) -> str:
    return elixir.block(map(statements.execute, sql))


def _rename(relation: Relation, copy: Copy, old: str, new: str) -> str:
    if copy.kind == "constraint":
        table = sql_names.relation(relation)
        return f"ALTER TABLE {table} RENAME CONSTRAINT {sql_names.name(old)} TO {sql_names.name(new)}"
    index = sql_names.relation(Relation(old, relation.schema))
    return f"ALTER INDEX {index} RENAME TO {sql_names.name(new)}"
