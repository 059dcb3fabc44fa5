"""Schema modules: which columns the application reads and writes."""

from __future__ import annotations

from pathlib import Path

import pytest
from ecto_migrations_analysis.operations import Relation
from ecto_migrations_analysis.project.discovery import Workspace
from ecto_migrations_analysis.project.ecto_schema_index import SchemaIndex
from ecto_migrations_analysis.project.ecto_schema_model import EctoSchema
from ecto_migrations_analysis.project.ecto_schemas import read_schemas
from ecto_migrations_analysis.project.files import Files


def module(body: str, head: str = "use Ecto.Schema", name: str = "Blog.Post", rest: str = "") -> str:
    return f'defmodule {name} do\n  {head}\n\n  schema "posts" do\n    {body}\n  end\n\n{rest}\nend\n'


def schema(text: str) -> EctoSchema:
    found = read_schemas(text.encode(), "post.ex").schemas
    assert len(found) == 1
    return found[0]


def columns(text: str) -> list[str]:
    return [item.column for item in schema(text).fields]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("field :title", ["id", "title"]),
        ("field :title, :string, source: :headline", ["id", "headline"]),
        ("field :token, :string, virtual: true", ["id"]),
        ("field(:title, :string)", ["id", "title"]),
        ("belongs_to :author, Blog.User", ["id", "author_id"]),
        ("belongs_to :author, Blog.User, foreign_key: :writer", ["id", "writer"]),
        ("belongs_to :author, Blog.User, source: :writer_id", ["id", "writer_id"]),
        ("belongs_to :author, Blog.User, define_field: false", ["id"]),
        ("has_many :comments, Blog.Comment\n has_one :cover, Blog.Image", ["id"]),
        ("embeds_one :meta, Blog.Meta\n embeds_many :links, Blog.Link", ["id", "meta", "links"]),
        ("embeds_one :meta, Meta do\n field :x, :string\n end", ["id", "meta"]),
        ("timestamps()", ["id", "inserted_at", "updated_at"]),
        ("timestamps", ["id", "inserted_at", "updated_at"]),
        ("timestamps(inserted_at: :created_at, updated_at: false)", ["id", "created_at"]),
        ("timestamps(inserted_at_source: :born)", ["id", "born", "updated_at"]),
        ("for name <- [:a, :b], do: field(name, :string)", ["id", "a", "b"]),
        ("Enum.each(~w(a b)a, fn name -> field name, :string end)", ["id", "a", "b"]),
    ],
)
def test_columns(body: str, expected: list[str]) -> None:
    text = module(body)
    assert columns(text) == expected
    assert schema(text).complete


@pytest.mark.parametrize(
    ("head", "expected", "key"),
    [
        ("use Ecto.Schema", ["id", "title"], ("id",)),
        ("use Ecto.Schema\n  @primary_key false", ["title"], ()),
        (
            "use Ecto.Schema\n  @primary_key {:uuid, :binary_id, autogenerate: true}",
            ["uuid", "title"],
            ("uuid",),
        ),
        ("use Ecto.Schema\n  @primary_key {:id, :id, source: :post_id}", ["post_id", "title"], ("post_id",)),
    ],
)
def test_primary_keys(head: str, expected: list[str], key: tuple[str, ...]) -> None:
    text = module("field :title, :string", head)
    assert columns(text) == expected
    assert schema(text).primary_key == key


def test_attributes() -> None:
    head = (
        'use Ecto.Schema\n  @schema_prefix "app"\n  @foreign_key_type :binary_id\n'
        "  @timestamps_opts [type: :utc_datetime, updated_at: false]"
    )
    found = schema(module("belongs_to :author, Blog.User\n timestamps()", head))
    assert found.table == Relation("posts", "app")
    types = {item.column: (item.type, item.made_by) for item in found.fields}
    assert types == {
        "id": (":id", "primary key"),
        "author_id": (":binary_id", "belongs_to"),
        "inserted_at": (":utc_datetime", "timestamps"),
    }


