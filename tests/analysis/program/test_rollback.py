"""A `change` run backward (most of it is measured: tests/facts/emission*.jsonl, `down` and `down_error`)."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.program import commands as c
from ecto_migrations_analysis.program.migration import Program
from ecto_migrations_analysis.program.rollback import reverse
from ecto_migrations_analysis.program.terms import Atom, FunctionTerm, Options, Unknown, plain_text
from ecto_migrations_analysis.syntax.span import Span
from support.emission import in_module, migration, outcome


def rollback(body: str) -> Program:
    program = migration(f"def change do\n{body}\nend").down
    assert program is not None
    return program


def cause(body: str) -> str:
    """The source of what makes the rollback raise."""
    irreversible = rollback(body).irreversible
    assert irreversible is not None
    data = in_module(f"def change do\n{body}\nend").encode()
    return data[irreversible.span.start : irreversible.span.end].decode()


def sent(body: str) -> list[str]:
    return outcome(rollback(body))[0]


ALTER = "alter table(:posts) do\n  add :z, :string\n  {}\nend"


@pytest.mark.parametrize(
    ("body", "span"),
    [
        (ALTER.format("remove :a"), "remove :a"),
        (ALTER.format("remove_if_exists :a"), "remove_if_exists :a"),
        (ALTER.format("remove_if_exists :a, references(:b)"), "remove_if_exists :a, references(:b)"),
        (ALTER.format("add_if_not_exists :a, :string"), "add_if_not_exists :a, :string"),
        (ALTER.format("modify :a, :string, null: false"), "modify :a, :string, null: false"),
        (ALTER.format("modify :a, :string, from: nil"), "modify :a, :string, from: nil"),
        (ALTER.format("remove :a\n  remove :b"), "remove :a"),
        ('execute "SELECT 1"', 'execute "SELECT 1"'),
        ('execute ["a"]', 'execute ["a"]'),
        ("execute fn -> :ok end", "execute fn -> :ok end"),
        ("drop table(:posts)", "drop table(:posts)"),
        ("drop_if_exists table(:posts), mode: :cascade", "drop_if_exists table(:posts), mode: :cascade"),
        ("drop constraint(:posts, :c)", "drop constraint(:posts, :c)"),
    ],
)
def test_the_smallest_cause(body: str, span: str) -> None:
    assert cause(body) == span


def test_what_runs_before_the_error_is_kept() -> None:
    body = "create index(:a, [:x])\ndrop table(:b)\ncreate index(:c, [:x])"
    program = rollback(body)
    assert sent(body) == ['DROP INDEX "c_x_index"']
    assert program.irreversible is not None
    assert isinstance(program.irreversible.command, c.DropTable)


def test_a_function_has_no_words_of_its_own() -> None:
    irreversible = rollback("execute fn -> :ok end").irreversible
    assert irreversible is not None
    assert irreversible.error == "FunctionClauseError"
    assert irreversible.message == "no function clause matching in Ecto.Migration.Runner.command/1"


@pytest.mark.parametrize(
    ("body", "backward"),
    [
        # A bare `from:` keeps the new options.
        (
            "alter table(:p) do\n  modify :a, :text, null: false, default: 1, from: :string\nend",
            [
                'ALTER TABLE "p" ALTER COLUMN "a" TYPE varchar(255), ALTER COLUMN "a" SET NOT NULL, '
                'ALTER COLUMN "a" SET DEFAULT 1'
            ],
        ),
        # The index comes back as it is written here, not as it was.
        ("drop index(:p, [:a])", ['CREATE INDEX "p_a_index" ON "p" ("a")']),
        ("drop index(:p, [:a]), mode: :cascade", ['CREATE INDEX "p_a_index" ON "p" ("a")']),
        # What is removed with options comes back with them, what is added with options goes without.
        (
            'alter table(:p) do\n  add :a, :string, comment: "c"\n  remove :b, :integer, default: 3\nend',
            ['ALTER TABLE "p" ADD COLUMN "b" integer DEFAULT 3, DROP COLUMN "a"'],
        ),
        # Repo calls run again, before everything queued.
        (
            'create table(:p)\nrepo().query!("UPDATE a SET b = 1")',
            ["UPDATE a SET b = 1", 'DROP TABLE "p"'],
        ),
        ('execute "A", ""', [""]),
    ],
)
def test_silent_non_inverses(body: str, backward: list[str]) -> None:
    assert sent(body) == backward


def test_twice_reversed() -> None:
    """Where Ecto reverses without loss, the reversal of the reversal sends what the command sends."""
    for body in (
        'create index(:p, [:a], where: "x")',
        "rename table(:p), to: table(:q)",
        "rename table(:p), :a, to: :b",
        "rename index(:p, [:a]), to: :b",
        "alter table(:p) do\n  modify :a, :text, null: false, from: {:string, null: true, size: 3}\nend",
        "alter table(:p) do\n  remove :a, :string, size: 3\nend",
    ):
        forward = migration(f"def change do\n{body}\nend").up
        assert forward is not None
        again = reverse(reverse(forward.commands).commands)
        assert again.irreversible is None
        assert outcome(again) == outcome(forward)


def test_spans_stay() -> None:
    body = "alter table(:p) do\n  add :a, :string\n  modify :b, :text, from: :string\nend"
    (command,) = rollback(body).commands
    assert isinstance(command, c.AlterTable)
    data = in_module(f"def change do\n{body}\nend").encode()
    assert [data[change.span.start : change.span.end].decode() for change in command.changes] == [
        "modify :b, :text, from: :string",
        "add :a, :string",
    ]
    modify = command.changes[0]
    assert isinstance(modify, c.Modify) and isinstance(modify.type, Atom)
    assert data[modify.type.span.start : modify.type.span.end] == b":string"


# --- commands made by hand: what the reader leaves to the reversal ----------------------------------------

TABLE = c.Table(name="p")
INDEX = c.Index(table="p", name="i", columns=(c.IndexColumn(text="a"),))


def test_the_queues_of_the_callbacks_are_reversed_one_by_one() -> None:
    def execute(text: str, callback: str) -> c.Execute:
        return c.Execute(up=plain_text(text), down=plain_text(f"{text} down"), callback=callback)

    program = reverse(
        (
            execute("begin 1", "after_begin"),
            execute("begin 2", "after_begin"),
            execute("change 1", "change"),
            c.RepoQuery(sql=plain_text("query"), call="repo().query!"),
            execute("change 2", "change"),
            execute("commit", "before_commit"),
        )
    )
    texts = [
        command.sql if isinstance(command, c.RepoQuery) else command.up
        for command in program.commands
        if isinstance(command, c.RepoQuery | c.Execute)
    ]
    assert [getattr(text, "value", None) for text in texts] == [
        "begin 2 down",
        "begin 1 down",
        "query",
        "change 2 down",
        "change 1 down",
        "commit down",
    ]


def test_flush_raises() -> None:
    program = reverse(
        (c.CreateTable(table=TABLE), c.Flush(span=Span(3, 10)), c.RepoQuery(sql=plain_text("x"), call=""))
    )
    assert program.commands == ()
    assert program.irreversible is not None
    assert program.irreversible.error == "RuntimeError"
    assert program.irreversible.message == (
        "calling flush() inside change when doing rollback is not supported."
    )
    assert program.irreversible.span == Span(3, 10)


def test_what_raises_at_once_ends_the_rollback() -> None:
    raises = c.Raises(error="RuntimeError", message="no way back")
    program = reverse((c.CreateTable(table=TABLE), raises))
    assert program.commands == (raises,)
    assert program.irreversible is None


def test_a_condition_that_the_text_does_not_decide() -> None:
    """It may raise; what runs where it does not follows."""
    maybe = c.DropTable(table=TABLE, always=False, span=Span(1, 2))
    program = reverse((c.CreateIndex(index=INDEX), maybe))
    assert program.irreversible is not None
    assert (program.irreversible.span, program.irreversible.certain) == (Span(1, 2), False)
    assert [type(command) for command in program.commands] == [c.DropIndex]


def test_what_certainly_raises_is_said_first() -> None:
    maybe = c.DropTable(table=TABLE, always=False, span=Span(1, 2))
    surely = c.DropTable(table=TABLE, span=Span(3, 4))
    irreversible = reverse((surely, c.CreateIndex(index=INDEX), maybe)).irreversible
    assert irreversible is not None
    assert (irreversible.span, irreversible.certain) == (Span(3, 4), True)


def test_options_that_are_not_known_may_hold_from() -> None:
    change = c.Modify(column="a", type=Atom("text"), options=Options((), complete=False))
    program = reverse((c.AlterTable(table=TABLE, changes=(change,)),))
    assert program.irreversible is None
    assert outcome(program)[0] == ['ALTER TABLE "p" ALTER COLUMN "a" TYPE …, …']


def test_an_unknown_change_stays_unknown() -> None:
    unknown = c.UnknownChange(column=Unknown("?"), reason="a macro")
    program = reverse((c.AlterTable(table=TABLE, changes=(unknown,)),))
    assert program.irreversible is None
    (command,) = program.commands
    assert isinstance(command, c.AlterTable) and command.changes == (unknown,)


def test_messages_of_unknown_names_and_texts() -> None:
    prefixed = c.Table(name=Unknown("?"), prefix="app")
    for command, words in (
        (c.DropTable(table=prefixed, if_exists=True, cascade=True), "drop table if exists app.… cascade"),
        (c.DropTable(table=prefixed, cascade=None), "drop table app.… …"),
        (c.Execute(up=Unknown("?")), "execute …"),
    ):
        irreversible = reverse((command,)).irreversible
        assert irreversible is not None
        assert irreversible.message.startswith(f"cannot reverse migration command: {words}. You will need")


def test_the_functions_of_execute() -> None:
    inner = (c.RepoQuery(sql=plain_text("down"), call="repo().query!"),)
    command = c.Execute(up=FunctionTerm(0), down=FunctionTerm(0), down_commands=inner)
    (reversed_command,) = reverse((command,)).commands
    assert isinstance(reversed_command, c.Execute)
    assert (reversed_command.up_commands, reversed_command.down) == (inner, None)
    assert outcome(reverse((command,)))[0] == ["down"]
