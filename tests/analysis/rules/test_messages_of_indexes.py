"""Which table and which way out findings about indexes name."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.findings import Finding
from ecto_migrations_analysis.rules.base import Case
from support.cases import findings_of

_POSTS = "create table(:posts) do\n  add :title, :string\n  add :slug, :string\nend"
_INDEX = "create index(:posts, [:title])"
_RENAME = "rename table(:posts), to: table(:articles)"


def found(rule: str, text: str, *before: str) -> Finding:
    (finding,) = (item for item in findings_of(Case(about="", text=text, before=before)) if item.rule == rule)
    return finding


@pytest.mark.parametrize("text", ["drop index(:posts, [:title])", 'execute "DROP INDEX posts_title_index"'])
@pytest.mark.parametrize(("renames", "table"), [((), "posts"), ((_RENAME,), "articles")])
def test_the_table_that_is_locked_goes_by_its_name_of_then(
    text: str, renames: tuple[str, ...], table: str
) -> None:
    finding = found("drop-index-not-concurrent", text, f"{_POSTS}\n{_INDEX}", *renames)
    assert f"under ACCESS EXCLUSIVE on `{table}`" in finding.message
    assert finding.subject["table"] == table


def test_a_superfluous_index_of_the_same_migration_is_left_out() -> None:
    both = f"{_INDEX}\ncreate index(:posts, [:title, :slug])"
    assert found("redundant-index", f"{_POSTS}\n{both}").advice == "Leave `posts_title_index` out."
    later = found("redundant-index", "create index(:posts, [:title, :slug])", f"{_POSTS}\n{_INDEX}")
    assert "in a later migration" in later.advice


def test_an_index_that_begins_with_the_same_columns_is_not_replaced_by_a_shorter_one() -> None:
    wider = f"{_POSTS}\ncreate unique_index(:posts, [:title, :slug])"
    assert found("duplicate-index", _INDEX, wider).advice == "Leave it out."
    same = f"{_POSTS}\ncreate index(:posts, [:title], name: :other)"
    assert "replaces" in found("duplicate-index", _INDEX, same).advice
