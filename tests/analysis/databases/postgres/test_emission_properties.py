"""Whatever the commands hold, emission and rollback answer."""

from __future__ import annotations

import subprocess
import sys

from ecto_migrations_analysis.databases.postgres.emission import emit
from ecto_migrations_analysis.operations import UnparsedSQL
from ecto_migrations_analysis.program import commands as c
from ecto_migrations_analysis.program.rollback import reverse
from ecto_migrations_analysis.program.terms import (
    FALSE,
    NIL,
    TRUE,
    Atom,
    Fragment,
    FunctionTerm,
    ListTerm,
    MapTerm,
    Number,
    Option,
    Options,
    Piece,
    Term,
    Text,
    TupleTerm,
    Unknown,
    plain_text,
)
from ecto_migrations_analysis.syntax.span import Span
from hypothesis import given, settings
from hypothesis import strategies as st

WORDS = st.text(max_size=12) | st.sampled_from(
    ["id", "map", "string", "identity", "array", "nil", "", "żółw", '"']
)
UNKNOWN = st.just(Unknown("?"))
NAMES = WORDS | UNKNOWN
PIECES = st.lists(st.builds(Piece, st.none() | st.text(max_size=8), st.just(Span(0, 0))), max_size=3)
TEXTS = st.builds(Text, PIECES.map(tuple)) | WORDS.map(plain_text)
ATOMS = st.builds(Atom, WORDS, is_module=st.booleans()) | st.sampled_from([NIL, TRUE, FALSE])
NUMBERS = st.builds(Number, st.integers() | st.floats(allow_nan=False, allow_infinity=False))
LEAVES: st.SearchStrategy[Term] = (
    ATOMS | NUMBERS | TEXTS | UNKNOWN | st.builds(Fragment, TEXTS) | st.just(FunctionTerm(0))
)
TERMS: st.SearchStrategy[Term] = st.recursive(
    LEAVES,
    lambda inner: (
        st.builds(ListTerm, st.lists(inner, max_size=3).map(tuple))
        | st.builds(TupleTerm, st.lists(inner, max_size=3).map(tuple))
        | st.builds(TupleTerm, st.tuples(st.just(Atom("array")), inner))
        | st.builds(MapTerm, st.lists(st.tuples(inner, inner), max_size=3).map(tuple))
    ),
    max_leaves=6,
)
KEYS = st.sampled_from(
    (
        *("null", "default", "size", "precision", "scale", "from", "primary_key", "comment", "collation"),
        *(
            "generated",
            "start_value",
            "increment",
            "fields",
            "prefix",
            "modifiers",
            "options",
            "check",
            "exclude",
        ),
    )
)
OPTIONS = st.builds(Options, st.lists(st.builds(Option, KEYS, TERMS), max_size=4).map(tuple), st.booleans())
FLAGS = st.none() | st.booleans()
SQL = st.none() | TEXTS | UNKNOWN

