"""Keys that others replace, and indexes that others make superfluous, each proven (`support.proving`)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from ecto_migrations_analysis.fixes.registry import offers
from support.elixir import Later
from support.postgres import Database
from support.proving import Scenario, analysis_of, project, prove

USERS = """
create table(:users) do
  add :email, :string
  add :org_id, :bigint
end

create unique_index(:users, [:email])
create index(:users, [:org_id], name: :by_org)
"""
ROWS = ("INSERT INTO users (email, org_id) SELECT 'e' || g, g % 7 FROM generate_series(1, 2500) g",)
REPLACED = "drop unique_index(:users, [:email])\ncreate unique_index(:users, [:org_id, :email])"

KEY = Scenario(
    about="a key with one column more",
    before=(USERS,),
    rows=ROWS,
    text=REPLACED,
    strategy="replace-key",
    files=2,
    # What it could not do if the old key went first.
    old_code=("INSERT INTO users (email, org_id) VALUES ('e1', 1) ON CONFLICT (email) DO NOTHING",),
    new_code=("INSERT INTO users (email, org_id) VALUES ('e2', 2) ON CONFLICT (org_id, email) DO NOTHING",),
    keeps="SELECT count(*) FROM users",
    holds=("SELECT to_regclass('users_email_index') IS NULL",),
)
SCENARIOS = [
    KEY,
    replace(
        KEY,
        about="the new one first already, among others",
        text="alter table(:users) do\n  add :name, :string\nend\n\n"
        + "\n".join(reversed(REPLACED.split("\n"))),
        files=3,
        old_until=2,
        new_from=2,
    ),
    Scenario(
        about="an index that another begins with",
        before=(USERS,),
        rows=ROWS,
        text="@disable_ddl_transaction true\n@disable_migration_lock true\n\n"
        "def change do\n  create index(:users, [:org_id, :email], concurrently: true)\nend",
        strategy="superfluous-index",
        files=2,
        keeps="SELECT count(*) FROM users",
        holds=("SELECT to_regclass('by_org') IS NULL",),
        # The first file is as it was: there the old index is superfluous still.
        still_told=("redundant-index",),
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.about)
def test_proven(scenario: Scenario, database: Database, tmp_path: Path, formatted: Later) -> None:
    prove(scenario, database, tmp_path, formatted)


@pytest.mark.parametrize(
    ("strategy", "text"),
    [
        # The new one takes the name of the old one.
        ("replace-key", REPLACED.replace(", :email])", ", :email], name: :users_email_index)")),
        ("replace-key", f"{REPLACED}\n\nrename table(:users), to: table(:people)"),
        # As new as the other: it is left out.
        (
            "superfluous-index",
            "create index(:users, [:email, :org_id])\ncreate index(:users, [:email, :org_id, :id])",
        ),
    ],
)
def test_not_offered(strategy: str, text: str, tmp_path: Path) -> None:
    scenario = Scenario(about="", before=(USERS,), text=text, strategy=strategy, files=1)
    found = offers(analysis_of(project(scenario, tmp_path)))
    rule = {"replace-key": "key-replaced", "superfluous-index": "redundant-index"}[strategy]
    assert any(rule in offer.rules for offer in found)
    assert not any(offer.id.startswith(strategy + ":") for offer in found)
