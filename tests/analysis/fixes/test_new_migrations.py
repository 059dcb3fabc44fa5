"""The texts of generated migrations: as Elixir's own formatter leaves them, whatever the names are."""

from __future__ import annotations

import itertools

import pytest
from ecto_migrations_analysis.fixes.backfill import backfill
from ecto_migrations_analysis.fixes.enforce import enforce, validate
from ecto_migrations_analysis.fixes.new_migrations import Column, Key, Placing, Target
from ecto_migrations_analysis.fixes.values import Value
from ecto_migrations_analysis.operations import Relation
from support.elixir import assert_formatted

PLACING = Placing(module="MyApp.Repo.Migrations.Next", step=2, steps=3)
DRAFT = Value(sql="'draft'", literal='"draft"')
UUID = Value(sql="gen_random_uuid()", suggested=True)
LONG = Value(sql="'" + "x" * 70 + "'", literal='"' + "x" * 70 + '"')


def target(table: str, columns: list[Column], key: Key, schema: str | None = None) -> Target:
    return Target(relation=Relation(table, schema), key=key, columns=tuple(columns), validate=("posts_fkey",))


def column(name: str, value: Value | None) -> Column:
    return Column(name=name, value=value, type="text", check=f"{name}_not_null"[:63])


def test_generated_migrations_are_formatted_whatever_the_lengths() -> None:
    keys = [
        Key(columns=()),
        *(Key(columns=("k" * length,)) for length in (2, 50, 51, 54, 63)),
        Key(columns=("user_id", "group_id")),
        Key(columns=("a" * 60, "b" * 63), assumed=True),
    ]
    values = [DRAFT, UUID, LONG, None]
    texts = {}
    for table, length, key, value, schema, several in itertools.product(
        (1, 63), (1, 20, 63), keys, values, (None, "tenant"), (False, True)
    ):
        columns = [column("c" * length, value)]
        if several:
            columns.append(column("d" * length, value))
        asked = target("t" * table, columns, key, schema)
        name = f"{table} {length} {key.columns} {value} {schema} {several}"
        texts[f"backfill {name}"] = backfill(asked, PLACING)
        texts[f"enforce {name}"] = enforce(asked, PLACING)
    for length in (1, 30, 63):
        texts[f"validate {length}"] = validate(Relation("t" * length), "c" * length, "foreign key", PLACING)
    assert len(texts) > 800
    assert_formatted(texts)


def test_odd_names_are_quoted_in_elixir_and_in_sql() -> None:
    asked = target('say "hi"', [column("Größe #{x}", DRAFT)], Key(columns=("user-id",)), "My Schema")
    texts = {"backfill": backfill(asked, PLACING)}
    keyless = target("order", [column("end", DRAFT)], Key(columns=()))
    texts |= {"enforce": enforce(keyless, PLACING), "keyless": backfill(keyless, PLACING)}
    assert_formatted(texts)
    assert 'from(p in "say \\"hi\\"",\n        prefix: "My Schema",' in texts["backfill"]
    assert 'order_by: [asc: field(p, :"user-id")]' in texts["backfill"]
    assert '"Größe \\#{x}": "draft"' in texts["backfill"]
    assert 'ALTER TABLE \\"order\\" ALTER COLUMN \\"end\\" SET NOT NULL' in texts["enforce"]
    assert 'UPDATE "order" SET "end" = \'draft\'' in texts["keyless"]


@pytest.mark.parametrize("disable", [True, False])
def test_the_migration_lock_is_switched_off_where_it_would_hold_a_transaction(disable: bool) -> None:
    placing = Placing(module="A.B", step=2, steps=3, disable_migration_lock=disable)
    asked = target("posts", [column("status", DRAFT)], Key(columns=("id",)))
    for text in (backfill(asked, placing), enforce(asked, placing)):
        assert "  @disable_ddl_transaction true\n" in text
        assert ("  @disable_migration_lock true\n" in text) is disable


def test_a_question_mark_in_sql_is_no_parameter() -> None:
    asked = target("posts", [column("q", Value(sql='\'{"a": "?"}\'::jsonb'))], Key(columns=("id",)))
    text = backfill(asked, PLACING)
    assert 'fragment("\'{\\"a\\": \\"\\\\?\\"}\'::jsonb")' in text
    assert_formatted({"text": text})
