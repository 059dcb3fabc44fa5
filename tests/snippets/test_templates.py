"""The templates: what each place gets, in the snippet grammar and as plain text."""

from __future__ import annotations

import re

import pytest
from ecto_migrations_snippets import Context, Template, templates
from ecto_migrations_snippets.loader import parse
from support.elixir import assert_formatted

BY_NAME = {template.name: template for template in templates()}

NAMES = [
    "add-nullable-column",
    "add-not-null-column",
    "add-index-concurrently",
    "backfill-in-batches",
    "create-table",
    "add-foreign-key",
    "add-foreign-key-column",
    "add-check-constraint",
    "add-unique-constraint",
    "set-not-null",
    "set-not-null-postgres-18",
    "drop-column",
    "rename-column",
    "change-column-type",
    "add-enum-value",
    "create-extension",
    "create-partitioned-table",
    "add-partition",
    "add-index-to-partitioned-table",
    "add-index-safe-to-rerun",
]


def body(name: str, **context: object) -> str:
    rendered = BY_NAME[name].body_for(Context(**context))  # type: ignore[arg-type]
    assert rendered is not None
    return rendered.text


def test_the_canonical_templates_in_order() -> None:
    assert [template.name for template in templates()] == NAMES


@pytest.mark.parametrize("template", templates(), ids=lambda template: template.name)
def test_every_template_says_what_it_is(template: Template) -> None:
    assert template.title and not template.title.endswith(".")
    assert template.description.endswith(".")
    assert "region" not in "".join(file.text for file in template.files)


def test_inside_alter_only_the_line() -> None:
    assert body("add-nullable-column", where="alter") == "add :status, :string"
    assert body("add-not-null-column", where="alter") == "add :status, :string"
    assert BY_NAME["add-index-concurrently"].body_for(Context(where="alter")) is None
    assert BY_NAME["backfill-in-batches"].body_for(Context(where="alter")) is None


def test_inside_a_callback_only_the_body() -> None:
    assert body("add-nullable-column", where="callback") == (
        "alter table(:posts) do\n  add :status, :string\nend"
    )
    assert body("add-not-null-column", where="callback") == (
        "alter table(:posts) do\n"
        "  add :status, :string\n"
        "end\n"
        "\n"
        "execute(\n"
        "  \"ALTER TABLE posts ALTER COLUMN status SET DEFAULT 'draft'\",\n"
        '  "ALTER TABLE posts ALTER COLUMN status DROP DEFAULT"\n'
        ")"
    )
    assert body("add-index-concurrently", where="callback") == (
        "create index(:posts, [:status], concurrently: true)"
    )


def test_a_backfill_is_not_for_change_which_would_run_it_on_rollback_too() -> None:
    backfill = BY_NAME["backfill-in-batches"]
    assert backfill.body_for(Context(where="callback", callback="change")) is None
    assert backfill.body_for(Context(where="callback", callback="down")) is None
    rendered = backfill.body_for(Context(where="callback", callback="up"))
    assert rendered is not None
    assert rendered.text.startswith("import Ecto.Query\n\nbatches =\n")


def test_a_body_names_the_attributes_that_it_needs() -> None:
    index = BY_NAME["add-index-concurrently"]
    both = index.body_for(Context(where="callback"))
    assert both is not None
    assert both.attributes == ("@disable_ddl_transaction true", "@disable_migration_lock true")
    advisory = index.body_for(Context(where="callback", disable_migration_lock=False))
    assert advisory is not None
    assert advisory.attributes == ("@disable_ddl_transaction true",)


def test_with_an_advisory_lock_the_migration_lock_stays() -> None:
    outside = [name for name in NAMES if "@disable_ddl_transaction" in body(name)]
    assert {"add-not-null-column", "add-foreign-key", "rename-column"} < set(outside)
    for name in NAMES:
        without = body(name, disable_migration_lock=False)
        assert "@disable_migration_lock" not in without
        if name in outside:
            assert body(name).count("  @disable_ddl_transaction true\n  @disable_migration_lock true\n\n")
            assert "@disable_ddl_transaction true\n\n" in without
        else:
            assert without == body(name)


def test_a_file_gets_the_module_name_that_the_caller_gives() -> None:
    text = body("add-nullable-column", module="Shop.Repo.Migrations.AddColour")
    assert text.startswith("defmodule Shop.Repo.Migrations.AddColour do\n")


def test_without_a_module_name_it_is_a_tab_stop_below_the_namespace() -> None:
    rendered = BY_NAME["add-nullable-column"].body_for(Context(namespace="Shop.Repo.Migrations"))
    assert rendered is not None
    assert rendered.snippet.startswith("defmodule Shop.Repo.Migrations.${4:AddStatusToPosts} do\n")
    assert body("add-nullable-column").startswith("defmodule MyApp.Repo.Migrations.AddStatusToPosts do\n")


