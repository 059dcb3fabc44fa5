"""What is said of a table that the migration has truncated before."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.rules.base import Case
from support.cases import findings_of

_BEFORE = (
    "create table(:drafts) do\n  add :views, :integer\n  add :author_id, :bigint\nend\n\ncreate table(:users)"
)
_WORK = {
    "index-not-concurrent": "create index(:drafts, [:views])",
    "unique-index-existing-duplicates": "create unique_index(:drafts, [:views])",
    "check-constraint-validated": 'create constraint(:drafts, :positive, check: "views > 0")',
    "set-not-null-scan": 'execute "ALTER TABLE drafts ALTER COLUMN views SET NOT NULL"',
    "modify-type-rewrite": "alter table(:drafts) do\n  modify :views, :bigint\nend",
    "foreign-key-validated": "alter table(:drafts) do\n  add :user_id, references(:users)\nend",
    "add-column-volatile-default": (
        'alter table(:drafts) do\n  add :token, :uuid, default: fragment("gen_random_uuid()")\nend'
    ),
    "unique-constraint-raw": 'execute "ALTER TABLE drafts ADD CONSTRAINT one UNIQUE (views)"',
}


def rules_of(*statements: str, attributes: str = "") -> set[str]:
    text = "\n".join(
        (attributes, "def up do", *statements, "end", "", 'def down, do: raise("no way back")')
    ).lstrip()
    return {item.rule for item in findings_of(Case(about="", text=text, before=(_BEFORE,)))}


@pytest.mark.parametrize("rule", _WORK)
def test_work_on_a_table_that_is_empty_takes_an_instant(rule: str) -> None:
    assert rule in rules_of(_WORK[rule])
    assert rule not in rules_of('execute "TRUNCATE drafts"', _WORK[rule])


@pytest.mark.parametrize(
    "between",
    [
        'execute "INSERT INTO drafts (views) SELECT 1 FROM users"',
        'execute "DO $$ BEGIN PERFORM fill(); END $$"',
        "flush()\nMyApp.Drafts.fill()",
    ],
)
def test_unless_rows_may_have_come_in(between: str) -> None:
    assert "index-not-concurrent" in rules_of(
        'execute "TRUNCATE drafts"', between, _WORK["index-not-concurrent"]
    )


def test_another_table_is_not_empty() -> None:
    assert "index-not-concurrent" in rules_of('execute "TRUNCATE users"', _WORK["index-not-concurrent"])


def test_others_write_where_each_statement_commits() -> None:
    found = rules_of(
        'execute "TRUNCATE drafts"',
        _WORK["index-not-concurrent"],
        attributes="@disable_ddl_transaction true\n",
    )
    assert "index-not-concurrent" in found


def test_running_code_still_fails_without_the_column() -> None:
    text = (
        'def up do\n  execute "TRUNCATE drafts"\n  alter table(:drafts) do\n'
        "    add :status, :string, null: false\n  end\nend\n\ndef down, do: :ok"
    )
    (message,) = (
        item.message
        for item in findings_of(Case(about="", text=text, before=(_BEFORE,)))
        if item.rule == "add-column-not-null-without-default"
    )
    assert message == (
        "NOT NULL without a default: code that does not know the column fails at every insert into `drafts`,"
        " which is empty here."
    )
