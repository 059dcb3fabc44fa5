"""A primary key's wider type: as `change_type`, with the key itself and the foreign keys that refer to it.

The new column gets its unique index and foreign keys from the tables that refer to it, beside those of the
old one. The exchange then drops the old key (PostgreSQL drops its index along, so taking it back builds that
again) and makes the new index the key under the old key's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from ...databases.postgres.quoting import default_name, single_quote
from ...operations import ConstraintDefinition, CreateIndex, Expression, IndexElement, Relation
from ...records import dataclass, replace
from ...schema.state import ConstraintState, Schema, Table
from .. import definitions, elixir, sql_names
from ..context import Context, Proposal, offer
from ..model import Change, Edit, Files, NewFile
from ..new_migrations import Placing, module
from . import change_type
from .carried import Sql
from .change_type import Beside
from .retyping import INTEGERS, RULES, Retyping, edits, retypings
from .texts import Filling, brief, brief_lock, statement

STRATEGY = "change-key-by-new-column"
TITLE = (
    "Change the type in 4 migrations: add {new}, kept equal by a trigger → fill it in batches → make it the"
    " primary key{referring} → drop the old column"
)
_SERIAL = re.compile(r"nextval\('((?:[a-z0-9_]+\.)?([a-z0-9_]+))'::regclass\)")


@dataclass(frozen=True, kw_only=True)
class _Reference:
    """A foreign key that refers to the primary key, of a table that stays as it is."""

    relation: Relation
    name: str
    definition: ConstraintDefinition
    # Its name on the new column until the exchange, and on the old one before that is taken back.
    new: str
    former: str
    # Those of its columns that are of another type than the key will be.
    narrow: tuple[str, ...]

    @property
    def alter(self) -> str:
        return f"ALTER TABLE {sql_names.relation(self.relation)}"

    def on(self, columns: tuple[str, ...], name: str) -> list[Sql]:
        """The same foreign key to other columns."""
        rule = definitions.foreign_key(replace(self.definition, referenced_columns=columns))
        quoted = sql_names.name(name)
        made = [Sql(f"{self.alter} ADD CONSTRAINT {quoted} {rule} NOT VALID")]
        if self.definition.validated:
            made.append(Sql(f"{self.alter} VALIDATE CONSTRAINT {quoted}", brief=False))
        return made


@dataclass(frozen=True, kw_only=True)
class _Key:
    """The primary key's name and columns, what refers to it, and the sequence that numbers its column."""

    retyping: Retyping
    name: str
    definition: ConstraintDefinition
    references: tuple[_Reference, ...]
    sequence: Relation | None

    def columns(self, of: str) -> tuple[str, ...]:
        own = self.retyping.column.name
        return tuple(of if column == own else column for column in self.definition.columns)

    def prepared(self, column: str, suffix: str) -> list[Sql]:
        """The unique index on another column, and the foreign keys to it."""
        relation = self.retyping.relation
        name = default_name(self.name, None, suffix)
        index = CreateIndex(
            relation=relation,
            name=name,
            unique=True,
            elements=tuple(IndexElement(column=item) for item in self.columns(column)),
        )
        built = definitions.create_index(index, name, relation)
        assert built is not None
        dropped = f"DROP INDEX CONCURRENTLY IF EXISTS {definitions.index_name(name, relation)}"
        called = {item: item.new if suffix == "new" else item.former for item in self.references}
        # What an interrupted run left; the index does not go before the foreign keys that need it.
        left = [
            Sql(f"{item.alter} DROP CONSTRAINT IF EXISTS {sql_names.name(own)}")
            for item, own in called.items()
        ]
        made = [*left, Sql(dropped, brief=False), Sql(built, brief=False)]
        for item, own in called.items():
            made += item.on(self.columns(column), own)
        return made

    def beside(self, suffix: str) -> Beside:
        """Within the exchange: the key and its foreign keys dropped, and the prepared ones in their place."""
        alter = f"ALTER TABLE {sql_names.relation(self.retyping.relation)}"
        name = sql_names.name(self.name)
        index = sql_names.name(default_name(self.name, None, suffix))
        before = [
            f"{reference.alter} DROP CONSTRAINT {sql_names.name(reference.name)}"
            for reference in self.references
        ]
        before.append(f"{alter} DROP CONSTRAINT {name}")
        when = definitions.deferrable(self.definition)
        after = [f"{alter} ADD CONSTRAINT {name} PRIMARY KEY USING INDEX {index}{when}"]
        for reference in self.references:
            prepared = sql_names.name(reference.new if suffix == "new" else reference.former)
            after.append(
                f"{reference.alter} RENAME CONSTRAINT {prepared} TO {sql_names.name(reference.name)}"
            )
        if self.sequence is not None:
            column = (
                f"{sql_names.relation(self.retyping.relation)}.{sql_names.name(self.retyping.column.name)}"
            )
            after.append(f"ALTER SEQUENCE {sql_names.relation(self.sequence)} OWNED BY {column}")
        left = self.retyping.former if suffix == "new" else self.retyping.new
        return Beside(before=before, after=[*after, *self._identity(left)])

    def _identity(self, left: str) -> list[str]:
        """The identity of column `left` for the one that takes its place, going on where that one was."""
        identity = self.retyping.column.identity
        if identity is None:
            return []
        table = sql_names.relation(self.retyping.relation)
        alter = f"ALTER TABLE {table} ALTER COLUMN"
        kind = "ALWAYS" if identity.always else "BY DEFAULT"
        made = f"{alter} {sql_names.name(self.retyping.column.name)} ADD GENERATED {kind} AS IDENTITY"
        lines = [
            "DO $$",
            "DECLARE",
            f"  numbers regclass := pg_get_serial_sequence({single_quote(table)}, {single_quote(left)});",
            "  pace bigint := (SELECT seqincrement FROM pg_sequence WHERE seqrelid = numbers);",
            "  next bigint := nextval(numbers);",
            "BEGIN",
            f"  {alter} {sql_names.name(left)} DROP IDENTITY;",
            "  EXECUTE format(",
            f"    {single_quote(f'{made} (START WITH %s INCREMENT BY %s)')},",
            "    next,",
            "    pace",
            "  );",
            "END",
            "$$",
        ]
        return ["\n".join(lines)]