def test_enum_values_as_the_database_has_them() -> None:
    body = """field :status, Ecto.Enum, values: [:draft, :live]
    field :kind, Ecto.Enum, values: [a: "A", b: "B"]
    field :tags, {:array, Ecto.Enum}, values: [:x]
    field :number, Ecto.Enum, values: [a: 1, b: 2]
    field :dynamic, Ecto.Enum, values: Blog.values()"""
    values = {item.column: item.values for item in schema(module(body)).fields}
    assert values == {
        "id": (),
        "status": ("draft", "live"),
        "kind": ("A", "B"),
        "tags": ("x",),
        "number": (),
        "dynamic": (),
    }


def test_what_is_not_loaded() -> None:
    found = schema(module("field :body, :string, load_in_query: false\n field :title, :string"))
    assert {item.column: item.loaded for item in found.fields} == {"id": True, "body": False, "title": True}


def test_places() -> None:
    text = module("field :title, :string\n    belongs_to :author, Blog.User")
    found = schema(text)
    by_column = {item.column: item.place.span for item in found.fields}
    assert text.encode()[slice(*by_column["title"])] == b"field :title, :string"
    assert text.encode()[slice(*by_column["author_id"])] == b"belongs_to :author, Blog.User"
    assert text.encode()[slice(*found.place.span)].startswith(b'schema "posts" do')


def test_associations() -> None:
    body = 'has_many :comments, Blog.Comment\n many_to_many :tags, Blog.Tag, join_through: "posts_tags"'
    found = [(item.kind, item.name, item.related) for item in schema(module(body)).associations]
    assert found == [("has_many", "comments", "Blog.Comment"), ("many_to_many", "tags", "posts_tags")]


@pytest.mark.parametrize(
    "body",
    [
        "field unknown(), :string",
        "my_fields()",
        'if System.get_env("X"), do: field(:x, :string)',
        "timestamps(Blog.options())",
        "belongs_to unknown(), Blog.User",
        "pow_user_fields()",
    ],
)
def test_what_is_not_known(body: str) -> None:
    assert not schema(module(f"field :title, :string\n    {body}")).complete


class TestConstraints:
    def named(self, rest: str, body: str = "field :slug, :string, source: :path") -> list[tuple[object, ...]]:
        found = schema(module(body, rest=rest)).constraints
        return [(item.kind, item.name, item.exact) for item in found]

    @pytest.mark.parametrize(
        ("call", "expected"),
        [
            ("unique_constraint(c, :slug)", ("unique", "posts_path_index", True)),
            ("c |> unique_constraint(:slug)", ("unique", "posts_path_index", True)),
            ("unique_constraint(c, [:slug, :x])", ("unique", "posts_path_x_index", True)),
            ("unique_constraint(c, :slug, name: :by_slug)", ("unique", "by_slug", True)),
            ('c |> unique_constraint(:slug, name: "by_slug")', ("unique", "by_slug", True)),
            ("unique_constraint(c, name: :by_slug)", ("unique", "by_slug", True)),
            ("unique_constraint(c, :slug, name: :s, match: :suffix)", ("unique", "s", False)),
            ("foreign_key_constraint(c, :author_id)", ("foreign key", "posts_author_id_fkey", True)),
            ("assoc_constraint(c, :author)", ("foreign key", "posts_author_id_fkey", True)),
            ("check_constraint(c, :slug, name: :positive)", ("check", "positive", True)),
            ("exclusion_constraint(c, :slug)", ("exclusion", "posts_path_exclusion", True)),
            ("no_assoc_constraint(c, :comments)", ("no assoc", None, True)),
            ("unique_constraint(c, field)", ("unique", None, True)),
        ],
    )
    def test_names(self, call: str, expected: tuple[object, ...]) -> None:
        assert self.named(f"  def changeset(c, field) do\n    {call}\n  end") == [expected]

    def test_a_whole_pipe(self) -> None:
        rest = "  def changeset(c, a) do\n    c\n    |> cast(a, [:slug])\n    |> unique_constraint(:slug)\n"
        rest += "    |> check_constraint(:slug, name: @check)\n  end"
        text = module("field :slug, :string", 'use Ecto.Schema\n  @check "long"', rest=rest)
        assert [item.name for item in schema(text).constraints] == ["posts_slug_index", "long"]

    def test_outside_of_a_schema(self) -> None:
        text = "defmodule Blog do\n  def f(c), do: unique_constraint(c, :a, name: :posts_a)\nend\n"
        found = read_schemas(text.encode(), "blog.ex")
        assert found.schemas == ()
        assert [(item.kind, item.name) for item in found.constraints] == [("unique", "posts_a")]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "defmodule A do\n  use Ecto.Schema\n  embedded_schema do\n    field :x, :string\n  end\nend",
        "defmodule A do\n  schema name() do\n  end\nend",
        'defmodule A do\n  schema "x"\nend',
        'schema "x" do\nend',
        'defmodule A do\n  schema "x" do\n    field',
        '\x00 schema "x" do',
    ],
)
def test_what_is_no_schema_of_a_table(text: str) -> None:
    assert [item.table for item in read_schemas(text.encode(), "a.ex").schemas] in ([], [Relation("x")])


