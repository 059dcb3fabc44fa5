"""What moves to another file: an index among other operations, and the later modules of a file."""

from __future__ import annotations

import re

import pytest
from ecto_migrations_analysis.project.context import ProjectContext, RepoConfig
from ecto_migrations_snippets import Context, Template, templates
from support.elixir import Later
from support.fixing import analysis_of, fix, migration, offered

MOVE = "move-index"
SEPARATE = "separate-modules"
ALTER = "alter table(:posts) do\n  add :a, :string\nend"

INDEX = """\
defmodule MyApp.Repo.Migrations.CreatePostsAIndex do
  use Ecto.Migration

  @disable_ddl_transaction true
  @disable_migration_lock true

  def change do
    create index(:posts, [:a], concurrently: true)
  end
end
"""


@pytest.mark.parametrize(
    "index", ["create index(:posts, [:a])", "create index(:posts, [:a], concurrently: true)"]
)
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (ALTER + "\n\n{index}", ALTER),
        (ALTER + "\n{index}", ALTER),
        ("{index}\n\n" + ALTER, ALTER),
        ("{index}\n" + ALTER, ALTER),
        (ALTER + "\n\n{index}\n\ndrop table(:users)", ALTER + "\n\ndrop table(:users)"),
        (ALTER + "\n\n{index}\ndrop table(:users)", ALTER + "\n\ndrop table(:users)"),
    ],
)
def test_an_index_among_others_gets_its_own_file(
    index: str, before: str, after: str, formatted: Later
) -> None:
    text = migration(before.format(index=index))
    (offer,) = offered(text, MOVE)
    assert offer.title == "Move the index to a migration of its own and build it concurrently"
    assert offer.preferred and not offer.safe and offer.new_file_count == 1
    fixed = fix(text, MOVE)
    assert fixed.text == migration(after)
    assert fixed.new == {"20240201000001_create_posts_a_index.exs": INDEX}
    formatted(*fixed.all)


@pytest.mark.parametrize(
    ("rest", "moves"),
    [
        (ALTER, True),
        ('execute "UPDATE posts SET slug = NULL", ""', False),  # What the index may forbid, if it is unique.
        ("rename table(:posts), to: table(:articles)", False),
        ("alter table(:posts) do\n  remove :title, :string\nend", False),
        ("create index(:posts, [:slug], unique: true)", False),
    ],
)
def test_a_drop_moves_where_the_rest_can_do_with_the_index_there(rest: str, moves: bool) -> None:
    text = migration(f"drop index(:posts, [:slug])\n\n{rest}")
    dropping = [offer for offer in offered(text, MOVE) if "drop" in offer.title]
    assert [offer.title for offer in dropping] == (
        ["Move the drop to a migration of its own, concurrently"] if moves else []
    )


def test_its_comments_go_with_it() -> None:
    body = f"# Adds it.\n{ALTER}\n\n# For the list.\n# (By author.)\ncreate index(:posts, [:a]) # now"
    fixed = fix(migration(body), MOVE)
    assert fixed.text == migration(f"# Adds it.\n{ALTER}")
    (new,) = fixed.new.values()
    assert (
        "  def change do\n"
        "    # For the list.\n"
        "    # (By author.)\n"
        "    create index(:posts, [:a], concurrently: true) # now\n"
        "  end\n"
    ) in new


def test_the_drop_goes_too_where_down_has_one(formatted: Later) -> None:
    text = (
        "defmodule A.AddX do\n  use Ecto.Migration\n\n"
        '  def up do\n    execute("SELECT 1")\n    create index(:posts, [:a])\n  end\n\n'
        '  def down do\n    drop index(:posts, [:a])\n    execute("SELECT 2")\n  end\nend\n'
    )
    fixed = fix(text, MOVE)
    assert fixed.text == (
        "defmodule A.AddX do\n  use Ecto.Migration\n\n"
        '  def up do\n    execute("SELECT 1")\n  end\n\n'
        '  def down do\n    execute("SELECT 2")\n  end\nend\n'
    )
    formatted(*fixed.all)
    only = text.replace('    execute("SELECT 2")\n', "")
    assert not offered(only, MOVE)


def test_with_an_advisory_lock_the_migration_lock_stays() -> None:
    project = ProjectContext(repo=RepoConfig(migration_lock="pg_advisory_lock"))
    (new,) = fix(migration(f"{ALTER}\n\ncreate index(:posts, [:a])"), MOVE, project).new.values()
    assert new == INDEX.replace("  @disable_migration_lock true\n", "")


@pytest.mark.parametrize(
    "body",
    [
        "create index(:posts, [:a])",
        f"{ALTER}\n\ntable = :posts\ncreate index(table, [:a])",
        f"{ALTER}\n\ncreate index(:posts, [:a], name: @name)",
        f"{ALTER}\n\ncreate(index(:posts, [:a])); flush()",
        f"{ALTER}\n\nif direction() == :up do\n  create index(:posts, [:a])\nend",
        f"{ALTER}\n\nfor c <- [:a, :b], do: create(index(:posts, [c]))",
        "create table(:posts)\n\ncreate index(:posts, [:a])",
        'create index(:posts, [:a])\n\nexecute("ALTER TABLE posts ADD UNIQUE USING INDEX posts_a_index", "")',
    ],
)
def test_not_offered(body: str) -> None:
    assert not offered(migration(body, head='\n  @name "x"\n'), MOVE)


SEVERAL = [template for template in templates() if len(template.files) > 1]


@pytest.mark.parametrize("template", SEVERAL, ids=lambda template: template.name)
def test_a_template_of_several_migrations_comes_apart(template: Template, formatted: Later) -> None:
    body = template.body_for(Context(module="MyApp.Repo.Migrations.AddStatusToPosts"))
    assert body is not None
    text = body.text + "\n"
    (offer,) = offered(text, SEPARATE)
    others = len(template.files) - 1
    moved = "second module to a file of its" if others == 1 else f"other {others} modules to files of their"
    assert offer.title == f"Move the {moved} own (Ecto runs only the first of a file)"
    assert offer.kind == "refactor.rewrite" and offer.new_file_count == others
    fixed = fix(text, SEPARATE)
    assert fixed.all == [file.text for file in body.files]
    assert [name.partition("_")[2] for name in fixed.new] == [f"{file.name}.exs" for file in body.files[1:]]
    formatted(*fixed.all)


def test_what_stands_between_modules_stays() -> None:
    first, second = (
        migration("flush()"),
        migration('execute("SELECT 1")').replace("AddStatusToPosts", "Other"),
    )
    text = f"{first}\n# About both.\n\nIO.puts(1)\n\n# About the other.\n{second}"
    (offer,) = offered(text, SEPARATE)
    assert offer.title == "Move the second module to a file of its own (Ecto runs only the first of a file)"
    fixed = fix(text, SEPARATE, files=["20230101000000_other.exs"])
    assert fixed.text == f"{first}\n# About both.\n\nIO.puts(1)\n"
    assert fixed.new == {"20240201000001_other_2.exs": f"# About the other.\n{second}"}
    assert len(analysis_of(fixed.text).migrations) == 1


def test_a_file_of_one_migration_stays_whole() -> None:
    text = migration("flush()") + "\ndefmodule Helper do\nend\n"
    assert not offered(text, SEPARATE)
    assert not re.search("Helper", "".join(offer.id for offer in offered(text)))
