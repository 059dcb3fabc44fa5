"""Rehearsals on a real server: agreement, dangers that are seen, failures, and what cannot be run."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.analysis import Analysis
from ecto_migrations_analysis.databases.effects import Lock
from ecto_migrations_analysis.operations import Relation
from ecto_migrations_analysis.records import replace
from ecto_migrations_server.rehearse import words
from ecto_migrations_server.rehearse.model import Pass, Rehearsal
from support.postgres import Database

from .conftest import BLOG, Rehearse, Write, judged

# Each needs a database, filled by many statements.
pytestmark = pytest.mark.slow


def outcomes(found: Rehearsal) -> list[tuple[str, bool]]:
    return [(item.direction, item.succeeded) for item in found.passes]


WHOLE = [("migrate", True), ("rollback", True), ("migrate", True), ("rollback", True), ("migrate", True)]


@pytest.mark.parametrize(
    "name",
    [
        "create_users",
        "create_tags",
        "add_locale_to_posts",
        "index_posts_by_publication",
        "index_comments_by_post",
        "index_posts_by_author",
        "rename_comment_body",
        "add_editor_to_posts",
        "add_public_id_to_posts",
        "widen_post_titles",
    ],
)
def test_the_analysis_and_the_server_agree(name: str, rehearsed: Rehearse) -> None:
    found = rehearsed(name)
    assert outcomes(found) == WHOLE
    assert found.verdict == "passed"
    assert found.gaps == []
    assert all(count == 200 for count in found.rows.values())


def test_what_waits_is_seen(rehearsed: Rehearse) -> None:
    (statement,) = rehearsed("index_comments_by_post").passes[0].statements
    assert statement.locks == {"comments": "SHARE"}
    assert statement.waited == {"comments": ("writes",)}
    assert statement.scanned == ("comments",)
    assert statement.built == ("comments_post_id_index",)


def test_a_rewrite_is_seen(rehearsed: Rehearse) -> None:
    (statement,) = rehearsed("add_public_id_to_posts").passes[0].statements
    assert statement.rewritten == ("posts",)
    assert statement.waited == {"posts": ("reads", "writes")}
    assert statement.in_transaction


def test_concurrently_runs_outside_of_a_transaction_and_nobody_waits(rehearsed: Rehearse) -> None:
    found = rehearsed("index_posts_by_publication")
    up, down = found.passes[0].statements[0], found.passes[1].statements[0]
    assert (up.in_transaction, up.locks, up.waited) == (False, {"posts": "SHARE UPDATE EXCLUSIVE"}, {})
    assert (down.in_transaction, down.locks, down.waited) == (False, {"posts": "SHARE UPDATE EXCLUSIVE"}, {})


def test_writes_of_changed_rows_wait(rehearsed: Rehearse, write: Write) -> None:
    write("create_items", "  def change, do: (create table(:items) do add :name, :string end)")
    path = write("name_items", "  def up, do: execute \"UPDATE items SET name = 'x'\"\n  def down, do: :ok")
    (statement,) = rehearsed(path).passes[0].statements
    assert statement.locks == {"items": "ROW EXCLUSIVE"}
    assert statement.waited == {"items": ("changed rows",)}


def test_rows_that_break_a_condition_make_it_fail(rehearsed: Rehearse) -> None:
    found = rehearsed("require_comment_author_name")
    assert outcomes(found) == [("migrate", False)]
    assert found.verdict == "failed"
    # The analysis says that it fails where there are NULLs: no difference.
    assert found.differences == []
    assert found.passes[0].statements[0].nulls_there
    assert rehearsed_error(found.passes[0]).startswith("23502")


def rehearsed_error(done: Pass) -> str:
    assert done.error is not None
    return done.error


def test_without_nulls_it_passes(rehearsed: Rehearse) -> None:
    found = rehearsed("require_comment_author_name", nulls=False)
    assert found.passes[0].succeeded


def test_a_failure_halfway_undoes_the_transaction(
    rehearsed: Rehearse, write: Write, database: Database
) -> None:
    write("create_items", "  def change, do: (create table(:items) do add :name, :string end)")
    path = write(
        "break_items",
        '  def up do\n    execute "ALTER TABLE items ADD COLUMN a int"\n'
        '    execute "ALTER TABLE items ADD CONSTRAINT c CHECK (name IS NULL)"\n  end\n  def down, do: :ok',
    )
    found = rehearsed(path)
    assert found.verdict == "failed"
    assert [statement.state for statement in found.passes[0].statements] == ["run", "failed"]
    with database.connect() as connection:
        columns = connection.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'items'::regclass AND attnum > 0"
        )
        assert columns.fetchall() == [("id",), ("name",)]


def test_an_irreversible_migration(rehearsed: Rehearse) -> None:
    found = rehearsed("remove_subtitle_from_posts")
    assert outcomes(found) == [("migrate", True), ("rollback", False)]
    assert found.verdict == "failed"
    assert "cannot be rolled back" in rehearsed_error(found.passes[1])


def test_what_a_rollback_leaves_is_told(rehearsed: Rehearse, write: Write) -> None:
    write("create_items", "  def change, do: (create table(:items) do add :name, :string end)")
    path = write(
        "leave_items",
        "  def up do\n    alter table(:items), do: add_if_not_exists(:a, :integer)\n"
        "    execute \"ALTER TABLE items ALTER name SET DEFAULT 'x'\"\n  end\n  def down, do: :ok",
    )
    found = rehearsed(path)
    assert found.verdict == "failed"
    assert found.passes[1].catalog == (
        "the column items.a is left (integer)",
        "the column items.name was character varying(255) and is"
        " character varying(255) DEFAULT 'x'::character varying",
    )


@pytest.mark.parametrize(
    ("mode", "sentences"),
    [
        (
            "SHARE UPDATE EXCLUSIVE",
            [
                "the analysis says SHARE UPDATE EXCLUSIVE on posts, which was locked in ACCESS EXCLUSIVE",
                "reads of posts waited, and the analysis says that they do not",
                "writes of posts waited, and the analysis says that they do not",
            ],
        ),
        (None, ["posts was locked in ACCESS EXCLUSIVE, of which the analysis says nothing"]),
    ],
)
def test_a_wrong_claim_is_told(mode: str | None, sentences: list[str], rehearsed: Rehearse) -> None:
    (path,) = BLOG.glob("*_add_locale_to_posts.exs")
    right = judged(path)

    def wrong(major: int) -> Analysis:
        analysis = right(major)
        (migration,) = analysis.migrations
        assert migration.up is not None
        (step,) = migration.up.steps
        locks = () if mode is None else (Lock(Relation("posts"), mode),)
        step = replace(step, effect=replace(step.effect, locks=locks))
        migration = replace(migration, up=replace(migration.up, steps=(step,)))
        return replace(analysis, migrations=(migration,))

    found = rehearsed(path, judge=wrong)
    assert found.verdict == "differs"
    told = [(direction, text) for direction, _, text in found.differences]
    assert [text for direction, text in told if direction == "migrate"][: len(sentences)] == sentences
    assert not [text for direction, text in told if direction == "rollback"]


def test_a_claimed_scan_and_a_claimed_failure_that_do_not_come(rehearsed: Rehearse) -> None:
    from ecto_migrations_analysis.databases.effects import Failure

    (path,) = BLOG.glob("*_widen_post_titles.exs")
    right = judged(path)

    def wrong(major: int) -> Analysis:
        analysis = right(major)
        (migration,) = analysis.migrations
        assert migration.up is not None
        (step,) = migration.up.steps
        effect = replace(
            step.effect,
            scans=(Relation("posts"),),
            rewrites=(Relation("posts"),),
            failures=(Failure("no reason", certain=True, cause="syntax"),),
        )
        migration = replace(migration, up=replace(migration.up, steps=(replace(step, effect=effect),)))
        return replace(analysis, migrations=(migration,))

    assert [text for _, _, text in rehearsed(path, judge=wrong).differences] == [
        "the analysis says that it fails: no reason",
        "the analysis says that it rewrites posts, and it did not",
        "the analysis says that it scans posts, and it did not",
    ]


def test_a_failure_that_nobody_claims_is_a_difference(rehearsed: Rehearse) -> None:
    (path,) = BLOG.glob("*_require_comment_author_name.exs")
    right = judged(path)

    def wrong(major: int) -> Analysis:
        analysis = right(major)
        (migration,) = analysis.migrations
        assert migration.up is not None
        (step,) = migration.up.steps
        step = replace(step, effect=replace(step.effect, failures=()))
        return replace(analysis, migrations=(replace(migration, up=replace(migration.up, steps=(step,))),))

    found = rehearsed(path, judge=wrong)
    assert [text for _, _, text in found.differences] == ["the analysis does not say that it fails"]


def test_elixir_is_not_run_and_said(rehearsed: Rehearse) -> None:
    found = rehearsed("backfill_post_slugs")
    assert found.verdict == "incomplete"
    assert {seen.state for item in found.passes for seen in item.statements} == {"not run"}
    assert all(seen.reason for seen in found.not_run)
    assert found.differences == []


def test_what_depends_on_elixir_is_not_claimed(rehearsed: Rehearse, write: Write) -> None:
    write("create_items", "  def change, do: (create table(:items) do add :name, :string end)")
    path = write(
        "fill_items",
        "  def up do\n    Shop.Items.fill_names()\n"
        '    execute "ALTER TABLE items ALTER name SET NOT NULL"\n  end\n  def down, do: :ok',
    )
    found = rehearsed(path)
    assert [statement.state for statement in found.passes[0].statements] == ["not run", "failed"]
    assert found.passes[0].doubtful
    assert found.verdict == "incomplete"


def test_a_gap_of_the_history_is_said(rehearsed: Rehearse, write: Write) -> None:
    earlier = write("prepare", "  def up, do: Oban.Migration.up(version: 12)\n  def down, do: :ok")
    path = write("alter_jobs", "  def change, do: (alter table(:oban_jobs) do add :a, :integer end)")
    found = rehearsed(path)
    assert [gap.removeprefix(str(earlier)) for gap in found.gaps] == [":3: Oban.Migration.up/1 is Elixir"]
    assert rehearsed_error(found.passes[0]).startswith("42P01")
    assert found.verdict == "incomplete"


def test_a_claim_follows_a_table_that_was_renamed(rehearsed: Rehearse, write: Write) -> None:
    write("create_items", "  def change, do: (create table(:items) do add :name, :string end)")
    path = write(
        "rename_items",
        "  def change do\n    rename table(:items), to: table(:things)\n"
        "    create index(:things, [:name])\n  end",
    )
    found = rehearsed(path)
    assert outcomes(found) == WHOLE
    assert found.differences == []


def test_a_view_is_waited_for_and_what_follows_a_wrong_rollback_is_not_compared(
    rehearsed: Rehearse, write: Write
) -> None:
    write("create_items", "  def change, do: (create table(:items) do add :name, :string end)")
    write("names", '  def change, do: execute("CREATE VIEW names AS SELECT name FROM items", "")')
    path = write(
        "new_names",
        '  def up, do: execute "CREATE OR REPLACE VIEW names AS SELECT name, id FROM items"\n'
        '  def down, do: execute "DROP VIEW names"',
    )
    found = rehearsed(path)
    assert found.passes[0].statements[0].waited["names"] == ("reads", "writes")
    assert found.verdict == "failed"
    assert [text.split(" (")[0] for text in found.passes[1].catalog] == ["the view names is missing"]
    assert found.differences == []


def test_an_error_of_generated_rows_is_not_blamed_on_anybody(rehearsed: Rehearse, write: Write) -> None:
    write(
        "create_items",
        "  def change do\n    create table(:items) do\n      add :kind, :string\n      add :note, :string,"
        " null: false\n    end\n    create unique_index(:items, [:kind])\n  end",
    )
    path = write("fill_items", '  def change, do: execute("UPDATE items SET kind = \'x\'", "")')
    found = rehearsed(path)
    (done,) = found.passes
    assert (done.error or "").startswith("23505")
    assert (done.doubtful, found.verdict, found.differences) == (True, "incomplete", [])
    told = words.failure(found, done, nulls=True)
    assert told[1] == "The rows are generated: they satisfy every constraint, and may not look like yours."
    assert "--no-nulls" in told[2] and len(words.failure(found, done, nulls=False)) == 2


@pytest.mark.parametrize(("nulls", "verdict"), [(True, "incomplete"), (False, "passed")])
def test_a_copy_of_generated_nulls(nulls: bool, verdict: str, rehearsed: Rehearse, write: Write) -> None:
    write(
        "create_items",
        "  def change do\n    create table(:items) do\n      add :kind, :string\n      add :note, :string,"
        " null: false\n    end\n  end",
    )
    path = write("copy_items", '  def up, do: execute("UPDATE items SET note = kind")\n  def down, do: :ok')
    assert rehearsed(path, nulls=nulls).verdict == verdict


def test_an_index_that_the_planner_prefers_contradicts_nothing(rehearsed: Rehearse, write: Write) -> None:
    write(
        "create_tables",
        "  def change do\n    create table(:items) do\n      add :note, :text\n    end\n"
        "    create table(:tags) do\n      add :item_id, references(:items)\n      add :name, :text\n"
        "    end\n"
        "    create index(:tags, [:item_id])\n  end",
    )
    path = write(
        "copy_names",
        '  def up, do: execute("UPDATE items i SET note ='
        ' (SELECT max(t.name) FROM tags t WHERE t.item_id = i.id)")\n  def down, do: :ok',
    )
    found = rehearsed(path, rows=2000)
    assert (found.verdict, found.differences) == ("passed", [])
    assert found.passes[0].statements[0].scanned == ("items",)


def test_keys_that_do_not_change_are_not_looked_up(rehearsed: Rehearse, write: Write) -> None:
    write(
        "create_tables",
        "  def change do\n    create table(:owners)\n    create table(:items) do\n"
        "      add :owner_id, references(:owners)\n      add :former_id, references(:owners)\n    end\n  end",
    )
    path = write(
        "copy_owners",
        '  def up, do: execute("UPDATE items SET former_id = owner_id")\n'
        '  def down, do: execute("UPDATE items SET owner_id = former_id")',
    )
    found = rehearsed(path)
    assert (found.verdict, found.differences) == ("passed", [])
    # Both keys of a row have the same value from the beginning.
    assert "owners" not in found.passes[0].statements[0].locks


def test_a_table_that_is_truncated_before(rehearsed: Rehearse, write: Write) -> None:
    write("create_items", "  def change, do: (create table(:items) do add :a, :integer end)")
    path = write(
        "refill",
        '  def up do\n    execute "TRUNCATE items"\n    alter table(:items) do\n'
        "      add :b, :integer, null: false\n      modify :a, :integer, null: false\n    end\n  end\n"
        "  def down, do: (alter table(:items) do\n    remove :b\n    modify :a, :integer, null: true\n  end)",
    )
    found = rehearsed(path)
    assert found.rows == {"items": 200}
    assert (found.verdict, found.differences) == ("passed", [])