TABLES = st.builds(
    c.Table,
    name=NAMES,
    prefix=st.none() | NAMES,
    comment=st.none() | NAMES,
    options=SQL,
    modifiers=SQL,
    options_given=OPTIONS,
)
REFERENCES = st.builds(
    c.Reference,
    table=NAMES,
    name=st.none() | NAMES,
    prefix=st.none() | NAMES,
    prefix_given=st.booleans(),
    column=NAMES,
    type=TERMS,
    on_delete=TERMS,
    on_update=TERMS,
    validate=FLAGS,
    with_columns=st.lists(st.tuples(NAMES, NAMES), max_size=2).map(tuple),
    match=st.none() | st.sampled_from(["full", "partial", "simple", "x"]),
)
TYPES = TERMS | REFERENCES
CHANGES = (
    st.builds(c.Add, column=NAMES, type=TYPES, options=OPTIONS, if_not_exists=st.booleans())
    | st.builds(c.Modify, column=NAMES, type=TYPES, options=OPTIONS)
    | st.builds(c.Remove, column=NAMES, type=st.none() | TYPES, options=OPTIONS, if_exists=st.booleans())
    | st.builds(c.UnknownChange, column=NAMES, reason=st.text(max_size=5))
)
INDEX_COLUMNS = st.lists(
    st.builds(
        c.IndexColumn,
        text=NAMES,
        expression=st.booleans(),
        direction=st.none() | st.sampled_from(["desc", "asc_nulls_last", "down"]),
    ),
    max_size=3,
).map(tuple)
INDEXES = st.builds(
    c.Index,
    table=NAMES,
    columns=INDEX_COLUMNS,
    columns_complete=st.booleans(),
    name=NAMES,
    prefix=st.none() | NAMES,
    unique=FLAGS,
    concurrently=FLAGS,
    using=st.none() | NAMES,
    only=FLAGS,
    include=INDEX_COLUMNS,
    nulls_distinct=FLAGS,
    where=SQL,
    comment=st.none() | NAMES,
    options=SQL,
    options_given=OPTIONS,
)
CONSTRAINTS = st.builds(
    c.Constraint,
    table=NAMES,
    name=NAMES,
    check=SQL,
    exclude=SQL,
    prefix=st.none() | NAMES,
    comment=st.none() | NAMES,
    validate=FLAGS,
    options_given=OPTIONS,
)
COLUMNS = st.lists(CHANGES, max_size=3).map(tuple)
COMMANDS: st.SearchStrategy[c.Command] = (
    st.builds(c.CreateTable, table=TABLES, columns=COLUMNS, if_not_exists=st.booleans())
    | st.builds(c.AlterTable, table=TABLES, changes=COLUMNS)
    | st.builds(c.DropTable, table=TABLES, if_exists=st.booleans(), cascade=FLAGS)
    | st.builds(c.RenameTable, table=TABLES, to=TABLES)
    | st.builds(c.RenameColumn, table=TABLES, column=NAMES, to=NAMES)
    | st.builds(c.CreateIndex, index=INDEXES, if_not_exists=st.booleans())
    | st.builds(c.DropIndex, index=INDEXES, if_exists=st.booleans(), cascade=FLAGS)
    | st.builds(c.RenameIndex, index=INDEXES, to=NAMES)
    | st.builds(c.CreateConstraint, constraint=CONSTRAINTS)
    | st.builds(c.DropConstraint, constraint=CONSTRAINTS, if_exists=st.booleans(), cascade=FLAGS)
    | st.builds(c.Execute, up=TEXTS | UNKNOWN | st.just(FunctionTerm(0)), down=st.none() | TEXTS | UNKNOWN)
    | st.builds(c.Execute, up=st.builds(c.KeywordCommand))
)


@settings(max_examples=200, deadline=None)
@given(COMMANDS)
def test_emission_never_raises(command: c.Command) -> None:
    for statement in emit(command):
        assert statement.command is command
        assert not statement.certain or "…" not in statement.sql or "…" in repr(command)
        if isinstance(command, c.Execute):
            continue
        if statement.error is not None:
            assert (statement.sql, statement.operations) == ("", ())
        elif any(isinstance(operation, UnparsedSQL) for operation in statement.operations):
            assert len(statement.operations) == 1


@settings(max_examples=100, deadline=None)
@given(st.lists(COMMANDS, max_size=3).map(tuple))
def test_rollback_never_raises(commands: tuple[c.Command, ...]) -> None:
    program = reverse(commands)
    if program.irreversible is None:
        assert len(program.commands) == len(commands)
    else:
        assert len(program.commands) < len(commands)
    for command in program.commands:
        emit(command)


def test_the_grammar_is_not_loaded_for_ecto_s_own_sql() -> None:
    """It costs 50 ms, and most migrations hold no SQL of their own."""
    code = """
import sys
sys.path.insert(0, "tests")
from support.emission import of_change
made = of_change('''
create table(:posts) do
  add :title, :string, null: false, default: "x", comment: "c"
  add :tags, {:array, :string}, default: []
  add :author_id, references(:authors, on_delete: :nilify_all)
  add :uid, :uuid, default: fragment("gen_random_uuid()")
  timestamps()
end
alter table(:posts) do
  modify :title, :text, null: false, from: {:string, null: true}
  remove :old, :integer
  add :status, :post_status
end
create unique_index(:posts, [:title, desc: :author_id], concurrently: true, include: [:tags])
drop constraint(:posts, :c)
rename table(:posts), :a, to: :b
''')
assert len(made) == 6, made
assert not any(name.startswith("pglast") for name in sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
