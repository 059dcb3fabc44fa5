"""What the schema knows of its doubts, its origins and what it shares."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis import operations as ops
from ecto_migrations_analysis.databases.postgres.types import parse_type
from ecto_migrations_analysis.operations import ColumnDefinition, Expression, Relation
from ecto_migrations_analysis.schema import apply as apply_module
from ecto_migrations_analysis.schema.apply import apply
from ecto_migrations_analysis.schema.state import Origin, Schema
from ecto_migrations_analysis.schema.unknown import in_doubt

POSTS = Relation("posts")
FIRST, SECOND = Origin(version=1), Origin(version=2)


def column(name: str | None, kind: str = "text", **options: object) -> ColumnDefinition:
    return ColumnDefinition(name=name, type=parse_type(kind), **options)  # type: ignore[arg-type]


def posts(complete: bool = True) -> Schema:
    create = ops.CreateTable(relation=POSTS, columns=(column("id", "bigserial"), column("title")))
    return apply(Schema(complete=complete), create, FIRST)


def test_a_table_created_in_view_is_complete() -> None:
    table = posts(complete=False).tables[POSTS]
    assert table.complete
    assert table.origin == FIRST
    assert table.columns["id"].type == parse_type("bigint")
    assert table.columns["id"].not_null
    assert table.columns["id"].default == Expression("nextval('posts_id_seq'::regclass)")


def test_origin_and_last_change() -> None:
    schema = apply(posts(), ops.SetNotNull(relation=POSTS, column="title"), SECOND)
    title = schema.tables[POSTS].columns["title"]
    assert (title.origin, title.changed, title.not_null) == (FIRST, SECOND, True)
    again = apply(schema, ops.SetNotNull(relation=POSTS, column="title"), Origin(version=3))
    assert again.tables[POSTS].columns["title"].changed == SECOND


def test_nothing_is_changed_in_place_and_the_rest_is_shared() -> None:
    before = apply(posts(), ops.CreateTable(relation=Relation("others"), columns=(column("id"),)), FIRST)
    after = apply(before, ops.DropColumn(relation=POSTS, column="title"), SECOND)
    assert list(before.tables[POSTS].columns) == ["id", "title"]
    assert list(after.tables[POSTS].columns) == ["id"]
    assert after.tables[Relation("others")] is before.tables[Relation("others")]
    assert after.tables[POSTS].columns["id"] is before.tables[POSTS].columns["id"]


def test_public_goes_without_saying() -> None:
    schema = apply(
        posts(), ops.AddColumn(relation=Relation("posts", "public"), column=column("body")), SECOND
    )
    assert list(schema.tables) == [POSTS]
    assert "body" in schema.tables[POSTS].columns
    assert schema.table(Relation("posts", "public")) is schema.table(POSTS)
    assert schema.table(Relation("posts", "other")) is None


class TestIfNotExists:
    create = ops.CreateTable(relation=POSTS, columns=(column("id"),), if_not_exists=True)

    def test_of_a_known_table_does_nothing(self) -> None:
        schema = posts()
        assert apply(schema, self.create, SECOND) is schema

    def test_in_a_complete_schema_creates(self) -> None:
        table = apply(Schema(complete=True), self.create, SECOND).tables[POSTS]
        assert table.complete and not table.uncertain

    def test_in_an_incomplete_schema_may_have_existed(self) -> None:
        table = apply(Schema(), self.create, SECOND).tables[POSTS]
        assert not table.complete
        assert table.uncertain == ("it may have existed before CREATE TABLE IF NOT EXISTS",)

    def test_of_a_column(self) -> None:
        add = ops.AddColumn(relation=POSTS, column=column("title", "integer"), if_not_exists=True)
        assert apply(posts(), add, SECOND).tables[POSTS].columns["title"].type == parse_type("text")
        unknown = apply(Schema(), add, SECOND).tables[POSTS].columns["title"]
        assert unknown.uncertain == ("it may have existed before ADD COLUMN IF NOT EXISTS",)

    def test_of_an_index(self) -> None:
        index = ops.CreateIndex(relation=POSTS, name="posts_title_index")
        schema = apply(posts(), index, FIRST)
        other = ops.CreateIndex(relation=POSTS, name="posts_title_index", unique=True, if_not_exists=True)
        assert apply(schema, other, SECOND) is schema


class TestTablesNotInView:
    def test_a_change_makes_it_known_but_incomplete(self) -> None:
        schema = apply(Schema(), ops.AddColumn(relation=POSTS, column=column("body")), FIRST)
        table = schema.tables[POSTS]
        assert not table.complete
        assert not table.columns["body"].uncertain

    def test_a_column_not_in_view_has_doubtful_attributes(self) -> None:
        change = ops.AlterColumnType(relation=POSTS, column="body", type=parse_type("integer"))
        body = apply(Schema(), change, FIRST).tables[POSTS].columns["body"]
        assert body.type == parse_type("integer")
        assert body.uncertain == ("the column body was not created in view",)

    def test_a_complete_table_has_no_such_column(self) -> None:
        change = ops.AlterColumnType(relation=POSTS, column="body", type=parse_type("integer"))
        assert "body" not in apply(posts(), change, SECOND).tables[POSTS].columns

    def test_dropping_it_is_nothing(self) -> None:
        schema = Schema()
        assert apply(schema, ops.DropTable(relation=POSTS), FIRST) is schema


NAMELESS_TABLES = [
    ops.CreateTable(relation=Relation(None)),
    ops.DropTable(relation=Relation(None)),
    ops.RenameTable(relation=Relation(None), to="posts"),
    ops.RenameTable(relation=POSTS, to=None),
    ops.SetTableSchema(relation=POSTS, schema=None),
    ops.AddColumn(relation=Relation(None), column=column("x")),
    ops.DropColumn(relation=Relation(None), column="x"),
    ops.RenameColumn(relation=Relation(None), column="x", to="y"),
    ops.SetNotNull(relation=Relation(None), column="x"),
    ops.AddConstraint(relation=Relation(None), constraint=ops.ConstraintDefinition(kind="check", name="c")),
    ops.DropConstraint(relation=Relation(None), name="c"),
    ops.CreateIndex(relation=Relation(None), name="i"),
    ops.DropIndex(name=Relation(None)),
    ops.RenameIndex(name=Relation(None), to="i"),
    ops.CreateView(name=Relation(None)),
    ops.DropView(name=Relation(None)),
    ops.DropObject(kind="type", name=Relation(None)),
    ops.AttachPartition(relation=POSTS, partition=Relation(None)),
    ops.OpaqueSQL(reason="a DO block"),
    ops.UnparsedSQL(message="syntax error"),
    ops.CallsCode(call="MyApp.Seeds.run/0"),
]


@pytest.mark.parametrize("operation", NAMELESS_TABLES, ids=lambda item: type(item).__name__)
def test_a_name_that_is_not_known_puts_the_schema_in_doubt(operation: ops.Operation) -> None:
    schema = apply(posts(), operation, SECOND)
    assert schema.uncertain != ()
    assert not schema.complete
    assert apply(schema, operation, SECOND).uncertain == schema.uncertain


NAMELESS_PARTS = [
    ops.AddColumn(relation=POSTS, column=column(None)),
    ops.DropColumn(relation=POSTS, column=None),
    ops.RenameColumn(relation=POSTS, column="title", to=None),
    ops.SetDefault(relation=POSTS, column=None, default=Expression("1")),
    ops.DropConstraint(relation=POSTS, name=None),
    ops.RenameConstraint(relation=POSTS, name=None, to="c"),
    ops.CreateIndex(relation=POSTS, name=None, complete=False),
    ops.DropIndex(name=Relation(None), relation=POSTS),
    ops.OpaqueSQL(reason="a DO block", relations=(POSTS,)),
    ops.AddConstraint(
        relation=POSTS, constraint=ops.ConstraintDefinition(kind="unique", name="u", complete=False)
    ),
]


@pytest.mark.parametrize("operation", NAMELESS_PARTS, ids=lambda item: type(item).__name__)
def test_a_part_that_is_not_known_puts_its_table_in_doubt(operation: ops.Operation) -> None:
    schema = apply(
        apply(posts(), ops.CreateTable(relation=Relation("others"), columns=(column("id"),)), FIRST),
        operation,
        SECOND,
    )
    assert schema.tables[POSTS].uncertain != ()
    assert not schema.tables[POSTS].complete
    assert schema.tables[Relation("others")].complete
    assert schema.uncertain == ()


def test_a_check_that_is_not_known_may_have_gone_with_a_column() -> None:
    check = ops.ConstraintDefinition(kind="check", name="c", expression=Expression(None))
    schema = apply(posts(), ops.AddConstraint(relation=POSTS, constraint=check), FIRST)
    assert schema.tables[POSTS].complete
    dropped = apply(schema, ops.DropColumn(relation=POSTS, column="title"), SECOND)
    assert dropped.tables[POSTS].uncertain == ("what used the column title is not all known",)


class TestBackfill:
    def test_an_update_marks_the_column(self) -> None:
        schema = apply(posts(), ops.Update(relation=POSTS, columns=("title",)), SECOND)
        columns = schema.tables[POSTS].columns
        assert (columns["title"].backfilled, columns["id"].backfilled) == (True, False)

    def test_setting_null_is_none(self) -> None:
        update = ops.Update(relation=POSTS, columns=("title",), nulled=("title",))
        schema = posts()
        assert apply(schema, update, SECOND) is schema

    def test_a_column_added_again_is_not_backfilled(self) -> None:
        schema = apply(posts(), ops.Update(relation=POSTS, columns=("title",)), SECOND)
        schema = apply(schema, ops.DropColumn(relation=POSTS, column="title"), SECOND)
        schema = apply(schema, ops.AddColumn(relation=POSTS, column=column("title")), SECOND)
        assert not schema.tables[POSTS].columns["title"].backfilled


class TestConstraints:
    def test_validation_is_kept_with_who_did_it(self) -> None:
        check = ops.ConstraintDefinition(
            kind="check", name="c", validated=False, expression=Expression("title IS NOT NULL")
        )
        schema = apply(posts(), ops.AddConstraint(relation=POSTS, constraint=check), FIRST)
        schema = apply(schema, ops.ValidateConstraint(relation=POSTS, name="c"), SECOND)
        state = schema.tables[POSTS].constraints["c"]
        assert (state.definition.validated, state.origin, state.validated_by) == (True, FIRST, SECOND)

    def test_a_column_whose_not_null_is_not_valid_is_not_proven(self) -> None:
        not_null = ops.ConstraintDefinition(kind="not null", name="n", columns=("title",), validated=False)
        schema = apply(posts(), ops.AddConstraint(relation=POSTS, constraint=not_null), FIRST)
        assert not schema.tables[POSTS].columns["title"].not_null
        schema = apply(schema, ops.ValidateConstraint(relation=POSTS, name="n"), SECOND)
        assert schema.tables[POSTS].columns["title"].not_null

    def test_renaming_a_column_rewrites_its_check(self) -> None:
        check = ops.ConstraintDefinition(kind="check", name="c", expression=Expression("title <> 'title'"))
        schema = apply(posts(), ops.AddConstraint(relation=POSTS, constraint=check), FIRST)
        schema = apply(schema, ops.RenameColumn(relation=POSTS, column="title", to="name"), SECOND)
        assert schema.tables[POSTS].constraints["c"].definition.expression == Expression("name <> 'title'")


def test_foreign_keys_follow_a_renamed_table() -> None:
    key = ops.ConstraintDefinition(kind="foreign key", name="k", columns=("post_id",), references=POSTS)
    comments = Relation("comments")
    schema = apply(
        posts(),
        ops.CreateTable(relation=comments, columns=(column("post_id", "bigint"),), constraints=(key,)),
        FIRST,
    )
    schema = apply(schema, ops.RenameTable(relation=POSTS, to="articles"), SECOND)
    assert [table.relation for table, _ in schema.referencing(Relation("articles"))] == [comments]
    assert schema.tables[comments].constraints["k"].definition.references == Relation("articles")


def test_functions_and_domains() -> None:
    name = Relation("f")
    schema = apply(Schema(), ops.CreateFunction(name=Relation("f", "public"), volatility="stable"), FIRST)
    assert schema.functions == {name: "stable"}
    altered = apply(schema, ops.RenameObject(kind="function", name=name, clause="alter"), FIRST)
    assert altered.functions == {}
    assert apply(schema, ops.DropObject(kind="function", name=name), FIRST).functions == {}
    schema = apply(schema, ops.CreateDomain(name=Relation("d"), type=parse_type("text")), FIRST)
    assert not schema.domains[Relation("d")].constrained
    schema = apply(schema, ops.AlterDomain(name=Relation("d"), clause="add constraint"), FIRST)
    domain = schema.domains[Relation("d")]
    assert domain.constrained and domain.checks is None


def test_statistics_are_kept_with_their_table() -> None:
    name, table = Relation("st", "public"), Relation("posts", "public")
    created = apply(posts(), ops.CreateObject(kind="statistics", name=name, relation=table))
    assert created.statistics == {Relation("st"): Relation("posts")}
    assert apply(created, ops.DropObject(kind="statistics", name=name)).statistics == {}
    assert apply(posts(), ops.CreateObject(kind="extension", name=Relation("citext"))) == posts()


def test_comments() -> None:
    schema = apply(posts(), ops.Comment(kind="table", name="posts", relation=POSTS, text="t"), FIRST)
    schema = apply(schema, ops.Comment(kind="column", name="title", relation=POSTS, text="c"), FIRST)
    assert schema.tables[POSTS].comment == "t"
    assert schema.tables[POSTS].columns["title"].comment == "c"


def test_indexes_of_materialized_views_are_known() -> None:
    schema = apply(Schema(), ops.CreateView(name=Relation("m"), materialized=True), FIRST)
    schema = apply(schema, ops.CreateIndex(relation=Relation("m"), name="i"), FIRST)
    assert schema.view_indexes == {Relation("i"): Relation("m")}
    assert not schema.tables
    renamed = apply(schema, ops.RenameIndex(name=Relation("i"), to="j"), FIRST)
    assert renamed.view_indexes == {Relation("j"): Relation("m")}
    assert apply(renamed, ops.DropIndex(name=Relation("j")), FIRST).view_indexes == {}
    assert apply(schema, ops.DropView(name=Relation("m")), FIRST).view_indexes == {}


def test_what_only_perhaps_happened_is_in_doubt() -> None:
    before = apply(posts(), ops.CreateTable(relation=Relation("others"), columns=(column("id"),)), FIRST)
    after = apply(before, ops.DropTable(relation=POSTS), SECOND)
    after = apply(after, ops.CreateTable(relation=Relation("fresh"), columns=(column("id"),)), SECOND)
    doubtful = in_doubt(before, after, "a condition")
    assert doubtful.tables[POSTS].uncertain == ("a condition",)
    assert doubtful.tables[Relation("fresh")].uncertain == ("a condition",)
    assert doubtful.tables[Relation("others")] is before.tables[Relation("others")]


def test_every_operation_on_the_schema_has_a_change() -> None:
    """Those without one are the operations that leave the schema as it is."""
    every = {
        item for item in vars(ops).values() if isinstance(item, type) and issubclass(item, ops.Operation)
    }
    idle = {item.__name__ for item in every} - {item.__name__ for item in apply_module.CHANGES}
    assert idle == {
        "Delete",
        "Insert",
        "LockTable",
        "Maintenance",
        "Operation",
        "RefreshMaterializedView",
        "Reindex",
        "Select",
        "SessionCommand",
        "SetConstraints",
        "SetParameter",
        "TransactionControl",
        "Truncate",
    }
