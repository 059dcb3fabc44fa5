"""What must not ship in one deploy."""

from __future__ import annotations

from ecto_migrations_analysis.analysis import Analysis
from ecto_migrations_analysis.engine import analyze
from ecto_migrations_analysis.operations import Relation
from ecto_migrations_analysis.project.context import ProjectContext, RepoConfig
from ecto_migrations_analysis.project.ecto_schema_model import EctoSchema, SchemaField
from ecto_migrations_analysis.records import replace
from ecto_migrations_analysis.report.release import release_report
from ecto_migrations_analysis.report.separate import Separate, separate
from ecto_migrations_analysis.syntax.source import Source
from ecto_migrations_analysis.syntax.span import Place, Span
from support.reports import analysis, module

HERE = Place("post.ex", Span(0, 0))


def release(*codes: str, project: ProjectContext | None = None, attributes: str = "") -> list[Analysis]:
    """Migrations that follow each other, behind one that makes some tables."""
    found = [analysis(codes[0], attributes, project=project)]
    for code in codes[1:]:
        former = found[-1]
        assert former.migrations[0].up is not None
        steps = former.migrations[0].up.steps
        schema = steps[-1].after if steps else former.migrations[0].schema
        found.append(analyze(Source(module(code, attributes), None), replace(former.project, schema=schema)))
    return found


def found(*codes: str, project: ProjectContext | None = None) -> list[tuple[str, int, int | None]]:
    return [(item.kind, item.first, item.second) for item in separate(release(*codes, project=project))]


def only(*codes: str, project: ProjectContext | None = None) -> Separate:
    (item,) = separate(release(*codes, project=project))
    return item


def running(*columns: str, complete: bool = True) -> ProjectContext:
    """A project whose release before has a schema module of `posts`."""
    fields = tuple(SchemaField(name=name, column=name, place=HERE) for name in columns)
    schema = EctoSchema(
        module="Blog.Post", table=Relation("posts"), fields=fields, complete=complete, place=HERE
    )
    return ProjectContext(released_schemas=lambda table: (schema,) if table == "posts" else ())


DROP = "alter table(:posts), do: remove(:slug, :string)"


def test_a_dropped_column_that_running_code_has() -> None:
    item = only(DROP, project=running("slug"))
    assert (item.kind, item.first, item.second, item.line) == ("code", 0, None, 5)
    assert item.message == (
        "Deploy code that does not use `posts.slug` before, on every node; then migrate."
        " `Blog.Post` of the release before still has it."
    )


def test_a_dropped_column_that_no_running_code_has() -> None:
    assert found(DROP, project=running("title")) == []
    # Where nobody knows, it is said.
    assert found(DROP) == [("code", 0, None)]
    assert found(DROP, project=running("title", complete=False)) == [("code", 0, None)]


def test_a_dropped_column_of_a_table_without_a_schema_module() -> None:
    assert found("drop table(:tags)", project=running("title")) == [("code", 0, None)]


def test_a_rename() -> None:
    item = only("rename table(:posts), :slug, to: :path\nrename table(:posts), :title, to: :name")
    assert item.message == (
        "No order of deploying is safe: while nodes are replaced, every one of them has to run code that"
        " works with `posts.slug` and with `posts.path`; works with `posts.title` and with `posts.name`. Do"
        " it in several deploys (expand and contract)."
    )


def test_a_column_that_every_insert_has_to_set() -> None:
    assert (
        "Every INSERT has to set `posts.state`"
        in only("alter table(:posts), do: add(:state, :string, null: false)").message
    )


ADD = "alter table(:posts), do: add(:path, :string)"
FILL = 'execute "UPDATE posts SET path = slug", ""'
ENFORCE = "alter table(:posts), do: modify(:path, :string, null: false, from: :string)"


def test_expand_and_contract_of_one_change() -> None:
    assert found(ADD, FILL, ENFORCE, DROP, project=running("title")) == [
        ("steps", 0, 1),
        ("steps", 0, 2),
        ("steps", 0, 3),
    ]
    fill, enforce, drop = separate(release(ADD, FILL, ENFORCE, DROP, project=running("title")))
    assert fill.message.startswith("Fills `posts.path`, which the release adds: rows that code writes")
    assert enforce.message.startswith("Demands a value of `posts.path`, which the release adds: INSERTs of")
    assert drop.message.startswith("Drops `posts.slug` in the release that adds and fills `posts.path`.")


