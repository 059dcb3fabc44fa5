"""The migration that builds an index concurrently, and can be run again after a build that failed."""

from __future__ import annotations

from ..databases.postgres.quoting import truncate_identifier
from ..operations import Relation
from . import elixir
from .layout import Call, Expression, List, Pair, flat, write
from .new_migrations import Placing, module


def index_name(relation: Relation, columns: tuple[str, ...]) -> str:
    """The name that Ecto gives an index (`Ecto.Migration.index/3`), as PostgreSQL keeps it."""
    return truncate_identifier("_".join([relation.name or "", *columns, "index"]))


def index_call(
    relation: Relation, columns: tuple[str, ...], *, unique: bool = False, name: str | None = None
) -> Call:
    """`index(:posts, [:author_id], concurrently: true)`; `name` where it is another one than Ecto's."""
    arguments: list[Expression] = [
        elixir.atom(relation.name or ""),
        List(tuple(map(elixir.atom, columns))),
    ]
    if name is not None and name != index_name(relation, columns):
        arguments.append(Pair("name:", elixir.atom(name)))
    if relation.schema is not None:
        arguments.append(Pair("prefix:", elixir.string(relation.schema)))
    arguments.append(Pair("concurrently:", "true"))
    return Call("unique_index" if unique else "index", tuple(arguments))


def command(function: str, index: Call) -> str:
    """`create index(…)` or another command of the DSL, for a body of `def`."""
    line = f"{function} {flat(index)}"
    if 4 + len(line) <= elixir.WIDTH:
        return line
    column = 4 + len(function) + 1
    text = write(index, column)
    first, *rest = text.split("\n")
    # The lines behind the first stand below the call, not below the command.
    pad = " " * (len(function) + 1)
    return "\n".join([f"{function} {first}", *(f"{pad}{line}" for line in rest)])


def build_index(relation: Relation, columns: tuple[str, ...], placing: Placing) -> str:
    """The index of a foreign key."""
    index = index_call(relation, columns)
    subject = ", ".join(f"{relation}.{column}" for column in columns)
    comments = [
        f"Step {placing.step} of {placing.steps}: an index on {subject}, for deletes of what it points to.",
        "Reads and writes go on while it is built. What a build that failed has left over is dropped first.",
    ]
    up = elixir.block([command("drop_if_exists", index), command("create", index)])
    down = command("drop_if_exists", index)
    parts = [
        placing.attributes,
        f"def up do\n{elixir.indent(up, 2)}\nend",
        f"def down do\n{elixir.indent(down, 2)}\nend",
    ]
    return module(placing, comments, "use Ecto.Migration", parts)