def test_several_schemas_in_a_file() -> None:
    text = module("field :a, :string", name="A") + module("field :b, :string", name="B")
    assert [item.module for item in read_schemas(text.encode(), "a.ex").schemas] == ["A", "B"]


class TestIndex:
    @pytest.fixture
    def app(self, tmp_path: Path) -> Path:
        (tmp_path / "lib" / "blog").mkdir(parents=True)
        (tmp_path / "mix.exs").write_text("defmodule M do\n  def project, do: [app: :blog]\nend\n")
        (tmp_path / "lib" / "blog" / "post.ex").write_text(module("field :title, :string", "use Blog.Schema"))
        (tmp_path / "lib" / "blog" / "schema.ex").write_text(
            "defmodule Blog.Schema do\n  defmacro __using__(_) do\n    quote do\n      use Ecto.Schema\n"
            "      @primary_key {:uid, :binary_id, autogenerate: true}\n      @foreign_key_type :binary_id\n"
            "    end\n  end\nend\n"
        )
        return tmp_path

    def test_what_a_module_of_the_project_sets(self, app: Path) -> None:
        index = SchemaIndex([str(app)])
        index.update(Files())
        (found,) = index.schemas()
        assert [item.column for item in found.fields] == ["uid", "title"]
        assert found.primary_key == ("uid",)
        path = app / "lib" / "blog" / "schema.ex"
        path.write_text(path.read_text().replace(":uid", ":other_key"))
        index.update(Files())
        assert index.schemas()[0].primary_key == ("other_key",)

    def test_a_module_that_is_not_found_hides_the_key(self, app: Path) -> None:
        (app / "lib" / "blog" / "schema.ex").unlink()
        index = SchemaIndex([str(app)])
        index.update(Files())
        (found,) = index.schemas()
        assert [item.column for item in found.fields] == ["title"]
        assert found.complete

    def test_changes_and_open_buffers(self, app: Path) -> None:
        index = SchemaIndex([str(app)])
        index.update(Files())
        path = app / "lib" / "blog" / "post.ex"
        index.update(Files({str(path): module("field :name, :string").encode()}))
        assert [item.column for item in index.schemas()[0].fields] == ["id", "name"]
        index.update(Files())
        assert [item.column for item in index.schemas()[0].fields] == ["uid", "title"]
        path.unlink()
        index.update(Files())
        assert index.schemas() == ()

    def test_from_the_context_of_a_migration(self, app: Path) -> None:
        context = Workspace().context_for(str(app / "priv" / "repo" / "migrations" / "1_x.exs"))
        assert context.ecto_schemas is not None
        assert [item.table for item in context.ecto_schemas()] == [Relation("posts")]