def test_a_check_demands_a_value_too() -> None:
    check = 'create constraint(:posts, :path_set, check: "path IS NOT NULL", validate: false)'
    assert found(ADD, check) == [("steps", 0, 1)]
    assert found(ADD, check.replace("path IS NOT NULL", "length(path) > 1")) == []


def test_a_column_with_a_default_has_values_meanwhile() -> None:
    assert found('alter table(:posts), do: add(:path, :string, default: "")', FILL) == []


def test_a_trigger_writes_for_code_that_does_not_know_the_column() -> None:
    trigger = (
        'execute "CREATE TRIGGER keep BEFORE INSERT ON posts FOR EACH ROW EXECUTE FUNCTION keep()",'
        ' "DROP TRIGGER keep ON posts"'
    )
    assert found(ADD, trigger, FILL) == []
    dropped = 'execute "DROP TRIGGER keep ON posts", ""'
    assert found(ADD, trigger, FILL, dropped) == [("steps", 1, 3)]


def test_other_columns_of_the_table_have_nothing_to_do_with_it() -> None:
    assert found(ADD, DROP, project=running("title")) == []


def test_what_the_release_makes_is_its_own() -> None:
    made = "create_if_not_exists table(:notes) do\n  add :text, :text\nend"
    assert (
        found(
            made,
            "alter table(:notes) do\n  add :state, :string, null: false\nend",
            "alter table(:notes), do: remove(:text, :text)",
            "rename table(:notes), to: table(:remarks)",
            "drop table(:remarks)",
        )
        == []
    )
    assert found(ADD, "alter table(:posts), do: remove(:path, :string)") == []


def test_validating_in_the_transaction_that_adds() -> None:
    item = only(
        'create constraint(:posts, :seen, check: "views >= 0", validate: false)\n'
        'execute "ALTER TABLE posts VALIDATE CONSTRAINT seen", ""'
    )
    assert (item.kind, item.line) == ("transaction", 6)


def test_the_locks_of_a_release_in_order() -> None:
    whole = release_report(
        release(
            "create table(:notes) do\n  add :user_id, references(:users)\nend",
            "create index(:notes, [:user_id])\nalter table(:posts), do: add(:a, :text)",
        )
    )
    assert [(item.number, str(item.lock.relation), item.new, item.long) for item in whole.locks] == [
        (0, "users", False, False),
        (1, "notes", True, False),
        (1, "posts", False, False),
    ]
    assert (whole.classification, whole.certain, whole.unserialised) == ("dangerous", True, ())


def test_work_on_a_table_of_the_release_takes_an_instant() -> None:
    whole = release_report(
        release(
            "create table(:notes)",
            "alter table(:notes), do: add(:user_id, references(:users))",
        )
    )
    assert [(str(item.lock.relation), item.held, item.long) for item in whole.locks] == [
        ("notes", "full scan", False),
        ("users", "an instant", False),
    ]


def test_rows_that_are_written_make_others_wait() -> None:
    whole = release_report(release('execute "UPDATE posts SET slug = title", ""'))
    assert [(item.lock.mode, item.rows, item.long) for item in whole.locks] == [("ROW EXCLUSIVE", True, True)]


def test_migrations_outside_of_the_migration_lock() -> None:
    codes = (
        "alter table(:posts), do: add(:a, :text)\nalter table(:users), do: add(:a, :text)",
        "alter table(:users), do: add(:b, :text)\nalter table(:posts), do: add(:b, :text)",
    )
    assert release_report(release(*codes)).opposing == ()
    off = ProjectContext(repo=RepoConfig(migration_lock="false"))
    whole = release_report(release(*codes, project=off))
    assert whole.unserialised == (0, 1)
    assert [(item.one, item.other, str(item.first), str(item.second)) for item in whole.opposing] == [
        (0, 1, "posts", "users")
    ]
    disabled = release_report(release(*codes, attributes="@disable_migration_lock true"))
    assert (disabled.unserialised, len(disabled.opposing)) == ((0, 1), 1)
