"""The migration that does what a statement does to the rows of a table, in batches by key."""

from __future__ import annotations

from ...operations import Relation
from ...records import dataclass
from .. import elixir
from ..backfill import PAUSE_MS
from ..elixir import indent
from ..layout import Call, From, List, Pair, write
from ..naming import snake
from ..new_migrations import Placing, module


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """A statement for the rows of one batch: SQL with the keys as `$1`, or Elixir with the keys as `ids`.

    `verb` is "update" or "delete"; `columns` are those that are written.
    """

    relation: Relation
    key: str
    verb: str
    columns: tuple[str, ...] = ()
    sql: str | None = None
    elixir: str | None = None

    @property
    def name(self) -> str:
        table = snake(self.relation.name or "") or "rows"
        return f"update_{table}" if self.verb == "update" else f"delete_from_{table}"

    @property
    def subject(self) -> str:
        if not self.columns:
            return str(self.relation)
        if len(self.columns) > 3:
            return f"{self.relation}.{self.columns[0]} and {len(self.columns) - 1} more columns"
        return " and ".join(f"{self.relation}.{column}" for column in self.columns)


def text(
    placing: Placing, ups: list[Write], downs: list[Write], down: str | None, moduledoc: str | None
) -> str:
    """The migration: `ups` one after the other, and `downs` on the way back; or `down`, as it was written."""
    names = _names([*ups, *downs])
    calls = [f"{name}(nil)" for name in names]
    backward = _definition("down", calls[len(ups) :])
    if not downs and down is not None:
        backward = down
    forward = _definition("up", calls[: len(ups)])
    short = "\n" not in forward and "\n" not in backward
    parts = [
        placing.attributes,
        f"@batch_size {placing.batch_size:_}\n@pause_ms {PAUSE_MS}",
        *([f"{forward}\n{backward}"] if short else [forward, backward]),
        *(_function(name, one) for name, one in zip(names, [*ups, *downs], strict=True)),
    ]
    uses = "use Ecto.Migration\nimport Ecto.Query"
    return module(placing, [], f"{moduledoc}\n{uses}" if moduledoc else uses, parts).lstrip("\n")


def _definition(name: str, calls: list[str]) -> str:
    if not calls:
        return f"def {name}, do: :ok"
    if len(calls) == 1:
        return f"def {name}, do: {calls[0]}"
    return f"def {name} do\n" + indent("\n".join(calls), 2) + "\nend"


def _names(writes: list[Write]) -> list[str]:
    names: list[str] = []
    for one in writes:
        name, count = one.name, 1
        while name in names:
            count += 1
            name = f"{one.name}_{count}"
        names.append(name)
    return names


def _function(name: str, one: Write) -> str:
    key = elixir.field("p", one.key)
    schema = one.relation.schema
    clauses = (
        *((Pair("prefix:", elixir.string(schema)),) if schema else ()),
        Pair("order_by:", List((Pair("asc:", key),))),
        Pair("limit:", "@batch_size"),
        Pair("select:", key),
    )
    query = From(f"p in {elixir.string(one.relation.name or '')}", clauses, apart=True)
    body = [
        "batch =\n" + indent(write(query, 6), 2),
        f"batch = if last_id, do: where(batch, [p], {key} > ^last_id), else: batch",
        "case repo().all(batch, timeout: :infinity) do\n"
        "  [] ->\n    :ok\n\n"
        "  ids ->\n"
        + indent(f"{_statement(one)}\n\nProcess.sleep(@pause_ms)\n{name}(List.last(ids))", 4)
        + "\nend",
    ]
    return f"defp {name}(last_id) do\n" + indent("\n\n".join(body), 2) + "\nend"


def _statement(one: Write) -> str:
    if one.elixir is not None:
        return one.elixir
    sql = one.sql or ""
    literal = elixir.string(sql)
    if "\n" in sql:
        escaped = sql.replace("\\", "\\\\").replace("#{", "\\#{").replace('"""', '\\"""')
        literal = f'"""\n{escaped}\n"""'
    return write(Call("repo().query!", (literal, "[ids]", "timeout: :infinity"), apart="\n" in sql), 8)