def test_the_three_steps_are_three_migrations_of_one_namespace() -> None:
    rendered = BY_NAME["add-not-null-column"].body_for(Context(module="Shop.Repo.Migrations.AddState"))
    assert rendered is not None
    assert [file.name for file in rendered.files] == [
        "add_status_to_posts",
        "backfill_posts_status",
        "enforce_posts_status_not_null",
    ]
    modules = re.findall(r"^defmodule (\S+) do$", rendered.text, re.MULTILINE)
    assert modules == [
        "Shop.Repo.Migrations.AddState",
        "Shop.Repo.Migrations.BackfillPostsStatus",
        "Shop.Repo.Migrations.EnforcePostsStatusNotNull",
    ]
    assert [re.findall(r"^defmodule (\S+) do$", file.text, re.MULTILINE) for file in rendered.files] == [
        [module] for module in modules
    ]
    # Only the first of them would run from one file.
    assert rendered.text.count("# Move to a later file, <version>_") == 2


def test_equal_tab_stops_are_linked() -> None:
    rendered = BY_NAME["add-not-null-column"].body_for(Context(where="callback"))
    assert rendered is not None
    assert rendered.snippet.count("${1:posts}") == 1
    assert rendered.snippet.count("${1}") == 2
    assert rendered.snippet.count("${2:status}") == 1


@pytest.mark.parametrize("template", templates(), ids=lambda template: template.name)
def test_the_snippet_expands_to_the_plain_text(template: Template) -> None:
    for where in template.scopes:
        rendered = template.body_for(Context(where=where, callback=template.callbacks[-1]))
        assert rendered is not None
        assert expand(rendered.snippet) == rendered.text


def expand(snippet: str) -> str:
    """A small reader of the snippet grammar, written after the protocol's page and not after our writer."""
    defaults: dict[str, str] = {}
    out: list[str] = []
    at = 0
    while at < len(snippet):
        character = snippet[at]
        if character == "\\" and snippet[at + 1 : at + 2] in {"$", "}", "\\"}:
            out.append(snippet[at + 1])
            at += 2
        elif character == "$":
            match = re.compile(r"\$\{(\d+)(?::((?:\\[$}\\]|[^}\\])*))?\}").match(snippet, at)
            assert match, snippet[at : at + 20]
            if match[2] is not None:
                defaults[match[1]] = re.sub(r"\\([$}\\])", r"\1", match[2])
            out.append(defaults[match[1]])
            at = match.end()
        else:
            out.append(character)
            at += 1
    return "".join(out)


def test_what_the_grammar_would_read_is_escaped() -> None:
    template = parse(
        "1_odd.exs",
        '# Odd\n# One.\n\n# region callback\nexecute("SELECT $1, \\\\ #{x} ${1:a\\b$}")\n# endregion\n',
    )
    rendered = template.body_for(Context(where="callback"))
    assert rendered is not None
    assert rendered.text == 'execute("SELECT $1, \\\\ #{x} a\\b$")'
    assert rendered.snippet == 'execute("SELECT \\$1, \\\\\\\\ #{x} ${1:a\\\\b\\$}")'
    assert expand(rendered.snippet) == rendered.text


@pytest.mark.parametrize(
    "text",
    ["defmodule A do\nend\n", "# T\n\n# region callback\nx\n", "# T\n\nx\n# endregion\n"],
    ids=["no title", "open region", "stray end"],
)
def test_a_malformed_template_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse("1_x.exs", text)


def test_everything_is_elixir_as_mix_format_leaves_it() -> None:
    texts: dict[str, str] = {}
    for template in templates():
        for lock in (True, False):
            rendered = template.body_for(Context(disable_migration_lock=lock))
            assert rendered is not None
            texts[f"{template.name} {lock}"] = rendered.text + "\n"
            texts |= {f"{template.name} {lock} {file.name}": file.text for file in rendered.files}
        for where in ("callback", "alter"):
            part = template.body_for(Context(where=where, callback="up"))  # type: ignore[arg-type]
            if part is not None:
                texts[f"{template.name} {where}"] = part.text + "\n"
    assert len(texts) > 20
    assert_formatted(texts)


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_how_long_and_how_many_is_the_projects_choice(name: str) -> None:
    usual = BY_NAME[name].body_for(Context())
    own = BY_NAME[name].body_for(Context(lock_timeout="750ms", batch_size=250))
    assert usual is not None and own is not None
    assert own.text == usual.text.replace("'5s'", "'750ms'").replace("1_000", "250")
    assert [file.text for file in own.files] == [
        file.text.replace("'5s'", "'750ms'").replace("1_000", "250") for file in usual.files
    ]
    # They are no tab stops.
    assert "5s}" not in usual.snippet and "1_000}" not in usual.snippet