def proposals(context: Context) -> Iterator[Proposal]:
    if not change_type.can_be_split(context):
        return
    for found in retypings(context, key=True):
        findings = context.findings(found.span, RULES)
        key = _key(found) if findings else None
        made = edits(context, found, change_type.first_comments(found)) if key is not None else None
        filled = change_type.fillings(context, key.retyping) if key is not None else None
        if key is None or made is None or filled is None:
            continue
        yield Proposal(
            offer(
                context,
                STRATEGY,
                f"{found.relation}.{found.column.name}",
                TITLE.format(new=found.new, referring=_referring(key)),
                found.span,
                findings=findings,
                preferred=True,
                new_files=3,
            ),
            partial(_change, context, key, made, *filled),
        )


def _referring(key: _Key) -> str:
    count = len(key.references)
    many = f"the {count} foreign keys that refer" if count > 1 else "the foreign key that refers"
    return f", with {many} to it" if count else ""


# --- what is known of the key ------------------------------------------------------------------------------


def _key(retyping: Retyping) -> _Key | None:
    """None where the type does not become a wider integer, or where something of the key is not known."""
    table, column, schema = retyping.table, retyping.column, retyping.step.before
    old, new = column.type.name, retyping.type.name
    if old not in INTEGERS or new not in INTEGERS or INTEGERS.index(old) > INTEGERS.index(new):
        return None
    states = [state for state in table.constraints.values() if state.definition.kind == "primary key"]
    if len(states) != 1 or states[0].definition.include or states[0].definition.temporal:
        return None
    references = _references(retyping, schema)
    if references is None:
        return None
    sequence = None
    column = replace(column, not_null=True)
    if column.default is not None:
        match = _SERIAL.fullmatch(column.default.sql or "")
        if match is None:
            return None
        # Of a serial column, the sequence is in the schema of its table.
        sequence = Relation(match[2], retyping.relation.schema)
        text = single_quote(sql_names.relation(sequence))
        column = replace(column, default=Expression(f"nextval({text}::regclass)"))
    return _Key(
        retyping=replace(retyping, column=column),
        name=states[0].name,
        definition=states[0].definition,
        references=references,
        sequence=sequence,
    )


def _references(retyping: Retyping, schema: Schema) -> tuple[_Reference, ...] | None:
    """The foreign keys that refer to the key; None where one of them cannot be made again."""
    found = []
    for child, state in schema.referencing(retyping.relation):
        definition = state.definition
        columns = definition.referenced_columns or retyping.table.primary_key
        if retyping.column.name not in columns:
            continue
        if columns != retyping.table.primary_key or definitions.foreign_key(definition) is None:
            return None
        if child.partition_by is not None or child.partition_of is not None or child.inherits:
            return None
        own = Schema.key(child.relation) == Schema.key(retyping.relation)
        if child.uncertain or (own and retyping.column.name in definition.columns):
            return None
        found.append(_reference(child, state, retyping))
    return tuple(found)


def _reference(child: Table, state: ConstraintState, retyping: Retyping) -> _Reference:
    names: list[str] = []
    taken = set(child.constraints)
    for suffix in ("new", "old"):
        name, count = default_name(state.name, None, suffix), 1
        while name in taken:
            count += 1
            name = default_name(state.name, None, f"{suffix}{count}")
        taken.add(name)
        names.append(name)
    types = {name: column.type.name for name, column in child.columns.items()}
    pairs = zip(state.definition.columns, retyping.table.primary_key, strict=False)
    return _Reference(
        relation=child.relation,
        name=state.name,
        definition=state.definition,
        new=names[0],
        former=names[1],
        narrow=tuple(
            f"{child.relation}.{own}"
            for own, to in pairs
            if to == retyping.column.name and types.get(own) != retyping.type.name
        ),
    )


# --- the new files -----------------------------------------------------------------------------------------


def _change(
    context: Context, key: _Key, edits: tuple[Edit, ...], forward: Filling, back: Filling, files: Files
) -> Change:
    retyping, document = key.retyping, context.document
    filled, exchanged, dropped = change_type.places(context, retyping, files)
    texts = [
        (filled[0], change_type.second(retyping, forward, filled[1])),
        (exchanged[0], _exchanging(key, forward, back, exchanged[1])),
        (
            dropped[0],
            change_type.last(
                retyping,
                back,
                dropped[1],
                "Deploy when step 3 has proven itself." + _narrow(key),
                up=_sequence_as(key, retyping.type.name or ""),
                down=_sequence_as(key, retyping.column.type.name or ""),
            ),
        ),
    ]
    return Change(edits=edits, new_files=tuple(NewFile(path, document.lines(text)) for path, text in texts))


def _sequence_as(key: _Key, kind: str) -> list[str]:
    if key.sequence is None:
        return []
    return [f"ALTER SEQUENCE {sql_names.relation(key.sequence)} AS {kind}"]


def _narrow(key: _Key) -> str:
    """Which columns refer to the key and cannot hold what it can hold from then on."""
    columns = dict.fromkeys(name for reference in key.references for name in reference.narrow)
    return f" Widen what refers to it before: {', '.join(columns)}." if columns else ""


def _exchanging(key: _Key, forward: Filling, back: Filling, placing: Placing) -> str:
    retyping = key.retyping
    up, down = change_type.exchange(
        retyping, forward.copies, back.copies, key.beside("new"), key.beside("old")
    )
    referring = ", with foreign keys to it" if key.references else ""
    comments = [
        f"Step 3 of 4: builds a unique index on {retyping.relation}.{retyping.new}{referring}; then, in one"
        f" short transaction, makes it the primary key and gives it the name {retyping.column.name}. The old"
        f" column stays as {retyping.former}, filled by a trigger, so that this can be taken back.",
        f"Deploy when step 2 has run. Values that only {retyping.type} can hold are refused until step 4.",
        *change_type.of_views(retyping),
    ]
    parts = [
        placing.attributes,
        _definition("up", key.prepared(retyping.new, "new"), up),
        _definition("down", key.prepared(retyping.former, "old"), down),
        brief_lock(placing.lock_timeout),
    ]
    return module(placing, comments, "use Ecto.Migration", parts)


def _definition(name: str, prepared: list[Sql], exchange: list[str]) -> str:
    body = elixir.block([*map(statement, prepared), brief(exchange)])
    return f"def {name} do\n{elixir.indent(body, 2)}\nend"
